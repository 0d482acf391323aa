import { DAY_MS, midnightAfter, NEVER } from "../days.ts";
import { matches } from "../lifecycle/filter.ts";
import type { ArchiveTier } from "../storage-classes/archive.ts";
import { KB } from "../storage-classes/classes.ts";
import type { ObjectVersion } from "../store.ts";
import type { Tiering } from "./store.ts";

/** The minimum size in bytes of objects that are moved between tiers. */
const MIN_BYTES = 128 * KB;

/**
 * Returns the archive tier to which a version that has not been read for long moves now,
 * if any, and when it may next move.
 */
export function tierOf(
  tierings: readonly Tiering[],
  version: ObjectVersion,
  now: number,
): { to?: ArchiveTier; next: number } {
  const { storageClass, archiveTier, restore, size } = version;
  if (storageClass !== "INTELLIGENT_TIERING" || size < MIN_BYTES || restore) return { next: NEVER };
  if (archiveTier === "DEEP_ARCHIVE_ACCESS") return { next: NEVER };
  const lastRead = version.read ?? version.modified;
  let to: ArchiveTier | undefined;
  let next = NEVER;
  for (const { filter, tiers } of tierings) {
    if (!matches(filter, version)) continue;
    for (const tier of tiers) {
      const due = midnightAfter(lastRead + tier.days * DAY_MS);
      if (tier.to === archiveTier) continue;
      if (due > now) next = Math.min(next, due);
      else if (to !== "DEEP_ARCHIVE_ACCESS") to = tier.to;
    }
  }
  return { to, next };
}

/** Returns the minimum number of days after which an object moves to a tier. */
export const minTierDays = (tierings: readonly Tiering[]): number =>
  Math.min(NEVER, ...tierings.flatMap(({ tiers }) => tiers.map(({ days }) => days)));
