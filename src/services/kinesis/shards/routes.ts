import { hash } from "node:crypto";
import type { PutRecordInput } from "#aws/contract/types/kinesis.ts";
import { memory } from "#kernel/records/memory.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { isOpen, type Shard, type Stream, shardsOf } from "../store.ts";
import { sequenceNumbers, shardId } from "./sequence.ts";

/** An open shard and the last hash of its range, as 32 hexadecimal digits. */
export interface Route {
  to: string;
  shard: Shard;
  id: string;
  sequenceNumber: (position: number, time: number) => string;
}

/** The routes of each stream, ordered by hash; cached, since every record needs them and they seldom change. */
const routes = memory<Map<number, readonly Route[]>>("kinesis/routes", () => new Map());

const digits = (hashKey: string) => BigInt(hashKey).toString(16).padStart(32, "0");

/** The routes of a stream, ordered by hash. */
export async function routesOf(tx: Transaction, stream: Stream): Promise<readonly Route[]> {
  const all = tx.memory(routes);
  const present = all.get(stream.number);
  if (present) return present;
  const loaded = inOrder((await shardsOf(tx, stream)).filter(isOpen).map(routeTo));
  tx.afterwards(() => all.set(stream.number, loaded));
  return loaded;
}

const routeTo = (shard: Shard): Route => ({
  to: digits(shard.to),
  shard,
  id: shardId(shard.index),
  sequenceNumber: sequenceNumbers(shard),
});

const inOrder = (all: Route[]): Route[] => all.sort((a, b) => (a.to < b.to ? -1 : 1));

/** Updates the cached routes after shards were opened or closed. */
export function changeRoutes(
  tx: Transaction,
  stream: number,
  opened: readonly Shard[],
  closed: ReadonlySet<number>,
): void {
  const isStillOpen = ({ index }: Shard) => !closed.has(index);
  const added = opened.filter(isStillOpen).map(routeTo);
  tx.afterwards(() => {
    const all = tx.memory(routes);
    const present = all.get(stream);
    if (present) all.set(stream, inOrder([...present.filter(({ shard }) => isStillOpen(shard)), ...added]));
  });
}

export const forgetRoutes = (tx: Transaction, stream: number): void =>
  tx.afterwards(() => void tx.memory(routes).delete(stream));

/** The index of the route for a hash. */
export const placeOf = (open: readonly Route[], hash: bigint): number =>
  search(open, hash.toString(16).padStart(32, "0"));

/** The route of a record: by its explicit hash key or, without one, by the MD5 hash of its partition key. */
export function routeFor(
  open: readonly Route[],
  { PartitionKey = "", ExplicitHashKey }: Pick<PutRecordInput, "PartitionKey" | "ExplicitHashKey">,
): Route {
  const hashDigits = ExplicitHashKey === undefined ? hash("md5", PartitionKey) : digits(ExplicitHashKey);
  return open[search(open, hashDigits)]!;
}

function search(open: readonly Route[], hashDigits: string): number {
  let low = 0;
  let high = open.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hashDigits <= open[middle]!.to) high = middle;
    else low = middle + 1;
  }
  return low;
}
