import { collection } from "#kernel/collection.ts";

/** One line of an access log that is not delivered yet. */
export interface LogRecord {
  /** The number of the bucket that was asked. */
  bucket: number;
  order: number;
  /** When it was asked, cloud time. */
  time: number;
  line: string;
}

export const logRecords = collection<LogRecord>("s3/log-record", {
  scope: "partition",
  key: (r) => [r.bucket, r.order],
});

/** S3 promises hours at most; a record waits this long for others to share its file. */
export const DELIVERY_DELAY_MS = 5 * 60_000;
