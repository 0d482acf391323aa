import type { Context } from "#kernel/context.ts";
import { DAY_MS } from "../days.ts";
import type { StorageClassName } from "../storage-classes/classes.ts";
import { type Bucket, buckets, type ObjectVersion } from "../store.ts";
import { findVersion, rewriteVersion } from "../versions.ts";

/**
 * An object that enters INTELLIGENT_TIERING starts in the frequent access tier,
 * as if just read, whatever its age.
 */
export const arrivedIn = (storageClass: StorageClassName | undefined, now: number) =>
  storageClass === "INTELLIGENT_TIERING" ? { read: now } : undefined;

/**
 * Records that an object in INTELLIGENT_TIERING was read, even if the bucket has no archive tiers yet. It is
 * recorded at most once a day, so that reads cause few writes.
 */
export async function recordRead(
  ctx: Context,
  { name }: Pick<Bucket, "name">,
  version: ObjectVersion,
): Promise<void> {
  if (version.storageClass !== "INTELLIGENT_TIERING") return;
  const now = ctx.clock.now();
  if (day(version.read ?? version.modified) === day(now)) return;
  try {
    await ctx.transact(async (tx) => {
      const bucket = await tx.get(buckets, [name]);
      const current = bucket && (await findVersion(tx, bucket, version.key, version.versionId));
      if (current?.order === version.order) await rewriteVersion(tx, bucket!, { ...current, read: now });
    });
  } catch (error) {
    ctx.log.warn("a read could not be remembered", { error });
  }
}

const day = (time: number) => Math.floor(time / DAY_MS);
