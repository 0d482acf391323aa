import { defineService } from "#kernel/service.ts";
import { access, placeOf } from "./access.ts";
import { archiveHandlers } from "./archives.ts";
import { capacityHandlers } from "./capacity.ts";
import { clearVault } from "./clearing.ts";
import { forgetDeleted, takeInventory } from "./inventory.ts";
import { jobHandlers } from "./jobs.ts";
import { lockHandlers } from "./locks.ts";
import { notificationHandlers, notify } from "./notifications.ts";
import { outputHandlers } from "./output.ts";
import { reclaim } from "./pieces.ts";
import { policyHandlers } from "./policies.ts";
import { completeJob, expireJob, retrievalHandlers } from "./retrieval.ts";
import { retrievalPolicyHandlers } from "./retrieval-policy.ts";
import { tagHandlers } from "./tags.ts";
import { expireUpload, uploadHandlers } from "./uploads.ts";
import { vaultHandlers } from "./vaults.ts";

export const glacier = defineService({
  id: "glacier",
  operations: [
    vaultHandlers,
    archiveHandlers,
    uploadHandlers,
    retrievalHandlers,
    jobHandlers,
    outputHandlers,
    notificationHandlers,
    policyHandlers,
    lockHandlers,
    tagHandlers,
    retrievalPolicyHandlers,
    capacityHandlers,
  ],
  access,
  place: placeOf,
  jobs: [takeInventory, forgetDeleted, completeJob, expireJob, expireUpload, reclaim, clearVault, notify],
});
