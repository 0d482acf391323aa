import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { alreadySubscribed } from "../errors.ts";
import { shardId } from "../shards/sequence.ts";
import type { Consumer, Shard } from "../store.ts";

/** For so long nobody takes a subscription over, and it does not matter whether its client is still there. */
const HELD_MS = 5_000;

/** A consumer's hold on a shard: it has one at a time. */
export interface Subscription {
  since: number;
  /** Another one has taken its place. */
  readonly isOver: boolean;
  /** Resolves then. */
  readonly over: Promise<void>;
  end(): void;
}

const subscriptions = memory<Map<string, Subscription>>(
  "kinesis/subscriptions",
  () => new Map(),
  (all) => {
    for (const held of all.values()) held.end();
  },
);

/** @throws {AwsError} ResourceInUseException while a younger one lasts; an older one ends */
export function subscribe(ctx: Context, tx: ReadTransaction, consumer: Consumer, shard: Shard): Subscription {
  const all = tx.memory(subscriptions);
  const key = `${consumer.name} ${consumer.created} ${shard.stream} ${shard.index}`;
  const former = all.get(key);
  const now = tx.now();
  if (former && now - former.since < HELD_MS) throw inUse(ctx, consumer, shard);
  former?.end();
  const { promise, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  const held: Subscription = {
    since: now,
    get isOver() {
      return isOver;
    },
    over: promise,
    end() {
      isOver = true;
      resolve();
    },
  };
  all.set(key, held);
  return held;
}

export const inUse = ({ account }: Context, { stream, name }: Consumer, { index }: Shard) =>
  alreadySubscribed(account, stream, shardId(index), name);
