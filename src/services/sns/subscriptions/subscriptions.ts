import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { Handlers } from "#kernel/service.ts";
import { subscriptionArn, topicArn } from "../arns.ts";
import { effectiveSubscriptionPolicy } from "../delivery/policy.ts";
import { invalidParameter } from "../errors.ts";
import { startReplay } from "../publish/archive.ts";
import { type Subscription, subscriptions, topics } from "../store.ts";
import { checkPolicyCount } from "../topics/size.ts";
import { topicAt } from "../topics/topic.ts";
import { checkAttribute, isUnset, normalized, scopeOf } from "./attributes.ts";
import { subscriptionAt } from "./subscription.ts";

const PAGE = 100;

export const subscriptionOperations = {
  async ListSubscriptions(ctx, { NextToken }) {
    const { records, token } = await page(ctx, {
      listing: ["sns:ListSubscriptions"],
      token: NextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.listBy(subscriptions, "all", range)),
      position: ({ topicName, id }) => [topicName, id],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return { Subscriptions: records.map((each) => described(ctx, each)), NextToken: token };
  },

  async ListSubscriptionsByTopic(ctx, { TopicArn, NextToken }) {
    const topic = await ctx.read((tx) => topicAt(ctx, tx, TopicArn));
    const { records, token } = await page(ctx, {
      listing: ["sns:ListSubscriptionsByTopic", topic.name],
      token: NextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.list(subscriptions, { in: [topic.id], ...range })),
      position: ({ id }) => [id],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return { Subscriptions: records.map((each) => described(ctx, each)), NextToken: token };
  },

  async GetSubscriptionAttributes(ctx, { SubscriptionArn }) {
    return ctx.read(async (tx) => {
      const subscription = await subscriptionAt(ctx, tx, SubscriptionArn);
      const topic = await tx.get(topics, [subscription.topicName]);
      return { Attributes: attributesOf(ctx, subscription, topic?.attributes.DeliveryPolicy) };
    });
  },

  async SetSubscriptionAttributes(ctx, { SubscriptionArn, AttributeName: name, AttributeValue: value = "" }) {
    return ctx.transact(async (tx) => {
      const subscription = await subscriptionAt(ctx, tx, SubscriptionArn);
      checkAttribute(name, value, { ...subscription, region: ctx.region }, invalidParameter);
      if (name === "FilterPolicy" && !isUnset(name, value) && !subscription.attributes.FilterPolicy)
        await checkPolicyCount(tx, subscription.topic);
      const changed = { ...subscription, attributes: { ...subscription.attributes } };
      if (isUnset(name, value)) delete changed.attributes[name];
      else changed.attributes[name] = normalized(name, value);
      if (name === "ReplayPolicy") delete changed.replay;
      tx.put(subscriptions, changed);
      if (name === "ReplayPolicy") startReplay(tx, changed);
      return {};
    });
  },
} satisfies Handlers<"sns">;

function described(ctx: Context, { topicName, id, confirmed, owner, protocol, endpoint }: Subscription) {
  return {
    SubscriptionArn: confirmed ? subscriptionArn(ctx, topicName, id) : "PendingConfirmation",
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    TopicArn: topicArn(ctx, topicName),
  };
}

function attributesOf(ctx: Context, subscription: Subscription, topicPolicy: string | undefined) {
  const { topicName, id, protocol, endpoint, owner } = subscription;
  // The scope is part of the policy: without one, answers leave it out.
  const { FilterPolicyScope: _, ...attributes } = subscription.attributes;
  const isHttp = protocol === "http" || protocol === "https";
  const delivery = effectiveSubscriptionPolicy(topicPolicy, attributes.DeliveryPolicy);
  return {
    SubscriptionArn: subscriptionArn(ctx, topicName, id),
    TopicArn: topicArn(ctx, topicName),
    Owner: owner,
    Protocol: protocol,
    Endpoint: endpoint,
    PendingConfirmation: String(!subscription.confirmed),
    ConfirmationWasAuthenticated: String(subscription.confirmed && subscription.authenticated),
    SubscriptionPrincipal: subscription.principal,
    RawMessageDelivery: "false",
    ...(isHttp && { EffectiveDeliveryPolicy: JSON.stringify(delivery) }),
    ...(attributes.FilterPolicy && { FilterPolicyScope: scopeOf(subscription.attributes) }),
    ...attributes,
    ...(subscription.replay && { ReplayStatus: subscription.replay.status }),
  };
}
