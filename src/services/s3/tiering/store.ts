import type { IntelligentTieringConfiguration } from "#aws/contract/types/s3.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { configuration } from "../buckets/configurations.ts";
import { type Filter, filterOf } from "../lifecycle/filter.ts";
import type { ArchiveTier } from "../storage-classes/archive.ts";
import type { Bucket } from "../store.ts";

export const tieringConfigurations = configuration<IntelligentTieringConfiguration>("intelligent-tiering");

/** An enabled configuration in parsed form. */
export interface Tiering {
  filter: Filter;
  /** The number of days without a read after which an object moves to each tier. */
  tiers: { to: ArchiveTier; days: number }[];
}

export async function tieringsOf(tx: ReadTransaction, bucket: Bucket): Promise<Tiering[]> {
  const all = await tieringConfigurations.list(tx, bucket);
  return all
    .filter(({ Status }) => Status === "Enabled")
    .map(({ Filter: filter, Tierings }) => ({
      filter: filterOf({ Filter: filter, Status: "Enabled" }),
      tiers: Tierings.map(({ AccessTier, Days }) => ({ to: AccessTier as ArchiveTier, days: Days })),
    }));
}
