import type { ReadTransaction } from "#kernel/transaction.ts";
import { noSuchBucket } from "../errors.ts";
import { type Bucket, buckets } from "../store.ts";

/** @throws {AwsError} NoSuchBucket */
export async function bucketAt(tx: ReadTransaction, name: string): Promise<Bucket> {
  const bucket = await tx.get(buckets, [name]);
  if (!bucket) throw noSuchBucket(name);
  return bucket;
}

export const bucketArn = (name: string) => `arn:aws:s3:::${name}`;
export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
