import { collection } from "#kernel/collection.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { DAY_MS, midnightAfter } from "../days.ts";
import { type Bucket, buckets } from "../store.ts";

/** Notes of a bucket with rules, by which midnights are skipped when nothing can be due: nothing is before `next`. */
export interface Mark {
  bucket: number;
  /** The number of the job that walks the bucket. Any other one ends. */
  serial: number;
  next: number;
  /** The fewest days after which something new can be due. */
  leastDays: number;
  /** Whether a new version may make an older one due, since a rule counts them. */
  counts: boolean;
  /** A walk is running, or was when the process ended. */
  looking: boolean;
  /** Something is new since the last walk began, and `next` takes it into account. */
  fresh: boolean;
}

export const marks = collection<Mark>("s3/lifecycle", {
  scope: "partition",
  key: (m) => [m.bucket],
  hot: true,
});

/** What happened to a version or an upload: it is new, another replaced it, or it changed in another way. */
export type Touch = "new" | "replaced" | "changed";

/**
 * Called for everything that comes, goes or changes in a bucket. It costs a look into memory, and one or two writes
 * between two walks.
 * @param since from when its days are counted: what came in parts is as old as its upload, a replica as its source
 */
export function touch(tx: Transaction, bucket: Bucket, how: Touch, since = tx.now()): MaybePromise<void> {
  if (bucket.ages)
    return whenReady(tx.get(marks, [bucket.id]), (mark) => mark && update(tx, mark, how, since));
}

function update(tx: Transaction, mark: Mark, how: Touch, since: number): void {
  if (how === "changed" || (how === "replaced" && mark.counts)) {
    const tonight = midnightAfter(tx.now());
    if (mark.next > tonight) tx.put(marks, { ...mark, next: tonight });
  } else {
    const next = Math.min(mark.next, midnightAfter(since + mark.leastDays * DAY_MS));
    if (!mark.fresh || next < mark.next) tx.put(marks, { ...mark, fresh: true, next });
  }
}

/** Writes a bucket whose flags have changed, with the one that follows from the others. */
export function putAging(tx: Transaction, bucket: Bucket): Bucket {
  const written: Bucket = { ...bucket, ages: bucket.lifecycle || bucket.tiers };
  tx.put(buckets, written);
  return written;
}
