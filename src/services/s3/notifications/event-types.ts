import type { ChangeEvent } from "../changes.ts";

const TYPES = new Set([
  "s3:ReducedRedundancyLostObject",
  "s3:ObjectCreated:*",
  "s3:ObjectCreated:Put",
  "s3:ObjectCreated:Post",
  "s3:ObjectCreated:Copy",
  "s3:ObjectCreated:CompleteMultipartUpload",
  "s3:ObjectRemoved:*",
  "s3:ObjectRemoved:Delete",
  "s3:ObjectRemoved:DeleteMarkerCreated",
  "s3:ObjectRestore:*",
  "s3:ObjectRestore:Post",
  "s3:ObjectRestore:Completed",
  "s3:ObjectRestore:Delete",
  "s3:Replication:*",
  "s3:Replication:OperationFailedReplication",
  "s3:Replication:OperationNotTracked",
  "s3:Replication:OperationMissedThreshold",
  "s3:Replication:OperationReplicatedAfterThreshold",
  "s3:LifecycleTransition",
  "s3:LifecycleExpiration:*",
  "s3:LifecycleExpiration:Delete",
  "s3:LifecycleExpiration:DeleteMarkerCreated",
  "s3:IntelligentTiering",
  "s3:ObjectTagging:*",
  "s3:ObjectTagging:Put",
  "s3:ObjectTagging:Delete",
  "s3:ObjectAnnotation:*",
  "s3:ObjectAnnotation:Put",
  "s3:ObjectAnnotation:Delete",
  "s3:ObjectAcl:Put",
  "s3:ObjectRetention:Put",
]);

/** Whether a configuration may contain the event type. */
export const isEventType = (type: string): boolean => TYPES.has(type);

/** Whether an event type includes an event; `s3:ObjectCreated:*` includes all events with that prefix. */
export function covers(type: string, event: ChangeEvent): boolean {
  return within(type, `s3:${event}`);
}

export function shareEvents(one: string, other: string): boolean {
  return within(one, other) || within(other, one);
}

const within = (type: string, other: string) =>
  type === other || (type.endsWith("*") && other.startsWith(type.slice(0, -1)));
