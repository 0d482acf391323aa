import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job, NonRetryableError } from "#kernel/jobs.ts";
import { isFinal } from "#kernel/targets.ts";
import { type Message, type Subscription, subscriptions, type Topic, topics, waiting } from "../store.ts";
import { envelope } from "./envelope.ts";
import { delayAfter, effectiveSubscriptionPolicy, retriesFor } from "./policy.ts";
import { send } from "./send.ts";

interface To {
  topic: number;
  topicName: string;
  subscription: string;
}

/** A message on its way to one subscription. */
export const deliver = job<To & { message: Message; tries: number }>("sns/deliver", {
  async run(ctx, payload) {
    const recipient = await recipientOf(ctx, payload);
    if (!recipient) return;
    const again = await attempt(ctx, recipient, payload.message, payload.tries);
    if (again === undefined) return;
    await ctx.transact((tx) =>
      tx.enqueue(deliver, { ...payload, tries: payload.tries + 1 }, { delay: again }),
    );
  },
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
      const recipient = await recipientOf(ctx, to);
      let reason: string | undefined;
      const again =
        recipient &&
        (await attempt(ctx, recipient, next.message, next.attempt).catch((error) => {
          if (!(error instanceof NonRetryableError)) throw error;
          reason = error.message;
          return undefined;
        }));
      await ctx.transact((tx) => {
        if (reason !== undefined) tx.enqueue(undeliverable, { ...to, message: next.message, reason });
        if (again === undefined) tx.delete(waiting, [topic, id, group, next.order]);
        else tx.put(waiting, { ...next, attempt: next.attempt + 1 });
      });
      if (again !== undefined) return { again };
    }
  },
});

/** Parks a message that its group has skipped, with the reason. */
export const undeliverable = job<To & { message: Message; reason: string }>("sns/undeliverable", {
  async run(_, { reason }) {
    throw new NonRetryableError(reason);
  },
});

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
