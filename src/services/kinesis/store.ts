import { parseArn } from "#aws/arn.ts";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { collection, type Place } from "#kernel/records/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/records/transaction.ts";
import { invalid, noStreamIds, noSuchStream, notActive } from "./errors.ts";

/** The maximum rows of one range. */
const MAX_LISTED = 1_000;

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Stream {
  name: string;
  /** Unique: a stream with the name of a deleted one shares no rows with it. */
  number: number;
  mode: Kinesis.StreamMode;
  retentionHours: number;
  /** Records before this time had expired when the retention was increased. */
  gone?: Time | undefined;
  /** The index of the next shard. */
  nextShard: number;
  openShards: number;
  /** The target of a scaling in progress. */
  goal?: Goal | undefined;
  maxRecordKib: number;
  /** For on-demand streams; by partition keys by default. */
  distribution?: Kinesis.RecordDistributionStrategy | undefined;
  monitoring: Kinesis.MetricsName[];
  encryption?: { key: string } | undefined;
  policy?: string | undefined;
  tags: Record<string, string>;
  created: Time;
  /** The times of changes in the last 24 hours: of the mode, of the shard count, and of the encryption. */
  modeChanges?: Time[] | undefined;
  scalings?: Time[] | undefined;
  encryptions?: Time[] | undefined;
  decryptions?: Time[] | undefined;
}

/** A target number of shards with equal ranges, and how many of them are done. */
export interface Goal {
  count: number;
  done: number;
}

export interface Shard {
  stream: number;
  /** Its index among all shards that the stream ever had. */
  index: number;
  parent?: number | undefined;
  adjacentParent?: number | undefined;
  /** The range of 128-bit hashes, in decimal, both ends inclusive. */
  from: string;
  to: string;
  created: Time;
  /** The creation time in its sequence numbers, if that must be later. */
  began?: Time | undefined;
  /** The partition's number at its beginning and, if it is closed, at its end. */
  first: number;
  last?: number | undefined;
  /** The time when it was closed. */
  closed?: Time | undefined;
}

export interface Consumer {
  stream: string;
  name: string;
  created: Time;
  tags?: Record<string, string> | undefined;
  policy?: string | undefined;
}

/** The account's billing settings in a Region. */
export interface AccountSettings {
  started: Time;
  /** The earliest end of the commitment. */
  earliestEnd: Time;
  /** Whether the commitment ends at its earliest end. */
  isEnding: boolean;
}

export const streams = collection<Stream>("kinesis/stream", {
  scope: "region",
  hot: true,
  key: (s) => [s.name],
});
export const shards = collection<Shard>("kinesis/shard", {
  scope: "region",
  key: (s) => [s.stream, s.index],
});
export const consumers = collection<Consumer>("kinesis/consumer", {
  scope: "region",
  key: (c) => [c.stream, c.name],
});

export const accountSettings = collection<AccountSettings>("kinesis/account-settings", {
  scope: "region",
  key: () => [],
});

/** `[stream, shard, number]`, in order of arrival: the records that one call wrote to one shard. */
export const recordRows: Bytes = { name: "kinesis/record", scope: "region" };

/** `[stream, shard, number, part]`: the rest of a record that is too large for its row. */
export const restRows: Bytes = { name: "kinesis/rest", scope: "region" };

export const streamArn = ({ account, region }: Place, name: string) =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

export const isConsumerArn = (arn: string): boolean =>
  /^stream\/[^/]+\/consumer\//.test(parseArn(arn)?.resource ?? "");

/** The parameters that name a stream. */
export interface Named {
  StreamName?: string | undefined;
  StreamARN?: string | undefined;
  StreamId?: string | undefined;
}

/** @throws {AwsError} InvalidArgumentException */
export function nameOf({ StreamName, StreamARN, StreamId }: Named): string {
  if (StreamId !== undefined) throw noStreamIds();
  const name = StreamARN === undefined ? StreamName : parseArn(StreamARN)?.resource.split("/")[1];
  if (name === undefined) throw invalid("Missing StreamName or StreamARN");
  if (StreamName !== undefined && StreamName !== name)
    throw invalid("StreamName and StreamARN must be the same stream");
  return name;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function streamAt(tx: ReadTransaction, place: Place, named: Named): Promise<Stream> {
  const name = nameOf(named);
  const stream = await tx.get(streams, [name]);
  if (!stream) throw noSuchStream(name, place.account);
  return stream;
}

export const statusOf = ({ goal }: Stream) => (goal ? ("UPDATING" as const) : ("ACTIVE" as const));

/** A stream that can be changed. @throws {AwsError} ResourceInUseException while another change is under way */
export async function activeAt(tx: ReadTransaction, place: Place, named: Named): Promise<Stream> {
  const stream = await streamAt(tx, place, named);
  const status = statusOf(stream);
  if (status !== "ACTIVE") throw notActive(stream.name, place.account, status);
  return stream;
}

/** Checks the creation time that a caller may give to distinguish a stream from earlier ones of its name. @throws {AwsError} */
export function checkCreation(
  { account }: Place,
  { name, created }: Stream,
  creation: Date | undefined,
): void {
  const isOther =
    creation !== undefined && Math.floor(creation.getTime() / 1_000) !== Math.floor(created / 1_000);
  if (isOther) throw noSuchStream(name, account);
}

/** The shards that may contain records, oldest first. */
export const shardsOf = (tx: ReadTransaction, stream: Stream): Promise<Shard[]> => shardsBehind(tx, stream);

/** A number of shards after an index. */
export async function shardsBehind(
  tx: ReadTransaction,
  stream: Stream,
  index = -1,
  most = Number.POSITIVE_INFINITY,
): Promise<Shard[]> {
  const retained: Shard[] = [];
  for (let last = index; ; ) {
    const limit = Math.min(MAX_LISTED, most - retained.length);
    const page = await tx.list(shards, { in: [stream.number], from: [last + 1], limit });
    retained.push(...page.filter((shard) => !isExpired(stream, shard, tx.now())));
    if (page.length < limit || retained.length === most) return retained;
    last = page.at(-1)!.index;
  }
}

/**
 * Whether a closed shard's last record is older than the retention: such a shard is not listed.
 * https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
 */
export const isExpired = (stream: Stream, { closed }: Shard, now: Time): boolean =>
  closed !== undefined && closed < horizonOf(stream, now);

/** The trim horizon: earlier records have expired. */
export const horizonOf = ({ retentionHours, gone = 0 }: Stream, now: Time): Time =>
  Math.max(gone, now - retentionHours * 3_600_000);

/** Kinesis reports times of resources in whole seconds, and those of records in milliseconds. */
export const wholeSecond = (time: Time): Date => new Date(Math.floor(time / 1_000) * 1_000);

export const isOpen = ({ last }: Shard) => last === undefined;
