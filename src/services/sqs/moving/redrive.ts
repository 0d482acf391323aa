import type { ListDeadLetterSourceQueuesResult } from "#aws/contract/types/sqs.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalidParameter, invalidValue, queueDoesNotExist } from "../errors.ts";
import { contentOf } from "../messages/content.ts";
import { queueNamed, urlOf } from "../queues/addresses.ts";
import { checkMaxResults, MAX_LISTED } from "../queues/listing.ts";
import { refusedSources } from "../queues/redrive-policy.ts";
import { place } from "../sending/sending.ts";
import {
  arnOf,
  type Message,
  type MessageState,
  type Queue,
  queues,
  type RedriveAllowPolicy,
  type RedrivePolicy,
} from "../store.ts";
import type { OpenQueue, Work } from "../work.ts";

/** Whether a message has been received as often as its queue allows. */
export function isExhausted(
  { attributes: { redrivePolicy } }: Queue,
  state: MessageState | undefined,
): state is MessageState {
  return (
    redrivePolicy !== undefined && state !== undefined && state.receives >= redrivePolicy.maxReceiveCount
  );
}

/** Moves a message to the dead-letter queue. @returns whether there is one that accepts it */
export async function bury(
  work: Work,
  from: OpenQueue,
  message: Message,
  state: MessageState,
): Promise<boolean> {
  const { tx, ctx } = work;
  const { queue } = from;
  const to = await work.find(queue.attributes.redrivePolicy!.deadLetterTargetArn.split(":")[5]!);
  if (!to || to.queue.isFifo !== queue.isFifo || to.queue.id === queue.id) return false;
  const content = await contentOf(tx, message);
  work.remove(from, message, !message.content);
  place(
    work,
    to,
    {
      ...message,
      queue: to.queue.id,
      seq: tx.sequence(),
      // As in AWS, a dead letter keeps its age, except in a FIFO queue.
      sent: queue.isFifo ? tx.now() : message.sent,
      // As in AWS, so that messages with the same deduplication id are both kept.
      deduplicationId: queue.isFifo ? message.id : undefined,
      source: arnOf(ctx, queue.name),
      earlier: {
        receives: (message.earlier?.receives ?? 0) + state.receives,
        firstReceived: message.earlier?.firstReceived ?? state.firstReceived,
      },
      notBefore: undefined,
      content: undefined,
    },
    content,
  );
  return true;
}

/**
 * Checks the target of a redrive policy: it exists, is of the same kind, and takes this queue's messages.
 * @throws {AwsError} InvalidParameterValue
 */
export async function checkTarget(
  ctx: Context,
  tx: ReadTransaction,
  source: { name: string; isFifo: boolean },
  policy: RedrivePolicy,
): Promise<void> {
  const invalid = (reason: string) => invalidValue(policy.text, "RedrivePolicy", reason);
  const [, , , region, account, name] = policy.deadLetterTargetArn.split(":");
  if (region !== ctx.region) throw invalid("Dead-letter target must be in same region as the source.");
  if (account !== ctx.account) throw invalid("Dead-letter target owner should be same as the source.");
  const target = await tx.get(queues, [name!]);
  if (!target) throw invalid("Dead letter target does not exist.");
  if (target.isFifo !== source.isFifo)
    throw invalid("Dead-letter queue must be same type of queue as the source..");
  const allow = target.attributes.redriveAllowPolicy;
  const isAllowed =
    allow === undefined ||
    allow.redrivePermission === "allowAll" ||
    (allow.redrivePermission === "byQueue" && allow.sourceQueueArns?.includes(arnOf(ctx, source.name)));
  if (!isAllowed) throw invalid("Queue does not have permission to use the specified dead-letter queue.");
}

/**
 * Checks the queues that may use another one as their dead-letter queue.
 * @throws {AwsError} InvalidParameterValue
 */
export function checkSources(ctx: Context, { text, sourceQueueArns = [] }: RedriveAllowPolicy): void {
  if (sourceQueueArns.every((arn) => arn.split(":")[3] === ctx.region)) return;
  throw refusedSources(text, "All source queue ARNs must be in the same region as the current SQS queue.");
}

export const redriveOperations = {
  async ListDeadLetterSourceQueues(ctx, input) {
    const { MaxResults, NextToken } = input;
    const name = queueNamed(ctx, input.QueueUrl);
    checkMaxResults(MaxResults);
    const target = arnOf(ctx, name);
    const queue = await ctx.read((tx) => tx.get(queues, [name]));
    if (!queue) throw queueDoesNotExist(ctx);
    const { records, token } = await page(ctx, {
      listing: ["sqs:ListDeadLetterSourceQueues", target],
      token: NextToken,
      limit: Math.min(MaxResults ?? MAX_LISTED, MAX_LISTED - 1),
      list: (range) => ctx.read((tx) => tx.listBy(queues, "byTarget", { in: [target], ...range })),
      position: (source) => [source.name],
      invalidToken: () => invalidParameter("Invalid or expired next token."),
    });
    const queueUrls = records.map((source) => urlOf(ctx, { account: ctx.account, name: source.name }));
    // AWS leaves out an empty list, although the contract requires it.
    return {
      ...(queueUrls.length > 0 && { queueUrls }),
      ...(MaxResults !== undefined && token && { NextToken: token }),
    } as ListDeadLetterSourceQueuesResult;
  },
} satisfies Handlers<"sqs">;
