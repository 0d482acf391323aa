import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { expiredIterator, invalid, noSuchStream } from "../errors.ts";
import {
  indexIn,
  isSequenceNumber,
  numberIn,
  sequenceNumber,
  sequenceNumbers,
  shardId,
} from "../shards/sequence.ts";
import { shardAt } from "../shards/shards.ts";
import {
  isOpen,
  recordRows,
  restRows,
  type Shard,
  type Stream,
  shards,
  shardsOf,
  streamAt,
  streams,
} from "../store.ts";
import { arrivalOf, recordStored, sealOf } from "./rows.ts";

const ITERATOR_MS = 300_000;
const MOST_BYTES = 10 * 2 ** 20;
const PURPOSE = "kinesis/iterator";
const PAGE = 1_000;
/** Of the first look into a shard, when nothing is known of how large its records are. */
const FIRST_PAGE = 64;

interface Iterator {
  stream: string;
  number: number;
  shard: number;
  /** The last number that was read. */
  after: number;
  until: number;
}

export const reading = {
  async GetShardIterator(ctx, input) {
    const { stream, shard } = await ctx.read(async (tx) => {
      const found = await streamAt(tx, ctx, input);
      return { stream: found, shard: await shardAt(tx, ctx, found, input.ShardId) };
    });
    checkPosition(input);
    const after = await positionOf(ctx, stream, shard, {
      Type: input.ShardIteratorType,
      ...(input.StartingSequenceNumber !== undefined && { SequenceNumber: input.StartingSequenceNumber }),
      ...(input.Timestamp && { Timestamp: input.Timestamp }),
    });
    return { ShardIterator: iterator(ctx, stream, shard, after) };
  },

  async GetRecords(ctx, { ShardIterator, Limit = 10_000 }) {
    const at = iteratorIn(ctx, ShardIterator);
    const now = ctx.clock.now();
    if (at.until < now) throw expiredIterator(now, at.until - ITERATOR_MS, ITERATOR_MS);
    return ctx.read(async (tx) => {
      const stream = await tx.get(streams, [at.stream]);
      if (stream?.number !== at.number) throw noSuchStream(at.stream, ctx.account);
      const shard = await tx.get(shards, [stream.number, at.shard]);
      if (!shard) throw invalid("The shard of the iterator is gone.");
      const { records, after, behind } = await recordsBehind(tx, stream, shard, at.after, Limit);
      const isAtEnd =
        !isOpen(shard) && behind === 0 && after >= at.after && !(await hasMore(tx, stream, shard, after));
      return {
        Records: records,
        NextShardIterator: isAtEnd ? undefined : iterator(ctx, stream, shard, after),
        MillisBehindLatest: behind,
        ChildShards: isAtEnd ? await childrenOf(tx, stream, shard) : undefined,
      };
    });
  },
} satisfies Handlers<"kinesis">;

/**
 * The number behind which a reading begins.
 * @throws {AwsError} InvalidArgumentException
 */
export async function positionOf(
  ctx: Context,
  stream: Stream,
  shard: Shard,
  { Type: type, SequenceNumber, Timestamp }: Kinesis.StartingPosition,
): Promise<number> {
  switch (type) {
    case "TRIM_HORIZON":
      return 0;
    case "LATEST": {
      const [last] = await ctx.read((tx) =>
        tx.listBytes(recordRows, { in: [stream.number, shard.index], reverse: true, limit: 1 }),
      );
      return last ? recordStored(last).number : shard.first;
    }
    case "AT_TIMESTAMP":
      if (!Timestamp)
        throw invalid(
          "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current value: null",
        );
      if (Timestamp.getTime() > ctx.clock.now())
        throw invalid(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${Timestamp.getTime()}, currentTimestampInMillis: ${ctx.clock.now()}`,
        );
      return beforeTime(ctx, stream, shard, Timestamp.getTime());
    default: {
      if (SequenceNumber === undefined) throw positionMismatch(type!, "no");
      const number = numberOf(ctx, stream, shard, SequenceNumber);
      return type === "AT_SEQUENCE_NUMBER" ? number - 1 : number;
    }
  }
}

/** @throws {AwsError} InvalidArgumentException */
function checkPosition({
  ShardIteratorType: type,
  StartingSequenceNumber,
}: Kinesis.GetShardIteratorInput): void {
  if (StartingSequenceNumber !== undefined && (type === "TRIM_HORIZON" || type === "LATEST"))
    throw positionMismatch(type, "also a");
}

const positionMismatch = (type: string, has: "no" | "also a") =>
  invalid(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${has} StartingSequenceNumber.`,
  );

/** What a sequence number says of the shard's records. @throws {AwsError} InvalidArgumentException */
function numberOf(ctx: Context, stream: Stream, shard: Shard, text: string): number {
  const told = `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shardId(shard.index)} in stream ${stream.name} under account ${ctx.account} is invalid`;
  if (!isSequenceNumber(text)) throw invalid(`${told}.`);
  const number = numberIn(shard, text);
  if (number === undefined)
    throw invalid(
      `Invalid StartingSequenceNumber. It encodes ${shardId(indexIn(text))}, while it was used in a call to a shard with ${shardId(shard.index)}`,
    );
  if (text !== sequenceNumber(shard, number) || number < shard.first)
    throw invalid(`${told} because it did not come from this stream.`);
  return number;
}

/** Page by page, so that others have their turn meanwhile. */
async function beforeTime(ctx: Context, stream: Stream, shard: Shard, time: number): Promise<number> {
  for (let after = 0; ; ) {
    const rows = await ctx.read((tx) =>
      tx.listBytes(recordRows, { in: [stream.number, shard.index], after: [after], limit: PAGE }),
    );
    const at = rows.findIndex(({ value }) => arrivalOf(value) >= time);
    if (at > 0) return recordStored(rows[at - 1]!).number;
    if (at === 0) return after;
    const last = rows.at(-1);
    if (last) after = recordStored(last).number;
    if (rows.length < PAGE) return after;
    await new Promise(setImmediate);
  }
}

/** Up to 10 MiB of records, and how many milliseconds the last of them lies behind the newest. */
export async function recordsBehind(
  tx: ReadTransaction,
  stream: Stream,
  shard: Shard,
  from: number,
  limit: number,
): Promise<{ records: Kinesis.Record[]; after: number; behind: number }> {
  const oldest = tx.now() - stream.retentionHours * 3_600_000;
  const told = sequenceNumbers(shard);
  const records: Kinesis.Record[] = [];
  let after = from;
  let bytes = 0;
  let last = 0;
  while (records.length < limit) {
    const rows = await tx.listBytes(recordRows, {
      in: [stream.number, shard.index],
      after: [after],
      limit: Math.min(pageAfter(records.length, bytes), limit - records.length),
    });
    for (const row of rows) {
      const { number, arrival, partitionKey, data: first, isSealed, isSplit } = recordStored(row);
      const data = isSplit ? await whole(tx, [stream.number, shard.index, number], first) : first;
      if (records.length > 0 && bytes + data.length > MOST_BYTES) return answer();
      after = number;
      if (arrival < oldest) continue;
      bytes += data.length;
      last = arrival;
      records.push({
        SequenceNumber: told(number),
        ApproximateArrivalTimestamp: new Date(arrival),
        Data: isSealed ? tx.unsealed(data, sealOf(stream.number, number)) : data,
        PartitionKey: partitionKey,
        EncryptionType: isSealed ? "KMS" : undefined,
      });
    }
    if (rows.length === 0) break;
  }
  return answer();

  async function answer() {
    const isBehind = await hasMore(tx, stream, shard, after);
    return { records, after, behind: isBehind ? Math.max(1, tx.now() - last) : 0 };
  }
}

/** As many as the bytes that are left should hold, by those that were read. */
const pageAfter = (records: number, bytes: number): number =>
  records === 0
    ? FIRST_PAGE
    : Math.max(1, Math.min(PAGE, Math.ceil((MOST_BYTES - bytes) / Math.max(1, bytes / records))));

async function whole(tx: ReadTransaction, key: number[], first: Uint8Array): Promise<Uint8Array> {
  const rest = await tx.listBytes(restRows, { in: key, limit: PAGE });
  return Buffer.concat([first, ...rest.map(({ value }) => value)]);
}

async function hasMore(tx: ReadTransaction, stream: Stream, shard: Shard, after: number): Promise<boolean> {
  return (
    (await tx.listBytes(recordRows, { in: [stream.number, shard.index], after: [after], limit: 1 })).length >
    0
  );
}

/** Of a closed shard those that took its hashes over. */
export async function childrenOf(
  tx: ReadTransaction,
  stream: Stream,
  { index }: Shard,
): Promise<Kinesis.ChildShard[]> {
  const all = await shardsOf(tx, stream);
  return all
    .filter(({ parent, adjacentParent }) => parent === index || adjacentParent === index)
    .map((child) => ({
      ShardId: shardId(child.index),
      ParentShards: [child.parent, child.adjacentParent].filter((one) => one !== undefined).map(shardId),
      HashKeyRange: { StartingHashKey: child.from, EndingHashKey: child.to },
    }));
}

function iterator(ctx: Context, { name, number }: Stream, { index }: Shard, after: number): string {
  const content: Iterator = {
    stream: name,
    number,
    shard: index,
    after,
    until: ctx.clock.now() + ITERATOR_MS,
  };
  return ctx.seal.seal(PURPOSE, content);
}

function iteratorIn(ctx: Context, text: string): Iterator {
  const found = ctx.seal.unseal(PURPOSE, text) as Iterator | undefined;
  if (!found) throw invalid("Invalid ShardIterator.");
  return found;
}

/** Whose records an iterator leads to. */
export const streamOfIterator = (ctx: Context, text: string): string =>
  (ctx.seal.unseal(PURPOSE, text) as Iterator | undefined)?.stream ?? "*";
