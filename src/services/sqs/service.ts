import { defineService } from "#kernel/service.ts";
import { access, denied } from "./access.ts";
import { placeOf } from "./addresses.ts";
import { batchOperations } from "./batches.ts";
import { messageOperations } from "./messages.ts";
import { queueOperations } from "./queues.ts";
import { receiveOperations } from "./receive.ts";
import { sweep } from "./sweeping.ts";
import { tagOperations } from "./tags.ts";

export const sqs = defineService({
  id: "sqs",
  place: placeOf,
  operations: [queueOperations, messageOperations, batchOperations, receiveOperations, tagOperations],
  jobs: [sweep],
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
