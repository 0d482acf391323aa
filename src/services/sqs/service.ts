import { defineService } from "#kernel/service.ts";
import { access, denied } from "./access.ts";
import { batchOperations } from "./messages/batches.ts";
import { messageOperations } from "./messages/messages.ts";
import { moveTaskOperations } from "./moving/move-tasks.ts";
import { moveMessages } from "./moving/moving.ts";
import { redriveOperations } from "./moving/redrive.ts";
import { placeOf } from "./queues/addresses.ts";
import { permissionOperations } from "./queues/permissions.ts";
import { queueOperations } from "./queues/queues.ts";
import { tagOperations } from "./queues/tags.ts";
import { receiveOperations } from "./receiving/receive.ts";
import { sweep } from "./sweeping.ts";

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
