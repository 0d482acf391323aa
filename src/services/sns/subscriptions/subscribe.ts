import { parseArn } from "#aws/arn.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { subscriptionArn } from "../arns.ts";
import {
  forgetEnded,
  forgetUnconfirmed,
  sendConfirmation,
  sendUnsubscribeConfirmation,
} from "../delivery/confirmation.ts";
import { fault, invalidAttributes, invalidParameter, subscriptionDiffers } from "../errors.ts";
import { startReplay } from "../publish/archive.ts";
import { ended, type Protocol, type Subscription, subscriptions, type Topic, topics } from "../store.ts";
import { checkOneMore } from "../topics/size.ts";
import { topicAt } from "../topics/topic.ts";
import { checkAttribute, isUnset, normalized } from "./attributes.ts";
import { checkEndpoint, protocolOf } from "./endpoint.ts";
import { findSubscription } from "./subscription.ts";

const TOKEN_DIGITS = 320;
/** How long a subscription can be confirmed: API_Subscribe. */
const CONFIRMATION_MS = 2 * 86_400_000;
/** How long a subscription that has ended can be restored. */
const RESTORATION_MS = 3 * 86_400_000;

export const subscribing = {
  async Subscribe(ctx, { TopicArn, Protocol: name, Endpoint, Attributes = {}, ReturnSubscriptionArn }) {
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      const protocol = protocolOf(name);
      const endpoint = checkEndpoint(protocol, Endpoint, topic);
      const attributes = attributesOf(Attributes, protocol, endpoint, topic, ctx);
      const existing = await existingOf(tx, topic, protocol, endpoint);
      if (existing && !isSame(existing.attributes, attributes)) throw subscriptionDiffers();
      const details = { topic, protocol, endpoint, attributes };
      const subscription = existing ?? (await putSubscription(ctx, tx, details));
      if (!subscription.confirmed)
        tx.enqueue(sendConfirmation, { topic: topic.name, id: subscription.id, attempt: 0 });
      const arn = subscriptionArn(ctx, topic.name, subscription.id);
      return {
        SubscriptionArn: subscription.confirmed || ReturnSubscriptionArn ? arn : "pending confirmation",
      };
    });
  },

  async ConfirmSubscription(ctx, { TopicArn, Token, AuthenticateOnUnsubscribe }) {
    return ctx.transact(async (tx) => {
      if (!parseArn(TopicArn)) throw invalidParameter("Topic");
      const topic = await topicAt(ctx, tx, TopicArn);
      const [subscription] = await tx.listBy(subscriptions, "token", { in: [Token], limit: 1 });
      if (subscription?.topic !== topic.id) {
        const restored = await restore(tx, topic, Token);
        if (!restored) throw invalidToken(Token);
        return { SubscriptionArn: subscriptionArn(ctx, topic.name, restored.id) };
      }
      const arn = subscriptionArn(ctx, topic.name, subscription.id);
      if (subscription.confirmed) return { SubscriptionArn: arn };
      if (isTooLate(tx, subscription)) throw invalidToken(Token);
      const isSigned = ctx.principal.type !== "anonymous";
      const guards = isSigned && AuthenticateOnUnsubscribe?.toLowerCase() === "true";
      const confirmed: Subscription = {
        ...subscription,
        confirmed: true,
        authenticated: isSigned,
        ...(guards && { guarded: true }),
      };
      tx.put(subscriptions, confirmed);
      startReplay(tx, confirmed);
      return { SubscriptionArn: arn };
    });
  },

  async Unsubscribe(ctx, { SubscriptionArn }) {
    return ctx.transact(async (tx) => {
      const subscription = await findSubscription(ctx, tx, SubscriptionArn);
      if (!subscription) return {};
      const { type, account } = ctx.principal;
      if (type === "anonymous" ? subscription.guarded : !isOwn(subscription, account, ctx.account))
        throw fault("AuthorizationErrorException", "User is not authorized to perform this action", {
          status: 403,
        });
      if (!subscription.confirmed) {
        throw invalidParameter(
          "SubscriptionArn Reason: Cannot unsubscribe a subscription that is pending confirmation",
        );
      }
      tx.delete(subscriptions, [subscription.topic, subscription.id]);
      if (subscription.protocol === "http" || subscription.protocol === "https") tellOfEnd(tx, subscription);
      const topic = await tx.get(topics, [subscription.topicName]);
      if (topic) tx.put(topics, { ...topic, deleted: topic.deleted + 1 });
      return {};
    });
  },
} satisfies Handlers<"sns">;

/** The subscription of an endpoint. One that can no longer be confirmed is deleted, if nothing else has done that yet. */
async function existingOf(
  tx: Transaction,
  topic: Topic,
  protocol: Protocol,
  endpoint: string,
): Promise<Subscription | undefined> {
  const range = { in: [topic.id, protocol, endpoint], limit: 1 };
  const [existing] = await tx.listBy(subscriptions, "endpoint", range);
  if (!existing || existing.confirmed || !isTooLate(tx, existing)) return existing;
  tx.delete(subscriptions, [existing.topic, existing.id]);
  return undefined;
}

const isTooLate = (tx: Transaction, { created }: Subscription): boolean =>
  tx.now() - created > CONFIRMATION_MS;

/** Notifies the endpoint that the subscription has ended; it can restore it until the token expires. */
function tellOfEnd(tx: Transaction, subscription: Subscription): void {
  const token = tx.random.hex(TOKEN_DIGITS);
  tx.put(ended, { ...subscription, token, endedAt: tx.now() });
  tx.enqueue(sendUnsubscribeConfirmation, { token, attempt: 0 });
  tx.enqueue(forgetEnded, { token }, { delay: RESTORATION_MS });
}

/**
 * Restores the subscription that ended with that token. If its endpoint has subscribed since, that subscription is the
 * answer.
 */
async function restore(tx: Transaction, topic: Topic, token: string): Promise<Subscription | undefined> {
  const former = await tx.get(ended, [token]);
  if (former?.topic !== topic.id || tx.now() - former.endedAt > RESTORATION_MS) return undefined;
  const { endedAt: _, ...subscription } = former;
  const newer = await existingOf(tx, topic, subscription.protocol, subscription.endpoint);
  if (!newer) await checkOneMore(tx, topic, subscription);
  tx.delete(ended, [token]);
  if (newer) return newer;
  tx.put(subscriptions, subscription);
  tx.put(topics, { ...topic, deleted: Math.max(0, topic.deleted - 1) });
  return subscription;
}

/** A text in the form of a token gets another message than any other text. */
const invalidToken = (token: string) =>
  /^[\da-f]{64,}$/.test(token)
    ? fault("InvalidParameterException", "Invalid token")
    : invalidParameter("Token");

/** The subscriber and the topic's owner can end it. */
const isOwn = ({ owner }: Subscription, caller: string, topicOwner: string) =>
  caller === "" || caller === owner || caller === topicOwner;

function attributesOf(
  requested: Record<string, string>,
  protocol: Protocol,
  endpoint: string,
  topic: Topic,
  { region }: Context,
): Record<string, string> {
  const attributes: Record<string, string> = {};
  // In reverse order, so that the scope comes before the policy that is judged by it.
  const sorted = Object.entries(requested).sort(([a], [b]) => (a < b ? 1 : -1));
  for (const [name, value] of sorted) {
    const of = { protocol, endpoint, topicName: topic.name, region, attributes };
    checkAttribute(name, value, of, invalidAttributes);
    if (!isUnset(name, value)) attributes[name] = normalized(name, value);
  }
  if (protocol === "firehose" && !attributes.SubscriptionRoleArn)
    throw invalidParameter("Delivery protocol firehose can only be subscribed with subscription role arn");
  return attributes;
}

function isSame(existing: Record<string, string>, requested: Record<string, string>): boolean {
  return Object.entries(requested).every(([name, value]) => existing[name] === value);
}

type Details = { topic: Topic } & Pick<Subscription, "protocol" | "endpoint" | "attributes">;

/** @throws {AwsError} SubscriptionLimitExceeded, FilterPolicyLimitExceeded */
async function putSubscription(ctx: Context, tx: Transaction, details: Details): Promise<Subscription> {
  await checkOneMore(tx, details.topic, details);
  const subscription = newSubscription(ctx, tx, details);
  tx.put(subscriptions, subscription);
  const { topic, id, confirmed } = subscription;
  if (confirmed) startReplay(tx, subscription);
  else tx.enqueue(forgetUnconfirmed, { topic, id }, { delay: CONFIRMATION_MS });
  return subscription;
}

function newSubscription(ctx: Context, tx: Transaction, { topic, ...details }: Details): Subscription {
  const { principal, request, region } = ctx;
  return {
    topic: topic.id,
    topicName: topic.name,
    id: tx.uuid(),
    ...details,
    owner: principal.account || ctx.account,
    principal: principal.arn,
    confirmed: isConfirmed(ctx, details.protocol, details.endpoint),
    authenticated: true,
    token: tx.random.hex(TOKEN_DIGITS),
    created: tx.now(),
    origin: request
      ? `${request.secure ? "https" : "http"}://${request.host}`
      : `https://sns.${region}.amazonaws.com`,
  };
}

/** An endpoint in the caller's own account need not be confirmed. */
function isConfirmed({ principal, account }: Context, protocol: Protocol, endpoint: string): boolean {
  if (protocol === "sms" || protocol === "application" || protocol === "firehose") return true;
  if (protocol !== "sqs" && protocol !== "lambda") return false;
  return parseArn(endpoint)?.account === (principal.account || account);
}
