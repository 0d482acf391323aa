import type { Json } from "#aws/languages/event-pattern/match.ts";
import {
  type FilterPolicy,
  type FilterScope,
  filterPolicy,
} from "#aws/languages/filter-policy/filter-policy.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "#lib/nesting.ts";
import { hold, release, store, stored, whole } from "../content.ts";
import {
  type Message,
  type StoredMessage,
  type Subscription,
  subscriptions,
  type Topic,
  topics,
  waiting,
} from "../store.ts";
import { scopeOf } from "../subscriptions/attributes.ts";
import { deliver, drain } from "./deliver.ts";

/** The maximum subscriptions for which one transaction writes deliveries. */
const MAX_IN_PAGE = 50;

interface Rest {
  topic: string;
  /** A topic made again under the name has another. Absent in jobs that earlier versions stored. */
  topicId?: number;
  message: StoredMessage;
  /** Of the content of a large message. Absent in jobs that earlier versions stored, which have the whole message. */
  holder?: number;
  /** The last subscription that has been served. */
  after: string;
}

/** Continues with the subscriptions that were too many for the transaction of the publication. */
export const fanOutRest = job<Rest>("sns/fan-out", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { topic: name, topicId, message, holder, after }) {
    await ctx.transact(async (tx) => {
      const found = await tx.get(topics, [name]);
      const topic = topicId === undefined || found?.id === topicId ? found : undefined;
      const all = await whole(tx, message);
      if (holder === undefined) return topic && all && fanOut(tx, topic, all, after);
      if (topic && all) await toSubscriptions(tx, topic, all, holder, after);
      else await release(tx, message, holder);
    });
  },
});

/** Writes a delivery for every subscription that wants the message. */
export async function fanOut(tx: Transaction, topic: Topic, message: Message, after?: string): Promise<void> {
  const holder = tx.sequence();
  store(tx, message, holder);
  await toSubscriptions(tx, topic, message, holder, after);
}

async function toSubscriptions(
  tx: Transaction,
  topic: Topic,
  message: Message,
  holder: number,
  after?: string,
): Promise<void> {
  const range = { in: [topic.id], ...(after !== undefined && { after: [after] }), limit: MAX_IN_PAGE };
  const page = await tx.list(subscriptions, range);
  const row = stored(message);
  for (const subscription of page) {
    if (!subscription.confirmed || isOver(subscription, message)) continue;
    if (wants(subscription, message)) queueUp(tx, subscription, row);
    else tx.metric("NumberOfNotificationsFilteredOut", 1, { TopicName: topic.name });
  }
  const last = page.length === MAX_IN_PAGE ? page.at(-1) : undefined;
  if (!last) return release(tx, row, holder);
  // A FIFO topic keeps its order, so all its deliveries are written at once.
  if (topic.isFifo) return toSubscriptions(tx, topic, message, holder, last.id);
  tx.enqueue(fanOutRest, { topic: topic.name, topicId: topic.id, message: row, holder, after: last.id });
}

/** A subscription whose replay has an end gets nothing that is newer. */
const isOver = ({ replay }: Subscription, { time }: Message): boolean =>
  replay?.until !== undefined && time > replay.until;

/** For a standard topic, a job of its own; for a FIFO topic, behind what the group sent before. */
export function queueUp(tx: Transaction, subscription: Subscription, message: StoredMessage): void {
  const { topic, topicName, id } = subscription;
  const order = tx.sequence();
  hold(tx, message, order);
  if (message.sequence === undefined) {
    tx.enqueue(deliver, { topic, topicName, subscription: id, message, holder: order, tries: 0 });
    return;
  }
  const group = message.group!;
  tx.put(waiting, { topic, subscription: id, group, order, message, attempt: 0 });
  tx.enqueue(drain, { topic, topicName, subscription: id, group }, { lane: `${topic} ${id} ${group}` });
}

/** The number of cached compiled policies. Most have a few hundred characters, but one may have 256 KiB, so fewer long ones are cached. */
const POLICY_CACHE_SIZE = 10_000;
const LONG_POLICY_CACHE_SIZE = 100;
const LONG_POLICY = 4_096;

function compile(key: string): FilterPolicy {
  const split = key.indexOf(" ");
  return filterPolicy(key.slice(split + 1), key.slice(0, split) as FilterScope);
}
const shortPolicies = memoizeByText(POLICY_CACHE_SIZE, compile);
const longPolicies = memoizeByText(LONG_POLICY_CACHE_SIZE, compile);
const compiled = (key: string) => (key.length > LONG_POLICY ? longPolicies : shortPolicies)(key);

/** @returns whether the subscription's filter policy lets the message through */
export function wants({ attributes, protocol }: Subscription, message: Message): boolean {
  const { FilterPolicy: text } = attributes;
  if (!text) return true;
  const scope = scopeOf(attributes);
  const { matches } = compiled(`${scope} ${text}`);
  if (scope === "MessageAttributes") return matches(attributeValues(message));
  const body = jsonIn(message.bodies[protocol] ?? message.bodies.default!);
  return body !== undefined && matches(body);
}

/** Attributes in the form that filter policies match: numbers as numbers, and lists as their elements. */
function attributeValues({ attributes = {} }: Message): Json {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, { type, text }]): [string, Json][] => {
      if (text === undefined) return [];
      if (type === "String.Array") return [[name, jsonIn(text) ?? text]];
      return [[name, type.startsWith("Number") ? Number(text) : text]];
    }),
  );
}

/** `undefined` for a body that no policy can match. */
function jsonIn(text: string): Json | undefined {
  try {
    const value: Json = JSON.parse(text);
    const isHeld = typeof value === "object" && value !== null && !isDeeperThan(MAX_JSON_DEPTH, value);
    return isHeld ? value : undefined;
  } catch {
    return undefined;
  }
}
