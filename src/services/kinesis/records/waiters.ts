import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";

/**
 * Readers that wait for a stream's next change, by the stream's number, in the memory of the partition's owner: new
 * records, a new set of shards, or the end of the stream or of a consumer.
 */
const waiters = memory<Map<number, Set<() => void>>>(
  "kinesis/waiters",
  () => new Map(),
  (all) => {
    for (const set of all.values()) for (const wake of set) wake();
  },
);

/** Calls `wake` once, at the next change. @returns a function that cancels it */
export function waitFor(tx: ReadTransaction, stream: number, wake: () => void): () => void {
  const all = tx.memory(waiters);
  let set = all.get(stream);
  if (!set) all.set(stream, (set = new Set()));
  set.add(wake);
  return () => void set.delete(wake);
}

export function wakeAll(tx: Transaction, stream: number): void {
  tx.afterwards(() => {
    const all = tx.memory(waiters);
    const set = all.get(stream);
    all.delete(stream);
    for (const wake of set ?? []) wake();
  });
}
