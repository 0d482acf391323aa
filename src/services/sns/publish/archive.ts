import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { hold, release, whole } from "../content.ts";
import { queueUp, wants } from "../delivery/fan-out.ts";
import {
  type Archived,
  archive,
  type StoredMessage,
  type Subscription,
  subscriptions,
  type Topic,
  topics,
} from "../store.ts";
import { checkReplay } from "../subscriptions/attributes.ts";
import { retentionDays } from "../topics/attributes.ts";

const DAY_MS = 86_400_000;
const PAGE = 100;

/** A FIFO topic with an archive policy keeps its messages, for as many days as the policy says. */
export function keepInArchive(tx: Transaction, topic: Topic, message: StoredMessage): void {
  const days = retentionDays(topic.attributes.ArchivePolicy);
  if (days === undefined) return;
  const archived = { topic: topic.id, time: message.time, order: tx.sequence(), message };
  tx.put(archive, archived);
  const { order, time } = archived;
  hold(tx, message, order);
  tx.enqueue(expireArchived, { topic: topic.id, time, order }, { delay: days * DAY_MS });
}

export const expireArchived = job<{ topic: number; time: number; order: number }>("sns/expire-archived", {
  async run(ctx, { topic, time, order }) {
    await ctx.transact(async (tx) => {
      const archived = await tx.get(archive, [topic, time, order]);
      if (archived) await forget(tx, archived);
    });
  },
});

export async function forget(tx: Transaction, { topic, time, order, message }: Archived): Promise<void> {
  tx.delete(archive, [topic, time, order]);
  await release(tx, message, order);
}

/** Sends a subscription with a replay policy the archived messages of the span that the policy names. */
export function startReplay(tx: Transaction, subscription: Subscription): void {
  const { topic, topicName, id, attributes } = subscription;
  const policy = checkReplay(attributes.ReplayPolicy ?? "");
  if (!policy) return;
  const from = Math.max(0, Date.parse(policy.StartingPoint));
  const until = policy.EndingPoint === undefined ? undefined : Date.parse(policy.EndingPoint);
  const to = Math.max(0, until ?? tx.now());
  tx.put(subscriptions, {
    ...subscription,
    replay: { status: "Pending", ...(until !== undefined && { until }) },
  });
  tx.enqueue(replay, { topic, topicName, subscription: id, policy: attributes.ReplayPolicy!, from, to });
}

interface Replay {
  topic: number;
  topicName: string;
  subscription: string;
  /** A replay ends when the subscription gets another policy. */
  policy: string;
  from: number;
  to: number;
  after?: { time: number; order: number };
}

export const replay = job<Replay>("sns/replay", {
  async run(ctx, payload) {
    const { topic: id, topicName, subscription: subscriptionId, policy, from, to, after } = payload;
    await ctx.transact(async (tx) => {
      const topic = await tx.get(topics, [topicName]);
      const subscription = await tx.get(subscriptions, [id, subscriptionId]);
      if (topic?.id !== id || subscription?.attributes.ReplayPolicy !== policy) return;
      const range = after ? { after: [after.time, after.order] } : { from: [from] };
      const page = await tx.list(archive, { in: [id], ...range, before: [to + 1], limit: PAGE });
      for (const { message } of page) {
        const all = await whole(tx, message);
        if (all && wants(subscription, all)) queueUp(tx, subscription, { ...message, replayed: true });
      }
      const last = page.length === PAGE ? page.at(-1) : undefined;
      const status = last ? "In progress" : "Completed";
      tx.put(subscriptions, { ...subscription, replay: { ...subscription.replay, status } });
      if (last) tx.enqueue(replay, { ...payload, after: { time: last.time, order: last.order } });
    });
  },
});
