import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { notify } from "./notifications/notify.ts";
import { follow } from "./replication/follow.ts";
import type { Bucket, ObjectVersion } from "./store.ts";

/**
 * The kinds of changes to an object, which are S3's event types without `s3:`.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
 */
export type ChangeEvent =
  | "ObjectCreated:Put"
  | "ObjectCreated:Post"
  | "ObjectCreated:Copy"
  | "ObjectCreated:CompleteMultipartUpload"
  | "ObjectRemoved:Delete"
  | "ObjectRemoved:DeleteMarkerCreated"
  | "ObjectRestore:Post"
  | "ObjectRestore:Completed"
  | "ObjectRestore:Delete"
  | "ReducedRedundancyLostObject"
  | "Replication:OperationFailedReplication"
  | "Replication:OperationMissedThreshold"
  | "Replication:OperationReplicatedAfterThreshold"
  | "Replication:OperationNotTracked"
  | "LifecycleExpiration:Delete"
  | "LifecycleExpiration:DeleteMarkerCreated"
  | "LifecycleTransition"
  | "IntelligentTiering"
  | "ObjectTagging:Put"
  | "ObjectTagging:Delete"
  | "ObjectAnnotation:Put"
  | "ObjectAnnotation:Delete"
  | "ObjectAcl:Put"
  | "ObjectRetention:Put"
  /** A change of the legal hold. It is not an event type of S3, but is replicated. */
  | "ObjectLegalHold:Put";

export interface Change {
  event: ChangeEvent;
  /** The version after the change, or before its deletion. */
  version: ObjectVersion;
  /** For a restore: the expiry of the restored copy, in cloud time. */
  restoredUntil?: number;
  /** For a transition: the target storage class or tier. */
  to?: string;
  /** For an annotation: its name, and unless it was deleted its size and ETag. */
  annotation?: { name: string; size?: number; etag?: string };
  /** For a replication: its rule, its destination and its result. */
  replication?: ReplicationOutcome;
}

/** The result of a replication, with members as in events. */
export interface ReplicationOutcome {
  replicationRuleId: string;
  /** The ARN of the bucket. */
  destinationBucket: string;
  s3Operation: "OBJECT_PUT" | "OBJECT_DELETE";
  /** ISO 8601. */
  requestTime: string;
  failureReason?: string;
  threshold?: number;
  replicationTime?: number;
}

/**
 * Publishes a change to an object, in the transaction that makes it: enqueues notifications and replication.
 * For a bucket with neither, it does nothing.
 */
export function announce(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  change: Change,
): Promise<void> | undefined {
  if (!bucket.notifies && !bucket.replicates) return undefined;
  return dispatch(ctx, tx, bucket, change);
}

async function dispatch(ctx: Context, tx: Transaction, bucket: Bucket, change: Change): Promise<void> {
  if (bucket.notifies) await notify(ctx, tx, bucket, change);
  if (bucket.replicates) await follow(tx, bucket, change);
}
