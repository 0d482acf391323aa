import { AwsError } from "#aws/errors.ts";
import type { AccessFact, Denial } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import type { Access } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { queueInArn, taskIn } from "./moving/move-tasks.ts";
import { queueNamed } from "./queues/addresses.ts";
import { SHARED_ACTIONS } from "./queues/permissions.ts";
import { arnOf, queues } from "./store.ts";

/** A queue in a policy of the AWS SDK for Ruby, version 1, which names it by the path of its URL. */
const QUEUE_PATH = /"\/(\d{12})\/([\w-]+(?:\.fifo)?)"/g;

/**
 * A queue's policy with ARNs for the paths of queues.
 * https://docs.aws.amazon.com/AWSRubySDK/latest/AWS/SNS/Topic.html
 */
const withArns = (policy: string | undefined) =>
  policy?.includes('"/') ? policy.replace(QUEUE_PATH, '"arn:*:sqs:*:$1:$2"') : policy;

/** What IAM evaluates: the action on the queue. If the queue does not exist, the operation reports that. */
function onQueue(ctx: Context, action: string, name: string): MaybePromise<AccessFact[]> {
  const fact: AccessFact = { action: `sqs:${action}`, resource: arnOf(ctx, name), owner: ctx.account };
  return whenReady(
    ctx.look((tx) => tx.get(queues, [name])),
    (queue) => {
      if (!queue) return [fact];
      const isShared = SHARED_ACTIONS.has(action) || ctx.principal.account === ctx.account;
      return [{ ...fact, resourcePolicy: (isShared && withArns(queue.attributes.policy)) || null }];
    },
  );
}

/** SQS writes actions in lower case in its message, and answers 403 in both protocols. */
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

const onArn = (ctx: Context, action: string, arn: string, parameter: string) =>
  onQueue(ctx, action, queueInArn(arn, parameter));

export const access: Access<"sqs"> = {
  AddPermission: at("AddPermission"),
  ChangeMessageVisibility: at("ChangeMessageVisibility"),
  ChangeMessageVisibilityBatch: at("ChangeMessageVisibility"),
  CancelMessageMoveTask: (ctx, { TaskHandle }) =>
    onArn(ctx, "CancelMessageMoveTask", taskIn(TaskHandle).sourceArn, "SourceArn"),
  CreateQueue: named("CreateQueue"),
  DeleteMessage: at("DeleteMessage"),
  DeleteMessageBatch: at("DeleteMessage"),
  DeleteQueue: at("DeleteQueue"),
  GetQueueAttributes: at("GetQueueAttributes"),
  GetQueueUrl: named("GetQueueUrl"),
  ListDeadLetterSourceQueues: at("ListDeadLetterSourceQueues"),
  ListMessageMoveTasks: (ctx, { SourceArn }) => onArn(ctx, "ListMessageMoveTasks", SourceArn, "SourceArn"),
  ListQueues: (ctx) => [{ action: "sqs:ListQueues", resource: arnOf(ctx, "*"), owner: ctx.account }],
  ListQueueTags: at("ListQueueTags"),
  PurgeQueue: at("PurgeQueue"),
  ReceiveMessage: at("ReceiveMessage"),
  RemovePermission: at("RemovePermission"),
  SendMessage: at("SendMessage"),
  SendMessageBatch: at("SendMessage"),
  SetQueueAttributes: at("SetQueueAttributes"),
  StartMessageMoveTask: async (ctx, { SourceArn, DestinationArn }) => [
    ...(await onArn(ctx, "StartMessageMoveTask", SourceArn, "SourceArn")),
    ...(await onArn(ctx, "ReceiveMessage", SourceArn, "SourceArn")),
    ...(await onArn(ctx, "DeleteMessage", SourceArn, "SourceArn")),
    ...(DestinationArn ? await onArn(ctx, "SendMessage", DestinationArn, "DestinationArn") : []),
  ],
  TagQueue: at("TagQueue"),
  UntagQueue: at("UntagQueue"),
};
