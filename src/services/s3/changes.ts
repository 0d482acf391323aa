import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { notify } from "./notifications/notify.ts";
import { follow } from "./replication/follow.ts";
import type { Bucket, ObjectVersion } from "./store.ts";

/**
 * What can happen to an object, by the names of S3's event types without their `s3:`.
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
  /** A legal hold. No event type of S3's: only replication hears of it. */
  | "ObjectLegalHold:Put";

export interface Change {
  event: ChangeEvent;
  /** As it is now; or, where it went, as it was. */
  version: ObjectVersion;
  /** Of a restore: until when the restored copy stays, cloud time. */
  restoredUntil?: number;
  /** Of a transition: the class, or tier, that it goes to. */
  to?: string;
  /** Of an annotation: its name, and of one that was put its size and ETag. */
  annotation?: { name: string; size?: number; etag?: string };
  /** Of a replication: what of, whither, and how it went. */
  replication?: ReplicationOutcome;
}

/** Members as events carry them. */
export interface ReplicationOutcome {
  replicationRuleId: string;
  /** Its ARN. */
  destinationBucket: string;
  s3Operation: "OBJECT_PUT" | "OBJECT_DELETE";
  /** ISO 8601. */
  requestTime: string;
  failureReason?: string;
  threshold?: number;
  replicationTime?: number;
}

/**
 * Told, inside the transaction that does it, of everything that happens to an object. From here notifications and
 * replication take their work; a bucket that has neither pays nothing.
 */
export function announce(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  change: Change,
): Promise<void> | undefined {
  if (!bucket.notifies && !bucket.replicates) return undefined;
  return tell(ctx, tx, bucket, change);
}

async function tell(ctx: Context, tx: Transaction, bucket: Bucket, change: Change): Promise<void> {
  if (bucket.notifies) await notify(ctx, tx, bucket, change);
  if (bucket.replicates) await follow(tx, bucket, change);
}
