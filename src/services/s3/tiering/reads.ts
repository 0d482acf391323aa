import type { Context } from "#kernel/context.ts";
import { DAY_MS } from "../days.ts";
import type { StorageClassName } from "../storage-classes/classes.ts";
import { type Bucket, buckets, type ObjectVersion } from "../store.ts";
import { findVersion, rewriteVersion } from "../versions.ts";

/** What comes to INTELLIGENT_TIERING begins in its frequent tier, however old it is: as if just read. */
export const arrivedIn = (storageClass: StorageClassName | undefined, now: number) =>
  storageClass === "INTELLIGENT_TIERING" ? { read: now } : undefined;

/**
 * Remembers that an object of INTELLIGENT_TIERING was read, also where no archive tier asks for that yet: once a day
 * at most, so that reading writes little.
 */
export async function rememberRead(
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
      const found = bucket && (await findVersion(tx, bucket, version.key, version.versionId));
      if (found?.order === version.order) await rewriteVersion(tx, bucket!, { ...found, read: now });
    });
  } catch (error) {
    ctx.log.warn("a read could not be remembered", { error });
  }
}

const day = (time: number) => Math.floor(time / DAY_MS);
