import { hash } from "node:crypto";
import { memory } from "#kernel/memory.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { isOpen, type Shard, type Stream, shardsOf } from "../store.ts";
import { sequenceNumbers, shardId } from "./sequence.ts";

/** An open shard and the last hash that goes there, as 32 hexadecimal digits. */
export interface Route {
  to: string;
  shard: Shard;
  id: string;
  sequenceNumber: (position: number, time: number) => string;
}

/** Those of each stream, in the order of their hashes: every record asks for them, and they seldom change. */
const routes = memory<Map<number, readonly Route[]>>("kinesis/routes", () => new Map());

const digits = (hashKey: string) => BigInt(hashKey).toString(16).padStart(32, "0");

/** The open shards of a stream, to find the one for a hash. */
export async function routesOf(tx: Transaction, stream: Stream): Promise<readonly Route[]> {
  const all = tx.memory(routes);
  const known = all.get(stream.number);
  if (known) return known;
  const found = (await shardsOf(tx, stream))
    .filter(isOpen)
    .map((shard) => ({
      to: digits(shard.to),
      shard,
      id: shardId(shard.index),
      sequenceNumber: sequenceNumbers(shard),
    }))
    .sort((a, b) => (a.to < b.to ? -1 : 1));
  tx.afterwards(() => all.set(stream.number, found));
  return found;
}

/** After whatever changes which shards are open. */
export function forgetRoutes(tx: Transaction, stream: number): void {
  tx.afterwards(() => tx.memory(routes).delete(stream));
}

/** Where a record goes: by the MD5 hash of its partition key, unless it says by which hash. */
export function routeFor(
  open: readonly Route[],
  { PartitionKey, ExplicitHashKey }: { PartitionKey: string; ExplicitHashKey?: string | undefined },
): Route {
  const wanted = ExplicitHashKey === undefined ? hash("md5", PartitionKey) : digits(ExplicitHashKey);
  let low = 0;
  let high = open.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (wanted <= open[middle]!.to) high = middle;
    else low = middle + 1;
  }
  return open[low]!;
}
