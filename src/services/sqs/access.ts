import { AwsError } from "#aws/errors.ts";
import type { AccessFact, Denial } from "#kernel/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Access } from "#kernel/service.ts";
import { queueNamed } from "./addresses.ts";
import { arnOf, queues } from "./store.ts";

/** What IAM judges: the action on the queue. One that does not exist refuses nobody: it is said to be missing. */
async function onQueue(ctx: Context, action: string, name: string): Promise<AccessFact[]> {
  const fact: AccessFact = { action: `sqs:${action}`, resource: arnOf(ctx, name), owner: ctx.account };
  const queue = await ctx.read((tx) => tx.get(queues, [name]));
  return [queue ? { ...fact, resourcePolicy: queue.attributes.policy ?? null } : fact];
}

/** SQS names actions in lower case, and says 403 in both protocols. */
export function denied({ principal, fact: { action, resource }, reason }: Denial): AwsError {
  const who = principal.type === "anonymous" ? "anonymous" : principal.arn;
  const why = reason.replaceAll(action, action.toLowerCase());
  return new AwsError(
    "AccessDenied",
    `User: ${who} is not authorized to perform: ${action.toLowerCase()} on resource: ${resource} ${why}`,
    { status: 403 },
  );
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
