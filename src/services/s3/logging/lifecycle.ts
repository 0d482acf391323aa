import { HOST_ID } from "#kernel/calls/host-id.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Action } from "../lifecycle/due.ts";
import type { Bucket, ObjectVersion } from "../store.ts";
import { append } from "./append.ts";
import { lifecycleRecordOf } from "./record.ts";

/**
 * The names of transitions in access logs, by their target class.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html
 */
const TRANSITIONS: Readonly<Record<string, string>> = {
  STANDARD_IA: "S3.TRANSITION_SIA.OBJECT",
  ONEZONE_IA: "S3.TRANSITION_ZIA.OBJECT",
  INTELLIGENT_TIERING: "S3.TRANSITION_INT.OBJECT",
  GLACIER_IR: "S3.TRANSITION_GIR.OBJECT",
  GLACIER: "S3.TRANSITION.OBJECT",
  DEEP_ARCHIVE: "S3.TRANSITION_GDA.OBJECT",
};

/**
 * Logs a lifecycle action on a version, if the bucket has access logs. Moves to archive tiers are not
 * lifecycle actions, and are not logged.
 */
export function logAction(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  version: ObjectVersion,
  action: Action,
): Promise<void> | undefined {
  if (!bucket.logging) return undefined;
  const { key, versionId, size, deleteMarker } = version;
  const named = bucket.versioning === undefined ? { key } : { key, versionId };
  const sized = deleteMarker ? named : { ...named, size };
  switch (action.does) {
    case "remove":
      return log(ctx, tx, bucket, { operation: "S3.EXPIRE.OBJECT", ...sized });
    case "hide":
      return log(ctx, tx, bucket, { operation: "S3.CREATE.DELETEMARKER", key });
    case "transition": {
      const operation = TRANSITIONS[action.to];
      return operation === undefined ? undefined : log(ctx, tx, bucket, { operation, ...sized });
    }
  }
}

/** Logs that a lifecycle rule aborted an upload. */
export function logAbort(
  ctx: Context,
  tx: Transaction,
  bucket: Bucket,
  key: string,
): Promise<void> | undefined {
  if (bucket.logging) return log(ctx, tx, bucket, { operation: "S3.DELETE.UPLOAD", key });
}

interface Done {
  operation: string;
  key: string;
  versionId?: string;
  size?: number;
}

function log(ctx: Context, tx: Transaction, bucket: Bucket, done: Done): Promise<void> {
  const time = tx.now();
  const ids = { requestId: ctx.requestId, hostId: HOST_ID };
  return append(tx, bucket, time, [lifecycleRecordOf(bucket, { ...done, ...ids, time })]);
}
