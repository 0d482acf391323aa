import type * as Firehose from "#aws/contract/types/firehose.ts";
import { collection, type Place } from "#kernel/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/transaction.ts";
import { noSuchStream } from "./errors.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface DeliveryStream {
  name: string;
  /** Never used twice: a stream made anew has nothing of the old one's. */
  number: number;
  /** Raised with every change of the destination. */
  version: number;
  source?: StreamSource | undefined;
  throughputHint?: number | undefined;
  destination: Destination;
  isEncrypted: boolean;
  tags: Record<string, string>;
  created: Time;
  updated?: Time | undefined;
}

/** The Kinesis stream that feeds it. */
export interface StreamSource {
  arn: string;
  role: string;
  /** Records that arrived from then on are delivered. */
  start: Time;
}

/** What every object that is written goes by. */
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
  /** Sealed. */
  accessKey?: string | undefined;
  BufferingHints: Required<Firehose.HttpEndpointBufferingHints>;
  retrySeconds: number;
  s3: ObjectSettings;
};

export type Destination = BucketDestination | EndpointDestination;

/**
 * A batch that is older is not left to an endpoint that refuses it. A bucket that refuses one for so long is given up: the
 * batch is lost then, as AWS documents.
 */
export const LONGEST_MS = 24 * 3_600_000;

/** Records that are delivered together. */
export interface Batch {
  stream: number;
  /** Grows from batch to batch of a stream. */
  number: number;
  /** Stands in the names of its objects, so that a delivery that is run again writes them over. */
  id: string;
  opened: Time;
  /** When nothing more was taken in. */
  closed?: Time | undefined;
  /** The stream's version then. It stands in the names, too. */
  version?: number | undefined;
  bytes: number;
  records: number;
  /** How many rows hold them. */
  rows: number;
  isDelivered?: boolean | undefined;
  /** How many of the requests that it is sent in an endpoint is done with. */
  posted?: number | undefined;
  /** Since when the endpoint has taken nothing, and how often it was sent the next one. */
  failing?: { since: Time; attempts: number } | undefined;
  /** Since when the bucket has taken nothing, and when it was tried last. */
  refused?: Time | undefined;
  lastRefused?: Time | undefined;
}

/** How far a shard of the source has been read. */
export interface Cursor {
  stream: number;
  shard: string;
  sequence?: string | undefined;
  /** The shard is closed, and nothing is left in it. */
  isAtEnd?: boolean | undefined;
}

export const streams = collection<DeliveryStream>("firehose/stream", {
  scope: "region",
  key: (s) => [s.name],
});
/** The batch of each stream that takes records in. */
export const openBatches = collection<Batch>("firehose/open-batch", {
  scope: "region",
  key: (b) => [b.stream],
});
/** Those on their way. */
export const closedBatches = collection<Batch>("firehose/closed-batch", {
  scope: "region",
  key: (b) => [b.stream, b.number],
});
/** `[stream, batch, row]`: frames of records, one behind the other across rows; sealed. */
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
