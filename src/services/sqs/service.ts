import { defineService } from "#kernel/service.ts";
import { access, denied } from "./access.ts";
import { placeOf } from "./addresses.ts";
import { batchOperations } from "./batches.ts";
import { messageOperations } from "./messages.ts";
import { moveTaskOperations } from "./move-tasks.ts";
import { moveMessages } from "./moving.ts";
import { permissionOperations } from "./permissions.ts";
import { queueOperations } from "./queues.ts";
import { receiveOperations } from "./receive.ts";
import { redriveOperations } from "./redrive.ts";
import { sweep } from "./sweeping.ts";
import { tagOperations } from "./tags.ts";

export const sqs = defineService({
  id: "sqs",
  place: placeOf,
  operations: [
    queueOperations,
    messageOperations,
    batchOperations,
    receiveOperations,
    redriveOperations,
    moveTaskOperations,
    tagOperations,
    permissionOperations,
  ],
  jobs: [sweep, moveMessages],
  access,
  denied,
  dataOperations: [
    "SendMessage",
    "SendMessageBatch",
    "ReceiveMessage",
    "DeleteMessage",
    "DeleteMessageBatch",
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
  ],
});
