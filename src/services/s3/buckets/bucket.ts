import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { accessPointAt } from "../access-points/addresses.ts";
import type { AccessPoint } from "../access-points/store.ts";
import { type Bucket, buckets } from "../store.ts";
import { invalidBucketName, noSuchBucket } from "./errors.ts";
import { wasEverValidName } from "./names.ts";

/**
 * Returns a bucket by its name or by that of an access point.
 * @throws {AwsError} NoSuchBucket, InvalidBucketName
 */
export function bucketAt(tx: ReadTransaction, name: string): MaybePromise<Bucket> {
  return whenReady(
    tx.get(buckets, [name]),
    (named) => named ?? bucketAndAccessPoint(tx, name).then(({ bucket }) => bucket),
  );
}

/** Like `bucketAt`, but also returns the access point if the name is that of one. */
export async function bucketAndAccessPoint(
  tx: ReadTransaction,
  name: string,
): Promise<{ bucket: Bucket; accessPoint?: AccessPoint }> {
  const named = await tx.get(buckets, [name]);
  if (named) return { bucket: named };
  const accessPoint = await accessPointAt(tx, name);
  const bucket = accessPoint && (await tx.get(buckets, [accessPoint.bucket]));
  if (!bucket) throw wasEverValidName(name) ? noSuchBucket(name) : invalidBucketName(name);
  return { bucket, accessPoint };
}

export const bucketArn = (name: string) => `arn:aws:s3:::${name}`;

/** Returns the ARN of a directory bucket, which has its account and Region. */
export const directoryArn = ({ region, owner, name }: Pick<Bucket, "region" | "owner" | "name">) =>
  `arn:aws:s3express:${region}:${owner}:bucket/${name}`;

/** Returns the ARN of a bucket of either kind. */
export const arnOf = (bucket: Bucket) =>
  bucket.zone === undefined ? bucketArn(bucket.name) : directoryArn(bucket);

export const objectArn = (bucket: string, key: string) => `arn:aws:s3:::${bucket}/${key}`;
