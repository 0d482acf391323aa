import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { wakeAll } from "../records/waiters.ts";
import { isOpen, type Shard, type Stream, shards, shardsOf, streams } from "../store.ts";
import { contains, evenRanges, type Range } from "./ranges.ts";
import { forgetRoutes } from "./routes.ts";

type NewShard = Range & Pick<Shard, "parent" | "adjacentParent">;

export const openShardsOf = async (tx: ReadTransaction, stream: Stream): Promise<Shard[]> =>
  (await shardsOf(tx, stream)).filter(isOpen);

/** Closes shards, and opens others in their place. @returns the stream as it is now */
export function reshape(
  tx: Transaction,
  stream: Stream,
  closed: readonly Shard[],
  added: readonly NewShard[],
): Stream {
  const { number, nextShard } = stream;
  for (const shard of closed) tx.put(shards, { ...shard, last: tx.sequence(), closed: tx.now() });
  for (const [at, range] of added.entries()) {
    tx.put(shards, {
      ...range,
      stream: number,
      index: nextShard + at,
      created: tx.now(),
      first: tx.sequence(),
    });
  }
  forgetRoutes(tx, number);
  if (closed.length > 0) wakeAll(tx, number);
  const now = {
    ...stream,
    nextShard: nextShard + added.length,
    openShards: stream.openShards + added.length - closed.length,
  };
  tx.put(streams, now);
  return now;
}

/** So many shards in equal shares; each names the one as parent in which it begins. */
export async function scaleTo(tx: Transaction, stream: Stream, open: readonly Shard[], count: number) {
  if (count === open.length) return stream;
  const added = evenRanges(count).map((range) => ({
    ...range,
    parent: open.find((shard) => contains(shard, BigInt(range.from)))?.index,
  }));
  return reshape(tx, stream, open, added);
}
