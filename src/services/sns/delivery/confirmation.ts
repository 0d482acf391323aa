import { parseArn } from "#aws/arn.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { isFinal } from "#kernel/targets.ts";
import { subscriptionArn, topicArn } from "../arns.ts";
import { type Subscription, subscriptions, topics } from "../store.ts";
import { spaced } from "./envelope.ts";
import { postMessage } from "./http.ts";
import { delayAfter, effectivePolicy } from "./policy.ts";
import { signed } from "./signing.ts";

/** Asks whoever is at an endpoint whether they want what was subscribed for them. */
export const sendConfirmation = job<{ topic: string; id: string; attempt: number }>("sns/confirm", {
  async run(ctx, { topic: name, id, attempt }) {
    const subscription = await ctx.read(async (tx) => {
      const topic = await tx.get(topics, [name]);
      return topic && tx.get(subscriptions, [topic.id, id]);
    });
    if (!subscription || subscription.confirmed) return;
    try {
      await ask(ctx, subscription);
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      const policy = effectivePolicy(undefined).http.defaultHealthyRetryPolicy;
      const delay = isFinal(error) ? undefined : delayAfter(attempt + 1, policy);
      if (delay === undefined) throw error;
      await ctx.transact((tx) =>
        tx.enqueue(sendConfirmation, { topic: name, id, attempt: attempt + 1 }, { delay }),
      );
    }
  },
});

async function ask(ctx: Context, subscription: Subscription): Promise<void> {
  const { topicName, protocol, endpoint, token, origin } = subscription;
  const topic = topicArn(ctx, topicName);
  const SubscribeURL = `${origin}/?Action=ConfirmSubscription&TopicArn=${topic}&Token=${token}`;
  const document = {
    Type: "SubscriptionConfirmation",
    MessageId: ctx.random.uuid(),
    Token: token,
    TopicArn: topic,
    Message: `You have chosen to subscribe to the topic ${topic}.\nTo confirm the subscription, visit the SubscribeURL included in this message.`,
    SubscribeURL,
    Timestamp: new Date(ctx.clock.now()).toISOString(),
  };
  const text = spaced({ ...document, ...(await signed(ctx, subscription, document)) });
  switch (protocol) {
    case "http":
    case "https":
      return postMessage(ctx, endpoint, {
        type: "SubscriptionConfirmation",
        id: document.MessageId,
        topic,
        body: text,
      });
    case "email":
    case "email-json":
      return ctx.letters.put({
        kind: "email",
        service: "sns",
        to: endpoint,
        subject: "AWS Notification - Subscription Confirmation",
        body:
          protocol === "email-json"
            ? text
            : `You have chosen to subscribe to the topic:\n${topic}\n\nTo confirm this subscription, click or visit the link below:\n${SubscribeURL}\n`,
        about: subscriptionArn(ctx, topicName, subscription.id),
      });
    case "sqs": {
      const { account, region, resource } = parseArn(endpoint)!;
      await ctx.as("sns.amazonaws.com", topic, { account, region }).aws.sqs.SendMessage({
        QueueUrl: `https://sqs.${region}.amazonaws.com/${account}/${resource}`,
        MessageBody: text,
      });
      return;
    }
    default:
  }
}
