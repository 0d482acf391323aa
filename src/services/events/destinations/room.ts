import type { Collection } from "#kernel/records/collection.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { limitExceeded } from "../errors.ts";

/** The maximum connections and API destinations of an account in a Region: AWS's default quotas. */
const QUOTA = 3_000;
const PAGE = 1_000;

/** The number of records by collection, cached since counting reads thousands of records. */
const counts = memory<Map<string, number>>("events/destinations", () => new Map());

/** Counts one that is made in this transaction. @throws {AwsError} LimitExceededException */
export async function takeRoom<T extends { name: string }>(tx: Transaction, kind: Collection<T>) {
  const byKind = tx.memory(counts);
  const count = byKind.get(kind.name) ?? (await counted(tx, kind));
  if (count >= QUOTA) throw limitExceeded();
  tx.afterwards(() => byKind.set(kind.name, count + 1));
}

/** Counts one less, as one is deleted in this transaction. */
export function leaveRoom<T>(tx: Transaction, kind: Collection<T>): void {
  tx.afterwards(() => {
    const byKind = tx.memory(counts);
    const count = byKind.get(kind.name);
    if (count !== undefined) byKind.set(kind.name, count - 1);
  });
}

async function counted<T extends { name: string }>(tx: ReadTransaction, kind: Collection<T>) {
  let count = 0;
  let last: T | undefined;
  do {
    const page: T[] = await tx.list(kind, { ...(last && { after: [last.name] }), limit: PAGE });
    count += page.length;
    last = page.length === PAGE ? page.at(-1) : undefined;
  } while (last);
  return count;
}
