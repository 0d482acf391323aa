import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { ChangeEvent } from "../changes.ts";
import { type Bucket, buckets, type ObjectVersion } from "../store.ts";
import { findVersion } from "../versions.ts";
import { isPermitted } from "./permitted.ts";
import { destinationOf } from "./rules.ts";
import type { Rule } from "./store.ts";

/** The replication of one version to one destination. */
export interface Task {
  /** The source bucket's name. */
  bucket: string;
  key: string;
  versionId: string;
  rule: Rule;
  /** The event that caused the replication. Absent in tasks that earlier versions of Nube stored. */
  event?: ChangeEvent;
  /** The ARN of the role that S3 assumes for replication. */
  role: string;
  /** The time of the change, in cloud time. */
  requested: number;
}

export interface Source {
  bucket: Bucket;
  version: ObjectVersion;
}

/** Returns the source, or `undefined` if the version is deleted and there is nothing to replicate. */
export async function sourceOf(
  tx: ReadTransaction,
  { bucket: name, key, versionId }: Task,
): Promise<Source | undefined> {
  const bucket = await tx.get(buckets, [name]);
  const version = bucket && (await findVersion(tx, bucket, key, versionId));
  return version && { bucket, version };
}

/** Returns the destination bucket, or S3's failure reason if it cannot be replicated to. */
export async function destinationAt(
  tx: ReadTransaction,
  { bucket: source, version }: Source,
  { rule, role }: Task,
): Promise<Bucket | string> {
  const bucket = await tx.get(buckets, [destinationOf(rule)]);
  if (!bucket) return "DstBucketNotFound";
  if (bucket.versioning !== "Enabled") return "DstBucketUnversioned";
  const { Account } = rule.Destination;
  if (Account !== undefined && Account !== bucket.owner) return "DstBucketNotFound";
  if (!isPermitted(role, source, bucket, version))
    return version.deleteMarker ? "DstDelObjNotPermitted" : "DstPutObjectNotPermitted";
  return source.objectLock && !bucket.objectLock ? "DstBucketObjectLockConfigMissing" : bucket;
}
