import { collection } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { DAY_MS, midnightAfter } from "../days.ts";
import { type Bucket, buckets } from "../store.ts";

/**
 * The state of a bucket with rules, by which midnights are skipped when nothing can be
 * due: nothing is due before `next`.
 */
export interface Mark {
  bucket: number;
  /** The number of the job that walks the bucket. A job with another number ends. */
  serial: number;
  next: number;
  /** The minimum number of days after which a new version or upload can be due. */
  leastDays: number;
  /** Whether a new version may make an older one due, because a rule counts newer versions. */
  counts: boolean;
  /** Whether a walk is running, or was running when the process ended. */
  looking: boolean;
  /** Whether something was added since the last walk started, which `next` takes into account. */
  fresh: boolean;
}

export const marks = collection<Mark>("s3/lifecycle", {
  scope: "partition",
  key: (m) => [m.bucket],
  hot: true,
});

/** What happened to a version or an upload: it was created, replaced by another, or changed. */
export type Touch = "new" | "replaced" | "changed";

/**
 * Updates the mark for every creation, removal and change in a bucket. It reads from memory, and
 * writes once or twice between two walks.
 * @param since the start of the age: that of the upload for an object in
 * parts, that of the source for a replica
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

/**
 * Writes a bucket whose lifecycle or tiering flag has changed, and sets `ages`, which is derived from them.
 */
export function putAging(tx: Transaction, bucket: Bucket): Bucket {
  const written: Bucket = { ...bucket, ages: bucket.lifecycle || bucket.tiers };
  tx.put(buckets, written);
  return written;
}
