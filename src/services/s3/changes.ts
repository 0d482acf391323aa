import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { notify } from "./notifications/notify.ts";
import { follow } from "./replication/follow.ts";
import type { Bucket, ObjectVersion } from "./store.ts";

/**
 * What can happen to an object, named as S3's event types without `s3:`.
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
  /** A legal hold, which is no event type of S3. Replication needs it. */
  | "ObjectLegalHold:Put";

export interface Change {
  event: ChangeEvent;
  /** As it is now; if it was deleted, as it was. */
  version: ObjectVersion;
  /** For a restore: until when the restored copy stays, cloud time. */
  restoredUntil?: number;
  /** For a transition: the class, or tier, that it goes to. */
  to?: string;
  /** For an annotation: its name, and if it was put its size and ETag. */
  annotation?: { name: string; size?: number; etag?: string };
  /** For a replication: its source, its destination and its result. */
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
 * Called for everything that happens to an object, in the transaction in which it happens. Notifications and
 * replication begin their work here. For a bucket with neither it costs nothing.
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
