import { defineService } from "#kernel/service.ts";
import { access, placeOf } from "./access.ts";
import { archiveHandlers } from "./archives/archives.ts";
import { reclaim } from "./archives/pieces.ts";
import { expireUpload, uploadHandlers } from "./archives/uploads.ts";
import { capacityHandlers } from "./jobs/capacity.ts";
import { jobHandlers } from "./jobs/jobs.ts";
import { outputHandlers } from "./jobs/output.ts";
import { completeJob, expireJob, retrievalHandlers } from "./jobs/retrieval.ts";
import { retrievalPolicyHandlers } from "./jobs/retrieval-policy.ts";
import { tagHandlers } from "./tags.ts";
import { clearVault } from "./vaults/clearing.ts";
import { forgetDeleted, takeInventory } from "./vaults/inventory.ts";
import { lockHandlers } from "./vaults/locks.ts";
import { notificationHandlers, notify } from "./vaults/notifications.ts";
import { policyHandlers } from "./vaults/policies.ts";
import { vaultHandlers } from "./vaults/vaults.ts";

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
