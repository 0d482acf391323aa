import { parseArn, queueUrlOf } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { isFinal } from "#kernel/delivery/targets.ts";
import { job, NonRetryableError } from "#kernel/work/jobs.ts";
import { subscriptionArn, topicArn } from "../arns.ts";
import { ended, type Subscription, subscriptions, topics } from "../store.ts";
import { spaced } from "./envelope.ts";
import { postMessage } from "./http.ts";
import { delayAfter, effectivePolicy } from "./policy.ts";
import { signed } from "./signing.ts";

/** Asks an endpoint whether it wants the subscription. */
export const sendConfirmation = job<{ topic: string; id: string; attempt: number }>("sns/confirm", {
  async run(ctx, { topic: name, id, attempt }) {
    const subscription = await ctx.read(async (tx) => {
      const topic = await tx.get(topics, [name]);
      return topic && tx.get(subscriptions, [topic.id, id]);
    });
    if (!subscription || subscription.confirmed) return;
    const delay = await delayOf(() => ask(ctx, subscription), attempt);
    if (delay !== undefined)
      await ctx.transact((tx) =>
        tx.enqueue(sendConfirmation, { topic: name, id, attempt: attempt + 1 }, { delay }),
      );
  },
});

/** Tells an endpoint that its subscription has ended, and how to restore it. */
export const sendUnsubscribeConfirmation = job<{ token: string; attempt: number }>("sns/farewell", {
  async run(ctx, { token, attempt }) {
    const subscription = await ctx.read((tx) => tx.get(ended, [token]));
    if (!subscription) return;
    const arn = subscriptionArn(ctx, subscription.topicName, subscription.id);
    const { id, text } = await letter(
      ctx,
      subscription,
      "UnsubscribeConfirmation",
      `You have chosen to deactivate subscription ${arn}.\nTo cancel this operation and restore the subscription, visit the SubscribeURL included in this message.`,
    );
    const post = () =>
      postMessage(ctx, subscription.endpoint, {
        type: "UnsubscribeConfirmation",
        id,
        topic: topicArn(ctx, subscription.topicName),
        subscription: arn,
        body: text,
      });
    const delay = await delayOf(post, attempt);
    if (delay !== undefined)
      await ctx.transact((tx) =>
        tx.enqueue(sendUnsubscribeConfirmation, { token, attempt: attempt + 1 }, { delay }),
      );
  },
});

/**
 * Deletes a subscription that was not confirmed in time, which no caller can do.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-delete-subscription-topic.html
 */
export const forgetUnconfirmed = job<{ topic: number; id: string }>("sns/forget-unconfirmed", {
  run: (ctx, { topic, id }) =>
    ctx.transact(async (tx) => {
      const subscription = await tx.get(subscriptions, [topic, id]);
      if (subscription && !subscription.confirmed) tx.delete(subscriptions, [topic, id]);
    }),
});

/** Once the token has expired, the subscription can no longer be restored. */
export const forgetEnded = job<{ token: string }>("sns/forget-ended", {
  run: (ctx, { token }) => ctx.transact((tx) => tx.delete(ended, [token])),
});

/**
 * Makes one attempt.
 * @returns the milliseconds until the next attempt; `undefined` when it is done
 * @throws {NonRetryableError} if another attempt is useless
 */
async function delayOf(post: () => Promise<void>, attempt: number): Promise<number | undefined> {
  try {
    await post();
    return undefined;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const policy = effectivePolicy(undefined).http.defaultHealthyRetryPolicy;
    const delay = isFinal(error) ? undefined : delayAfter(attempt + 1, policy);
    if (delay === undefined) throw new NonRetryableError(`${error.code}: ${error.message}`);
    return delay;
  }
}

/** A signed confirmation, with a link to confirm by. */
async function letter(
  ctx: Context,
  subscription: Subscription,
  Type: "SubscriptionConfirmation" | "UnsubscribeConfirmation",
  Message: string,
) {
  const { topicName, token, origin } = subscription;
  const topic = topicArn(ctx, topicName);
  const SubscribeURL = `${origin}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${token}`;
  const document = {
    Type,
    MessageId: ctx.random.uuid(),
    Token: token,
    TopicArn: topic,
    Message,
    SubscribeURL,
    Timestamp: new Date(ctx.clock.now()).toISOString(),
  };
  const text = spaced({ ...document, ...(await signed(ctx, subscription, document)) });
  return { id: document.MessageId, text, link: SubscribeURL };
}

async function ask(ctx: Context, subscription: Subscription): Promise<void> {
  const { topicName, protocol, endpoint } = subscription;
  const topic = topicArn(ctx, topicName);
  const { id, text, link } = await letter(
    ctx,
    subscription,
    "SubscriptionConfirmation",
    `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
  );
  switch (protocol) {
    case "http":
    case "https":
      return postMessage(ctx, endpoint, { type: "SubscriptionConfirmation", id, topic, body: text });
    case "email":
      return toMailbox(
        ctx,
        subscription,
        `You have chosen to subscribe to the topic:\n${topic}\n\nTo confirm this subscription, click or visit the link below:\n${link}\n`,
      );
    case "email-json":
      return toMailbox(ctx, subscription, text);
    case "sqs":
      return toQueue(ctx, topic, endpoint, text);
    default:
  }
}

async function toMailbox(
  ctx: Context,
  { endpoint, topicName, id }: Subscription,
  body: string,
): Promise<void> {
  await ctx.letters.put({
    kind: "email",
    service: "sns",
    to: endpoint,
    subject: "AWS Notification - Subscription Confirmation",
    body,
    about: subscriptionArn(ctx, topicName, id),
  });
}

async function toQueue(ctx: Context, topic: string, endpoint: string, text: string): Promise<void> {
  const queue = parseArn(endpoint)!;
  const { account, region } = queue;
  await ctx.as("sns.amazonaws.com", topic, { account, region }).aws.sqs.SendMessage({
    QueueUrl: queueUrlOf(queue),
    MessageBody: text,
  });
}
