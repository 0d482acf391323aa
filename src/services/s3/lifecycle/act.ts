import type { Context } from "#kernel/context.ts";
import { descending } from "#kernel/records/keys.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { announce, type Change } from "../changes.ts";
import { logAction } from "../logging/lifecycle.ts";
import { meterEarlyDelete } from "../storage-classes/classes.ts";
import { type Bucket, noncurrent, objects } from "../store.ts";
import { arrivedIn } from "../tiering/reads.ts";
import { deleteCurrent, removeVersion } from "../versions.ts";
import type { Action, Subject } from "./due.ts";

/** Performs an action that is due, logs it, and publishes its event. */
export async function act(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  subject: Subject,
  action: Action,
): Promise<void> {
  const change = await perform(ctx, tx, bucket, subject, action);
  if (!change) return;
  await logAction(ctx, tx, bucket, subject.version, action);
  await announce(ctx, tx, bucket, change);
}

async function perform(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  { version, latest }: Subject,
  action: Action,
): Promise<Change | undefined> {
  if (!latest && version.versionId === "null") {
    // The delete marker that has just hidden the latest version is now the null
    // version, which has replaced this one.
    const { key, order } = version;
    if (!(await tx.get(noncurrent, [bucket.id, key, descending(order)]))) return undefined;
  }
  switch (action.does) {
    case "remove":
      meterEarlyDelete(ctx, version);
      await removeVersion(tx, bucket, version);
      return { event: "LifecycleExpiration:Delete", version };
    case "hide": {
      const marker = await deleteCurrent(tx, bucket, version.key, version);
      return marker && { event: "LifecycleExpiration:DeleteMarkerCreated", version: marker };
    }
    case "transition": {
      meterEarlyDelete(ctx, version);
      const { restore: _, archiveTier: __, read: ___, ...plain } = version;
      const moved = { ...plain, storageClass: action.to, ...arrivedIn(action.to, tx.now()) };
      tx.put(latest ? objects : noncurrent, moved);
      return { event: "LifecycleTransition", version: moved, to: action.to };
    }
    case "tier": {
      const moved = { ...version, archiveTier: action.to };
      tx.put(latest ? objects : noncurrent, moved);
      return { event: "IntelligentTiering", version: moved, to: action.to };
    }
  }
}
