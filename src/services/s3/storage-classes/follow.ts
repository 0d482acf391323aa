import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type Job, type JobOutcome, job } from "#kernel/work/jobs.ts";
import { announce } from "../changes.ts";
import { type Bucket, buckets, type ObjectVersion } from "../store.ts";
import { findVersion, rewriteVersion } from "../versions.ts";

interface Followed {
  bucket: string;
  key: string;
  versionId: string;
  order: number;
}

/**
 * Follows a restore to its end: publishes the events when the copy is ready and when it has
 * expired, and removes expired copies. The state that callers see does not depend on this job,
 * since it is computed from the time.
 */
export const restoreJob: Job<Followed> = job("s3/restore", {
  attempts: Number.POSITIVE_INFINITY,
  run: (ctx, followed) => ctx.transact((tx) => step(ctx, tx, followed)),
});

export function followRestore(tx: Transaction, bucket: Bucket, version: ObjectVersion): void {
  const { key, versionId, order, restore } = version;
  tx.enqueue(
    restoreJob,
    { bucket: bucket.name, key, versionId, order },
    {
      delay: restore!.ready - tx.now(),
      lane: `restore/${order}`,
      place: { account: bucket.owner, region: bucket.region },
    },
  );
}

async function step(ctx: Context, tx: Transaction, followed: Followed): Promise<JobOutcome | undefined> {
  const bucket = await tx.get(buckets, [followed.bucket]);
  const version = bucket && (await findVersion(tx, bucket, followed.key, followed.versionId));
  if (!bucket || !version?.restore || version.order !== followed.order) return undefined;
  const { restore, ...plain } = version;
  const now = tx.now();
  if (now < restore.ready) return { again: restore.ready - now };
  if (restore.expires === undefined) {
    // The object returns to the frequent access tier of INTELLIGENT_TIERING, as if just read.
    const { archiveTier: _, ...active } = plain;
    await rewriteVersion(tx, bucket, { ...active, read: now });
    await announce(ctx, tx, bucket, { event: "ObjectRestore:Completed", version: active });
    return undefined;
  }
  if (!restore.told) {
    await rewriteVersion(tx, bucket, { ...version, restore: { ...restore, told: true } });
    await announce(ctx, tx, bucket, {
      event: "ObjectRestore:Completed",
      version,
      restoredUntil: restore.expires,
    });
  }
  if (now < restore.expires) return { again: restore.expires - now };
  await rewriteVersion(tx, bucket, plain);
  await announce(ctx, tx, bucket, { event: "ObjectRestore:Delete", version: plain });
  return undefined;
}
