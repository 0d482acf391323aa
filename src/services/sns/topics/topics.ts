import { notImplemented } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { compactJson } from "#lib/compact-json.ts";
import { topicArn, topicNamed } from "../arns.ts";
import { effectivePolicy } from "../delivery/policy.ts";
import { archiveKeepsTopic, fifoName, invalidAttributes, invalidParameter, topicDiffers } from "../errors.ts";
import { forget } from "../publish/archive.ts";
import {
  archive,
  published,
  type Subscription,
  subscriptions,
  type Tag,
  type Topic,
  topics,
} from "../store.ts";
import { checkAttribute, isAttribute, retentionDays } from "./attributes.ts";
import { policyOf } from "./policy.ts";
import { checkSubscribers, isLarge } from "./size.ts";
import { checkTags } from "./tags.ts";
import { topicAt } from "./topic.ts";

const PAGE = 100;
const MAX_SUBSCRIPTIONS = 1_000;
/** The maximum archived messages that one transaction deletes. Their contents are read for that. */
const MAX_ARCHIVED = 50;
const MAX_PUBLISHED = 1_000;

export const topicOperations = {
  async CreateTopic(ctx, { Name: name, Attributes: requested = {}, Tags: tags = [], DataProtectionPolicy }) {
    if (DataProtectionPolicy !== undefined) throw notImplemented("data protection policies of SNS");
    const { FifoTopic, ...attributes } = requested;
    const isFifo = FifoTopic?.toLowerCase() === "true";
    checkName(name, isFifo);
    checkTags(tags);
    // Standard topics may also set `FifoTopic`.
    if (FifoTopic !== undefined) checkAttribute("FifoTopic", FifoTopic, true, invalidAttributes);
    for (const [attribute, value] of Object.entries(attributes)) {
      if (!isAttribute(attribute, isFifo)) throw invalidAttributes(`Unknown attribute ${attribute}`);
      checkAttribute(attribute, value, isFifo, invalidAttributes);
    }
    return ctx.transact(async (tx) => {
      const existing = await tx.get(topics, [name]);
      if (existing) checkSame(existing, attributes, tags);
      else {
        const id = tx.sequence();
        tx.put(topics, { name, id, isFifo, created: tx.now(), attributes, tags: [...tags], deleted: 0 });
      }
      return { TopicArn: topicArn(ctx, name) };
    });
  },

  async DeleteTopic(ctx, { TopicArn }) {
    const name = topicNamed(ctx, TopicArn);
    return ctx.transact(async (tx) => {
      const topic = await tx.get(topics, [name]);
      if (!topic) return {};
      if (retentionDays(topic.attributes.ArchivePolicy) !== undefined) {
        throw archiveKeepsTopic();
      }
      tx.delete(topics, [name]);
      tx.enqueue(forgetTopic, { topic: topic.id });
      return {};
    });
  },

  async ListTopics(ctx, { NextToken }) {
    const { records, token } = await page(ctx, {
      listing: ["sns:ListTopics"],
      token: NextToken,
      limit: PAGE,
      list: (range) => ctx.read((tx) => tx.list(topics, range)),
      position: ({ name }) => [name],
      invalidToken: () => invalidParameter("NextToken"),
    });
    return { Topics: records.map(({ name }) => ({ TopicArn: topicArn(ctx, name) })), NextToken: token };
  },

  async GetTopicAttributes(ctx, { TopicArn }) {
    return ctx.read(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      return { Attributes: await attributesOf(ctx, tx, topic) };
    });
  },

  async SetTopicAttributes(ctx, { TopicArn, AttributeName: name, AttributeValue: value = "" }) {
    return ctx.transact(async (tx) => {
      const topic = await topicAt(ctx, tx, TopicArn);
      if (name === "FifoTopic" || !isAttribute(name, topic.isFifo)) throw invalidParameter("AttributeName");
      checkAttribute(name, value, topic.isFifo, invalidParameter);
      const attributes = { ...topic.attributes };
      const isUnset = value === "" || (name === "ArchivePolicy" && value === "{}");
      if (isUnset) delete attributes[name];
      else attributes[name] = value;
      if (name === "ArchivePolicy" && !isUnset && !topic.attributes.ArchivePolicy)
        attributes.BeginningArchiveTime = new Date(tx.now()).toISOString();
      if (name === "ArchivePolicy" && isUnset) delete attributes.BeginningArchiveTime;
      const changed = { ...topic, attributes };
      if (name === "MaximumMessageSize" && isLarge(changed)) await checkSubscribers(tx, topic);
      tx.put(topics, changed);
      return {};
    });
  },
} satisfies Handlers<"sns">;

/** Deletes all else of a deleted topic, which is unreachable, page by page. */
export const forgetTopic = job<{ topic: number }>("sns/forget-topic", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { topic }) {
    const more = await ctx.transact(async (tx) => {
      const gone = await tx.list(subscriptions, { in: [topic], limit: MAX_SUBSCRIPTIONS });
      for (const { id } of gone) tx.delete(subscriptions, [topic, id]);
      const archived = await tx.list(archive, { in: [topic], limit: MAX_ARCHIVED });
      for (const message of archived) await forget(tx, message);
      const known = await tx.list(published, { in: [topic], limit: MAX_PUBLISHED });
      for (const { deduplicationId } of known) tx.delete(published, [topic, deduplicationId]);
      return (
        gone.length === MAX_SUBSCRIPTIONS ||
        archived.length === MAX_ARCHIVED ||
        known.length === MAX_PUBLISHED
      );
    });
    return more ? { again: 0 } : undefined;
  },
});

function checkName(name: string, isFifo: boolean): void {
  if (isFifo) {
    if (!/^[\w-]{1,251}\.fifo$/.test(name)) throw fifoName();
  } else if (!/^[\w-]{1,256}$/.test(name)) throw invalidParameter("Topic Name");
}

/**
 * A topic that exists may be created again with the same attributes and tags. Its kind is in its name.
 * @throws {AwsError} InvalidParameter
 */
function checkSame(existing: Topic, attributes: Record<string, string>, tags: readonly Tag[]): void {
  const current: Record<string, string | undefined> = {
    ContentBasedDeduplication: existing.isFifo ? "false" : undefined,
    ...existing.attributes,
  };
  if (Object.entries(attributes).some(([name, value]) => current[name] !== value))
    throw topicDiffers("Attributes");
  const text = (of: readonly Tag[]) => JSON.stringify(of.map(({ Key, Value }) => [Key, Value]).sort());
  if (tags.length > 0 && text(tags) !== text(existing.tags ?? [])) throw topicDiffers("Tags");
}

async function attributesOf(
  ctx: Context,
  tx: ReadTransaction,
  topic: Topic,
): Promise<Record<string, string>> {
  const { confirmed, pending } = await count(tx, topic);
  const { attributes, isFifo } = topic;
  return {
    TopicArn: topicArn(ctx, topic.name),
    Owner: ctx.account,
    DisplayName: "",
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(pending),
    SubscriptionsDeleted: String(topic.deleted),
    EffectiveDeliveryPolicy: JSON.stringify(effectivePolicy(attributes.DeliveryPolicy)),
    ...(isFifo && { FifoTopic: "true", ContentBasedDeduplication: "false" }),
    ...attributes,
    Policy: compactJson(policyOf(ctx, topic)),
  };
}

async function count(tx: ReadTransaction, topic: Topic) {
  let confirmed = 0;
  let pending = 0;
  let last: Subscription | undefined;
  do {
    const range = { in: [topic.id], ...(last && { after: [last.id] }), limit: MAX_SUBSCRIPTIONS };
    const page = await tx.list(subscriptions, range);
    for (const subscription of page) subscription.confirmed ? confirmed++ : pending++;
    last = page.length === MAX_SUBSCRIPTIONS ? page.at(-1) : undefined;
  } while (last);
  return { confirmed, pending };
}
