import { collection } from "#kernel/records/collection.ts";

/** A line of an access log that has not been delivered yet. */
export interface LogRecord {
  /** The number of the bucket that was called. */
  bucket: number;
  order: number;
  /** The time of the call, in cloud time. */
  time: number;
  line: string;
}

export const logRecords = collection<LogRecord>("s3/log-record", {
  scope: "partition",
  key: (r) => [r.bucket, r.order],
});

/** How long a record waits for others to be delivered in the same file. S3 delivers within a few hours. */
export const DELIVERY_DELAY_MS = 5 * 60_000;
