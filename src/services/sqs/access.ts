import type { AccessFact } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Access } from "#kernel/service.ts";
import { queueNamed } from "./addresses.ts";
import { arnOf, queues } from "./store.ts";

/** What IAM judges: the action on the queue, which may have a policy of its own. */
async function onQueue(ctx: Context, action: string, name: string): Promise<AccessFact[]> {
  const policy = (await ctx.read((tx) => tx.get(queues, [name])))?.attributes.policy;
  return [
    {
      action: `sqs:${action}`,
      resource: arnOf(ctx, name),
      owner: ctx.account,
      ...(policy && { resourcePolicy: JSON.parse(policy) as object }),
    },
  ];
}

const at = (action: string) => (ctx: Context, input: { QueueUrl: string }) =>
  onQueue(ctx, action, queueNamed(ctx, input.QueueUrl));

const named = (action: string) => (ctx: Context, input: { QueueName: string }) =>
  onQueue(ctx, action, input.QueueName ?? "");

export const access: Access<"sqs"> = {
  AddPermission: at("AddPermission"),
  ChangeMessageVisibility: at("ChangeMessageVisibility"),
  ChangeMessageVisibilityBatch: at("ChangeMessageVisibility"),
  CreateQueue: named("CreateQueue"),
  DeleteMessage: at("DeleteMessage"),
  DeleteMessageBatch: at("DeleteMessage"),
  DeleteQueue: at("DeleteQueue"),
  GetQueueAttributes: at("GetQueueAttributes"),
  GetQueueUrl: named("GetQueueUrl"),
  ListDeadLetterSourceQueues: at("ListDeadLetterSourceQueues"),
  ListQueues: (ctx) => [{ action: "sqs:ListQueues", resource: arnOf(ctx, "*"), owner: ctx.account }],
  ListQueueTags: at("ListQueueTags"),
  PurgeQueue: at("PurgeQueue"),
  ReceiveMessage: at("ReceiveMessage"),
  RemovePermission: at("RemovePermission"),
  SendMessage: at("SendMessage"),
  SendMessageBatch: at("SendMessage"),
  SetQueueAttributes: at("SetQueueAttributes"),
  TagQueue: at("TagQueue"),
  UntagQueue: at("UntagQueue"),
};
