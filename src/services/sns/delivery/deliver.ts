import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { isFinal } from "#kernel/delivery/targets.ts";
import { job, NonRetryableError } from "#kernel/work/jobs.ts";
import { release, whole } from "../content.ts";
import {
  type Message,
  type StoredMessage,
  type Subscription,
  subscriptions,
  type Topic,
  topics,
  waiting,
} from "../store.ts";
import { envelope } from "./envelope.ts";
import { delayAfter, effectiveSubscriptionPolicy, retriesFor } from "./policy.ts";
import { send } from "./send.ts";

interface To {
  topic: number;
  topicName: string;
  subscription: string;
}

/** A message on its way to one subscription, and the number by which it holds the content of a large one. */
interface Delivery extends To {
  message: StoredMessage;
  holder: number;
  tries: number;
}

export const deliver = job<Delivery>("sns/deliver", {
  async run(ctx, delivery) {
    const { message, holder, tries } = delivery;
    const { again, failure } = await deliverTo(ctx, delivery, message, tries);
    if (failure) throw failure;
    await ctx.transact(async (tx) => {
      if (again === undefined) await release(tx, message, holder);
      else tx.enqueue(deliver, { ...delivery, tries: tries + 1 }, { delay: again });
    });
  },
  abandon: (tx, { message, holder }) => release(tx, message, holder),
});

/**
 * Delivers the waiting messages of one group to one subscription of a FIFO topic, in order. A message that cannot be delivered
 * delays only its own group.
 */
export const drain = job<To & { group: string }>("sns/drain", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, to) {
    const { topic, subscription: id, group } = to;
    for (;;) {
      const [next] = await ctx.read((tx) => tx.list(waiting, { in: [topic, id, group], limit: 1 }));
      if (!next) return;
      const { order, message, attempt: tries } = next;
      const { again, failure } = await deliverTo(ctx, to, message, tries);
      await ctx.transact(async (tx) => {
        if (failure) tx.enqueue(undeliverable, { ...to, message, reason: failure.message });
        if (again !== undefined) tx.put(waiting, { ...next, attempt: tries + 1 });
        else {
          tx.delete(waiting, [topic, id, group, order]);
          await release(tx, message, order);
        }
      });
      if (again !== undefined) return { again };
    }
  },
});

/** Parks a message that its group has skipped, with the reason. */
export const undeliverable = job<To & { message: StoredMessage; reason: string }>("sns/undeliverable", {
  async run(_, { reason }) {
    throw new NonRetryableError(reason);
  },
});

interface Result {
  /** The milliseconds until the next attempt; `undefined` if there is none. */
  again?: number | undefined;
  /** Why the message can neither be delivered nor go to a dead-letter queue. */
  failure?: NonRetryableError | undefined;
}

/** Makes one attempt, unless the topic, the subscription or the content is gone. */
async function deliverTo(ctx: Context, to: To, message: StoredMessage, tries: number): Promise<Result> {
  const recipient = await recipientOf(ctx, to);
  const all = recipient && (await ctx.read((tx) => whole(tx, message)));
  if (!all) return {};
  try {
    return { again: await attempt(ctx, recipient, all, tries) };
  } catch (error) {
    if (error instanceof NonRetryableError) return { failure: error };
    throw error;
  }
}

interface Recipient {
  topic: Topic;
  subscription: Subscription;
}

/** @returns `undefined` if the topic or the subscription is gone */
async function recipientOf(
  ctx: Context,
  { topic: id, topicName, subscription }: To,
): Promise<Recipient | undefined> {
  return ctx.read(async (tx) => {
    const topic = await tx.get(topics, [topicName]);
    const record = topic?.id === id ? await tx.get(subscriptions, [id, subscription]) : undefined;
    return topic && record && { topic, subscription: record };
  });
}

/**
 * Makes one attempt.
 * @returns the milliseconds until the next attempt; `undefined` if the message is delivered or a dead letter
 * @throws {NonRetryableError} if it cannot be delivered and there is no dead-letter queue
 */
async function attempt(
  ctx: Context,
  recipient: Recipient,
  message: Message,
  tries: number,
): Promise<number | undefined> {
  const { topic, subscription } = recipient;
  const metric = async (name: string) => {
    if (ctx.isMeasured) await ctx.transact((tx) => tx.metric(name, 1, { TopicName: topic.name }));
  };
  try {
    await send(ctx, recipient, message);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const { healthyRetryPolicy } = effectiveSubscriptionPolicy(
      topic.attributes.DeliveryPolicy,
      subscription.attributes.DeliveryPolicy,
    );
    const again = isFinal(error)
      ? undefined
      : delayAfter(tries + 1, retriesFor(subscription.protocol, healthyRetryPolicy));
    if (again !== undefined) return again;
    await metric("NumberOfNotificationsFailed");
    await bury(ctx, recipient, message, error);
    return undefined;
  }
  await metric("NumberOfNotificationsDelivered");
  return undefined;
}

/** Sends an undeliverable message to the subscription's dead-letter queue, in the form of a delivery. */
async function bury(ctx: Context, { topic, subscription }: Recipient, message: Message, error: AwsError) {
  const { RedrivePolicy, RawMessageDelivery } = subscription.attributes;
  const arn =
    RedrivePolicy && (JSON.parse(RedrivePolicy) as { deadLetterTargetArn?: string }).deadLetterTargetArn;
  const queue = arn ? parseArn(arn) : undefined;
  if (!queue) throw new NonRetryableError(`${error.code}: ${error.message}`);
  const { account, region, resource } = queue;
  const raw = RawMessageDelivery?.toLowerCase() === "true";
  const body = raw ? message.bodies[subscription.protocol] : await envelope(ctx, subscription, message);
  const text = (value: string) => ({ DataType: "String", StringValue: value });
  const letter = {
    QueueUrl: queueUrlOf(queue),
    MessageBody: body ?? message.bodies.default!,
    MessageAttributes: {
      RequestID: text(ctx.requestId),
      ErrorCode: text(error.code),
      ErrorMessage: text(error.message || error.code),
    },
    ...(topic.isFifo &&
      resource.endsWith(".fifo") && {
        MessageGroupId: message.group!,
        MessageDeduplicationId: message.deduplicationId!,
      }),
  };
  try {
    await ctx.as("sns.amazonaws.com", message.topicArn, { account, region }).aws.sqs.SendMessage(letter);
  } catch (cause) {
    if (isFinal(cause))
      throw new NonRetryableError(`${error.message}; its dead-letter queue: ${cause.message}`);
    throw cause;
  }
}
