import { parseArn } from "#aws/arn.ts";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { collection, type Place } from "#kernel/collection.ts";
import type { Bytes, ReadTransaction } from "#kernel/transaction.ts";
import { invalid, noStreamIds, noSuchStream, notActive } from "./errors.ts";

/** Of one range. */
const MAX_LISTED = 1_000;

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Stream {
  name: string;
  /** Never used twice: a stream made anew has nothing of the old one's. */
  number: number;
  mode: Kinesis.StreamMode;
  retentionHours: number;
  /** What came before then had expired when the retention was made longer. */
  gone?: Time | undefined;
  /** Of the next shard. */
  nextShard: number;
  openShards: number;
  /** While it is on its way there. */
  goal?: Goal | undefined;
  maxRecordKib: number;
  /** Of a stream on demand; by partition keys unless set. */
  distribution?: Kinesis.RecordDistributionStrategy | undefined;
  monitoring: Kinesis.MetricsName[];
  encryption?: { key: string } | undefined;
  policy?: string | undefined;
  tags: Record<string, string>;
  created: Time;
  /** When its mode, and the number of its shards, were changed in the last 24 hours. */
  modeChanges?: Time[] | undefined;
  scalings?: Time[] | undefined;
}

/** So many shards in equal shares, of which the first ones are done. */
export interface Goal {
  count: number;
  done: number;
}

export interface Shard {
  stream: number;
  /** Its place among all shards that the stream ever had. */
  index: number;
  parent?: number | undefined;
  adjacentParent?: number | undefined;
  /** Decimal, both inclusive: of 128 bits. */
  from: string;
  to: string;
  created: Time;
  /** What its sequence numbers say of that, where it must be later. */
  began?: Time | undefined;
  /** The partition's number at which it began and, once it is closed, ended. */
  first: number;
  last?: number | undefined;
  /** When it was closed. */
  closed?: Time | undefined;
}

export interface Consumer {
  stream: string;
  name: string;
  created: Time;
  tags?: Record<string, string> | undefined;
  policy?: string | undefined;
}

/** The account's choices of billing in a Region. */
export interface AccountSettings {
  started: Time;
  /** Before then a commitment does not end. */
  earliestEnd: Time;
  /** It is to end as soon as it may. */
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

/** `[stream, shard, number]`, in order of arrival: what one call brought to one shard. */
export const recordRows: Bytes = { name: "kinesis/record", scope: "region" };

/** `[stream, shard, number, part]`: what of a large record is too much for its row. */
export const restRows: Bytes = { name: "kinesis/rest", scope: "region" };

export const streamArn = ({ account, region }: Place, name: string) =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

export const isConsumerArn = (arn: string): boolean =>
  /^stream\/[^/]+\/consumer\//.test(parseArn(arn)?.resource ?? "");

/** A stream as callers name it. */
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

/** One that may be changed. @throws {AwsError} ResourceInUseException while another change is under way */
export async function activeAt(tx: ReadTransaction, place: Place, named: Named): Promise<Stream> {
  const stream = await streamAt(tx, place, named);
  const status = statusOf(stream);
  if (status !== "ACTIVE") throw notActive(stream.name, place.account, status);
  return stream;
}

/** A caller may give the time of creation, to distinguish the stream from earlier ones of its name. @throws {AwsError} */
export function checkCreation(
  { account }: Place,
  { name, created }: Stream,
  creation: Date | undefined,
): void {
  const isOther =
    creation !== undefined && Math.floor(creation.getTime() / 1_000) !== Math.floor(created / 1_000);
  if (isOther) throw noSuchStream(name, account);
}

/** Those that records may be in, in the order in which they came. */
export const shardsOf = (tx: ReadTransaction, stream: Stream): Promise<Shard[]> => shardsBehind(tx, stream);

/** So many of them, behind the one of an index. */
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
 * A closed one whose last record is older than the stream keeps it: it is not listed any more.
 * https://docs.aws.amazon.com/streams/latest/dev/kinesis-using-sdk-java-after-resharding.html
 */
export const isExpired = (stream: Stream, { closed }: Shard, now: Time): boolean =>
  closed !== undefined && closed < horizonOf(stream, now);

/** What came before then is there no more. */
export const horizonOf = ({ retentionHours, gone = 0 }: Stream, now: Time): Time =>
  Math.max(gone, now - retentionHours * 3_600_000);

/** Kinesis gives times of resources in whole seconds, and only those of records in milliseconds. */
export const wholeSecond = (time: Time): Date => new Date(Math.floor(time / 1_000) * 1_000);

export const isOpen = ({ last }: Shard) => last === undefined;
