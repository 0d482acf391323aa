import type * as Firehose from "#aws/contract/types/firehose.ts";
import { collection, type Place } from "#kernel/records/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/records/transaction.ts";
import { noSuchStream } from "./errors.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface DeliveryStream {
  name: string;
  /** Unique: a stream with the name of a deleted one shares no rows with it. */
  number: number;
  /** Incremented with every change of the destination. */
  version: number;
  source?: StreamSource | undefined;
  throughputHint?: number | undefined;
  destination: Destination;
  isEncrypted: boolean;
  /** The times at which encryption was started or stopped in the last 24 hours. */
  encryptionChanges?: Time[];
  tags: Record<string, string>;
  created: Time;
  updated?: Time | undefined;
}

/** The Kinesis stream that is its source. */
export interface StreamSource {
  arn: string;
  role: string;
  /** Records that arrived at or after this time are delivered. */
  start: Time;
}

/** The settings for objects in a bucket. */
export type ObjectSettings = Firehose.S3DestinationDescription;

export type BucketDestination = Omit<Firehose.ExtendedS3DestinationDescription, "S3BackupDescription"> & {
  kind: "s3";
  backup?: ObjectSettings | undefined;
};

export type EndpointDestination = Omit<
  Firehose.HttpEndpointDestinationDescription,
  "EndpointConfiguration" | "BufferingHints" | "S3DestinationDescription"
> & {
  kind: "http";
  url: string;
  name?: string | undefined;
  /** Encrypted. */
  accessKey?: string | undefined;
  BufferingHints: Required<Firehose.HttpEndpointBufferingHints>;
  retrySeconds: number;
  s3: ObjectSettings;
};

export type Destination = BucketDestination | EndpointDestination;

/**
 * A batch of this age is no longer retried at an endpoint that refuses it. If a bucket refuses a batch for this long, the
 * batch is lost, as AWS documents.
 */
export const MAX_RETRY_MS = 24 * 3_600_000;

/** A batch of records that are delivered together. */
export interface Batch {
  stream: number;
  /** Increases with each batch of a stream. */
  number: number;
  /** Part of the names of its objects, so that a repeated delivery overwrites them. */
  id: string;
  opened: Time;
  /** The time when the batch was closed. */
  closed?: Time | undefined;
  /** The stream's version at that time, which is also part of the names. */
  version?: number | undefined;
  bytes: number;
  records: number;
  /** The number of rows. */
  rows: number;
  isDelivered?: boolean | undefined;
  /** The number of the batch's requests that the endpoint has finished with. */
  posted?: number | undefined;
  /** The time since which the endpoint has failed, and the number of attempts of the current request. */
  failing?: { since: Time; attempts: number } | undefined;
  /** Since when the bucket has refused the batch, and when it was last tried. */
  refused?: Time | undefined;
  lastRefused?: Time | undefined;
}

/** The position in a shard of the source. */
export interface Cursor {
  stream: number;
  shard: string;
  sequence?: string | undefined;
  /** Whether the shard is closed and completely read. */
  isAtEnd?: boolean | undefined;
}

export const streams = collection<DeliveryStream>("firehose/stream", {
  scope: "region",
  key: (s) => [s.name],
});
/** The open batch of each stream. */
export const openBatches = collection<Batch>("firehose/open-batch", {
  scope: "region",
  key: (b) => [b.stream],
});
/** Batches that are being delivered. */
export const closedBatches = collection<Batch>("firehose/closed-batch", {
  scope: "region",
  key: (b) => [b.stream, b.number],
});
/** `[stream, batch, row]`: packed records, which may span rows; encrypted. */
export const rows: Bytes = { name: "firehose/row", scope: "region" };
export const cursors = collection<Cursor>("firehose/cursor", {
  scope: "region",
  key: (c) => [c.stream, c.shard],
});

export const streamArn = ({ account, region }: Place, name: string) =>
  `arn:aws:firehose:${region}:${account}:deliverystream/${name}`;

/** @throws {AwsError} ResourceNotFoundException */
export async function streamAt(tx: ReadTransaction, place: Place, name: string): Promise<DeliveryStream> {
  const stream = await tx.get(streams, [name]);
  if (!stream) throw noSuchStream(name, place.account);
  return stream;
}
