import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { type Bucket, buckets } from "../store.ts";
import { type Tiering, tieringsOf } from "../tiering/store.ts";
import { type LifecycleDocument, lifecycles, type Rule, rulesOf } from "./rules.ts";

/** All configurations that act on a bucket's versions by age. */
export interface Plan {
  bucket: Bucket;
  rules: readonly Rule[];
  minimum: LifecycleDocument["minimum"];
  tierings: readonly Tiering[];
}

/** Returns `undefined` if the bucket is deleted or no configuration acts on it. */
export async function planOf(
  tx: ReadTransaction,
  { name, id }: Pick<Bucket, "name" | "id">,
): Promise<Plan | undefined> {
  const bucket = await tx.get(buckets, [name]);
  if (bucket?.id !== id || !bucket.ages) return undefined;
  const document = bucket.lifecycle && (await lifecycles.get(tx, bucket));
  return {
    bucket,
    rules: document ? rulesOf(document) : [],
    minimum: document ? document.minimum : "all_storage_classes_128K",
    tierings: bucket.tiers ? await tieringsOf(tx, bucket) : [],
  };
}
