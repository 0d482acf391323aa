import { memory } from "#kernel/memory.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";

/** When something was changed, and where. Of two the later one stays, in every replica. */
export interface Version {
  /** Microseconds since 1970, cloud time, and never less than what the Region had seen before. */
  at: number;
  region: string;
}

/** The latest that this Region has made or seen. */
const latest = memory("dynamodb/latest-version", () => ({ at: 0 }));

/** Later than all that this Region knows, so that whoever changes what it has just read is not overruled by it. */
export function nextVersion(tx: ReadTransaction, region: string): Version {
  const seen = tx.memory(latest);
  seen.at = Math.max(tx.now() * 1_000, seen.at + 1);
  return { at: seen.at, region };
}

export function observe(tx: ReadTransaction, { at }: Version): void {
  const seen = tx.memory(latest);
  seen.at = Math.max(seen.at, at);
}

/** At the same microsecond the Region decides, everywhere alike. */
export const isLater = (one: Version, other: Version): boolean =>
  one.at > other.at || (one.at === other.at && one.region > other.region);
