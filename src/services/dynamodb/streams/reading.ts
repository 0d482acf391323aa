import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import type { Context } from "#kernel/context.ts";
import type { BytesRow, ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Shard, type Stream, streamArn, streamRows, streams } from "../store.ts";
import { decodeItem, storedItemIn } from "../values/stored.ts";
import {
  checkLimit,
  expiredIterator,
  invalidIterator,
  invalidSequenceNumber,
  noSuchShard,
  noSuchStream,
  trimmedData,
} from "./errors.ts";
import { recordOf } from "./record.ts";
import { shardId } from "./shards.ts";
import { streamAt } from "./streams.ts";

const ITERATOR_MS = 900_000;
const MAX_RECORDS = 1_000;
const MAX_BYTES = 2 ** 20;
/** Rows per read of the store; each may be large. */
const PAGE = 100;
const PURPOSE = "dynamodb/iterator";

interface Iterator {
  table: string;
  label: string;
  shard: string;
  /** The last sequence number that was read. */
  after: number;
  until: number;
}

export const readingOperations = {
  async GetShardIterator(ctx, input) {
    return ctx.read(async (tx) => {
      const stream = await streamAt(ctx, tx, input.StreamArn);
      const shard = stream.shards.find((one) => shardId(one) === input.ShardId);
      if (!shard) throw noSuchShard();
      const after = await startPosition(tx, stream, shard, input);
      return { ShardIterator: iterator(ctx, { ...stream, shard: shardId(shard), after }) };
    });
  },

  /** The last page of a closed shard has no next iterator: its child shard continues the stream. */
  async GetRecords(ctx, { ShardIterator, Limit = MAX_RECORDS }) {
    checkLimit(Limit, MAX_RECORDS);
    const read = iteratorIn(ctx, ShardIterator);
    if (read.until < ctx.clock.now()) throw expiredIterator();
    return ctx.read(async (tx) => {
      const stream = await tx.get(streams, [read.table, read.label]);
      if (!stream) throw noSuchStream(streamArn(ctx, read.table, read.label));
      const shard = stream.shards.find((one) => shardId(one) === read.shard);
      if (!shard || read.after < (stream.trimmed ?? 0)) throw trimmedData();
      const { rows, isEnd } = await pageOf(tx, stream, shard, read.after, Limit);
      const changes = rows.map(({ value }) => decodeItem(value));
      const after = Number(changes.at(-1)?.sequence?.N ?? read.after);
      return {
        Records: changes.map((change) => recordOf(ctx, stream, change)),
        NextShardIterator: isEnd && shard.last !== undefined ? undefined : iterator(ctx, { ...read, after }),
      };
    });
  },
} satisfies Handlers<"dynamodb-streams">;

/** Up to a megabyte of the records after a sequence number, and whether these are all so far. */
async function pageOf(
  tx: ReadTransaction,
  { number }: Stream,
  { last }: Shard,
  after: number,
  maxRecords: number,
): Promise<{ rows: BytesRow[]; isEnd: boolean }> {
  const rows: BytesRow[] = [];
  let bytes = 0;
  for (;;) {
    const limit = Math.min(PAGE, maxRecords - rows.length);
    const page = await tx.listBytes(streamRows, {
      in: [number],
      after: [after],
      ...(last !== undefined && { before: [last] }),
      ...(rows.length > 0 && { behind: rows.at(-1)! }),
      limit,
    });
    for (const row of page) {
      bytes += storedItemIn(row).length;
      if (rows.length > 0 && bytes > MAX_BYTES) return { rows, isEnd: false };
      rows.push(row);
    }
    if (page.length < limit) return { rows, isEnd: true };
    if (rows.length === maxRecords) return { rows, isEnd: false };
  }
}

/** The sequence number after which an iterator begins. */
async function startPosition(
  tx: ReadTransaction,
  { number, trimmed = 0 }: Stream,
  { first, last }: Shard,
  { ShardIteratorType: type, SequenceNumber: digits = "" }: Streams.GetShardIteratorInput,
): Promise<number> {
  const oldest = Math.max(first, trimmed);
  if (type === "TRIM_HORIZON") return oldest;
  if (type === "LATEST") {
    if (last !== undefined) return last;
    const [row] = await tx.listBytes(streamRows, { in: [number], after: [first], reverse: true, limit: 1 });
    return row ? Number(decodeItem(row.value).sequence!.N) : oldest;
  }
  const sequence = Number(digits.slice(1));
  if (!/^\d{21}$/.test(digits) || !Number.isSafeInteger(sequence)) throw invalidSequenceNumber(digits);
  if (sequence < first || sequence > (last ?? Number.POSITIVE_INFINITY)) throw invalidSequenceNumber(digits);
  if (sequence <= trimmed) throw trimmedData();
  return type === "AT_SEQUENCE_NUMBER" ? sequence - 1 : sequence;
}

function iterator(
  ctx: Context,
  { table, label, shard, after }: Pick<Iterator, "table" | "label" | "shard" | "after">,
): string {
  const content: Iterator = { table, label, shard, after, until: ctx.clock.now() + ITERATOR_MS };
  return `${streamArn(ctx, table, label)}|1|${ctx.seal.seal(PURPOSE, content)}`;
}

/** The ARN of an iterator's stream. @throws {AwsError} ValidationException */
export function streamOf(ctx: Context, text: string): string {
  const { table, label } = iteratorIn(ctx, text);
  return streamArn(ctx, table, label);
}

/** @throws {AwsError} ValidationException */
function iteratorIn(ctx: Context, text: string): Iterator {
  const iterator = ctx.seal.unseal(PURPOSE, text.split("|").at(-1)!) as Iterator | undefined;
  if (!iterator) throw invalidIterator();
  return iterator;
}
