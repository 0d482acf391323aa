import { collection } from "#kernel/records/collection.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Bucket } from "../store.ts";

/**
 * A configuration of a bucket as its owner sent it, such as lifecycle rules, a website, or an inventory.
 * Configurations that nearly every call needs are in `Bucket` itself.
 */
interface Configuration {
  /** The bucket's number. */
  bucket: number;
  kind: string;
  /** The id, for kinds of which a bucket may have several; otherwise empty. */
  id: string;
  document: unknown;
}

const configurations = collection<Configuration>("s3/configuration", {
  scope: "partition",
  key: (c) => [c.bucket, c.kind, c.id],
  hot: true,
});

/** Access to one kind of configuration. */
export interface ConfigurationKind<T> {
  get(tx: ReadTransaction, bucket: Bucket, id?: string): MaybePromise<T | undefined>;
  put(tx: Transaction, bucket: Bucket, document: T, id?: string): void;
  delete(tx: Transaction, bucket: Bucket, id?: string): void;
  /** Returns at most 1,000 configurations in the order of their ids; S3 allows no more of any kind. */
  list(tx: ReadTransaction, bucket: Bucket): Promise<T[]>;
}

export function configuration<T>(kind: string): ConfigurationKind<T> {
  return {
    get: (tx, bucket, id = "") =>
      whenReady(tx.get(configurations, [bucket.id, kind, id]), (found) => found?.document as T | undefined),
    put: (tx, bucket, document, id = "") => tx.put(configurations, { bucket: bucket.id, kind, id, document }),
    delete: (tx, bucket, id = "") => tx.delete(configurations, [bucket.id, kind, id]),
    async list(tx, bucket) {
      const found = await tx.list(configurations, { in: [bucket.id, kind], limit: 1_000 });
      return found.map(({ document }) => document as T);
    },
  };
}

/** Deletes all configurations of a deleted bucket. */
export async function deleteConfigurations(tx: Transaction, bucket: Bucket): Promise<void> {
  for (;;) {
    const found = await tx.list(configurations, { in: [bucket.id], limit: 1_000 });
    for (const { kind, id } of found) tx.delete(configurations, [bucket.id, kind, id]);
    if (found.length < 1_000) return;
  }
}
