import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";

/** The time and Region of a change. In every replica, the later of two versions wins. */
export interface Version {
  /** Microseconds since 1970 in cloud time, and later than all versions that the Region had seen. */
  at: number;
  region: string;
}

/** The latest version that this Region has created or seen. */
const latest = memory("dynamodb/latest-version", () => ({ at: 0 }));

/** A version later than all that this Region has seen, so that a change always wins over the data that it was based on. */
export function nextVersion(tx: ReadTransaction, region: string): Version {
  const seen = tx.memory(latest);
  seen.at = Math.max(tx.now() * 1_000, seen.at + 1);
  return { at: seen.at, region };
}

export function observe(tx: ReadTransaction, { at }: Version): void {
  const seen = tx.memory(latest);
  seen.at = Math.max(seen.at, at);
}

/** Whether a version is later. At the same microsecond the Region's name decides, so that all replicas agree. */
export const isLater = (one: Version, other: Version): boolean =>
  one.at > other.at || (one.at === other.at && one.region > other.region);
