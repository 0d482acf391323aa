import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { alreadySubscribed } from "../errors.ts";
import { shardId } from "../shards/sequence.ts";
import type { Consumer, Shard } from "../store.ts";

/** For this long a subscription cannot be taken over, even if its client is gone. */
const HELD_MS = 5_000;

/** A subscription ends after five minutes; its client then subscribes again. */
export const LIFE_MS = 300_000;
/** The number of remembered subscriptions above which expired ones are removed. */
const CLEANUP_THRESHOLD = 1_000;

/** The subscription of a consumer to a shard, of which there is one at a time. */
export interface Subscription {
  since: number;
  /** Whether another subscription has replaced it. */
  isOver: boolean;
  /** Wakes the reader that waits for records; also called when the subscription is over. */
  wake: () => void;
}

function end(subscription: Subscription): void {
  subscription.isOver = true;
  subscription.wake();
}

const subscriptions = memory<Map<string, Subscription>>(
  "kinesis/subscriptions",
  () => new Map(),
  (all) => {
    for (const subscription of all.values()) end(subscription);
  },
);

/** @throws {AwsError} ResourceInUseException while a younger one lasts; an older one ends */
export function subscribe(ctx: Context, tx: ReadTransaction, consumer: Consumer, shard: Shard): Subscription {
  const all = tx.memory(subscriptions);
  const key = `${consumer.name} ${consumer.created} ${shard.stream} ${shard.index}`;
  const former = all.get(key);
  const now = tx.now();
  if (former && now - former.since < HELD_MS) throw inUse(ctx, consumer, shard);
  if (former) end(former);
  const subscription: Subscription = { since: now, isOver: false, wake() {} };
  if (all.size >= CLEANUP_THRESHOLD)
    for (const [of, { since }] of all) if (now - since > LIFE_MS) all.delete(of);
  all.set(key, subscription);
  return subscription;
}

export const inUse = ({ account }: Context, { stream, name }: Consumer, { index }: Shard) =>
  alreadySubscribed(account, stream, shardId(index), name);
