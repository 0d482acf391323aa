import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, shardIsGone, tooMuchRead } from "../errors.ts";
import { shardId } from "../shards/sequence.ts";
import { throughputOf } from "../shards/throughput.ts";
import {
  horizonOf,
  isOpen,
  nameOf,
  recordRows,
  type Shard,
  type Stream,
  shards,
  shardsBehind,
  streams,
} from "../store.ts";
import { iterator, iteratorIn } from "./iterators.ts";
import { rawRecords } from "./responses.ts";
import { arrivalOf, numberOf, POSITIONS, recordsIn, rowAt, type Stored } from "./rows.ts";
import { endOfTrial } from "./trials.ts";

const MAX_BYTES = 10 * 2 ** 20;
const PAGE = 1_000;
/** The rows of the first page, before their sizes are known. */
const FIRST_PAGE = 16;

export const reading = {
  async GetRecords(ctx, { ShardIterator, StreamARN, DryRun, Limit = 10_000 }) {
    const at = iteratorIn(ctx, ShardIterator);
    if (StreamARN !== undefined && nameOf({ StreamARN }) !== at.stream)
      throw invalid("The StreamARN must be that of the ShardIterator's stream.");
    return ctx.read(async (tx) => {
      const stream = await tx.get(streams, [at.stream]);
      if (stream?.number !== at.number) throw shardIsGone(shardId(at.shard), at.stream, ctx.account);
      const shard = await tx.get(shards, [stream.number, at.shard]);
      if (!shard) throw shardIsGone(shardId(at.shard), at.stream, ctx.account);
      if (DryRun) throw endOfTrial(ctx, tx, stream);
      const throughput = throughputOf(ctx, tx, shard, "read");
      if (!throughput.takes(0)) throw tooMuchRead(shardId(shard.index), stream.name, ctx.account);
      const { records, next, behind } = await recordsFrom(tx, stream, shard, at.next, Limit);
      throughput.add(records.reduce((sum, { dataAt, end }) => sum + end - dataAt, 0));
      const isAtEnd = !isOpen(shard) && behind === 0;
      return {
        Records: rawRecords(shard, records),
        NextShardIterator: isAtEnd ? undefined : iterator(ctx, stream, shard, next),
        MillisBehindLatest: behind,
        ChildShards: isAtEnd ? await childrenOf(tx, stream, shard) : undefined,
      };
    });
  },
} satisfies Handlers<"kinesis">;

export interface Read {
  records: Stored[];
  /** The position at which the next read continues. */
  next: number;
  /** Milliseconds between the last record and the newest one; 0 at the newest record. */
  behind: number;
}

/** Reads up to 10 MiB of records. */
export async function recordsFrom(
  tx: ReadTransaction,
  stream: Stream,
  shard: Shard,
  from: number,
  limit: number,
): Promise<Read> {
  const oldest = horizonOf(stream, tx.now());
  const taken: Taken = { records: [], bytes: 0, next: from };
  /** Rows and their bytes so far, expired ones included: the size of the next page is estimated from them. */
  let seen = 0;
  let seenBytes = 0;
  for (;;) {
    // One more than the limit shows whether there are more.
    const pageSize = Math.min(pageAfter(seen, seenBytes), limit - taken.records.length + 1);
    const rows = await tx.listBytes(recordRows, {
      in: [stream.number, shard.index],
      from: [rowAt(taken.next)],
      limit: pageSize,
    });
    for (const row of rows) {
      seen++;
      seenBytes += row.value.length;
      if (arrivalOf(row) >= oldest) {
        const unpacked = recordsIn(tx, shard, row, taken.next);
        if (!takeAll(taken, unpacked instanceof Promise ? await unpacked : unpacked, limit))
          return { ...taken, behind: Math.max(1, tx.now() - taken.records.at(-1)!.arrival) };
      }
      taken.next = (numberOf(row) + 1) * POSITIONS;
    }
    if (rows.length < pageSize) return { ...taken, behind: 0 };
  }
}

/** The records read so far. */
interface Taken {
  records: Stored[];
  bytes: number;
  next: number;
}

/** @returns whether all records fit; a read returns at least one record, however large */
function takeAll(taken: Taken, unpacked: readonly Stored[], limit: number): boolean {
  const { records } = taken;
  for (const record of unpacked) {
    const size = record.end - record.dataAt;
    const isTooMuch = records.length > 0 && taken.bytes + size > MAX_BYTES;
    if (records.length === limit || isTooMuch) return false;
    records.push(record);
    taken.bytes += size;
    taken.next = record.position + 1;
  }
  return true;
}

/** The estimated number of rows for the bytes of a read, from the average so far. */
const pageAfter = (rows: number, bytes: number): number =>
  rows === 0 ? FIRST_PAGE : Math.min(PAGE, Math.ceil(MAX_BYTES / (bytes / rows)));

/** The shards that took over the hash range of a closed shard. */
export async function childrenOf(
  tx: ReadTransaction,
  stream: Stream,
  { index }: Shard,
): Promise<Kinesis.ChildShard[]> {
  const younger = await shardsBehind(tx, stream, index);
  return younger
    .filter(({ parent, adjacentParent }) => parent === index || adjacentParent === index)
    .map((child) => ({
      ShardId: shardId(child.index),
      ParentShards: [child.parent, child.adjacentParent].filter((one) => one !== undefined).map(shardId),
      HashKeyRange: { StartingHashKey: child.from, EndingHashKey: child.to },
    }));
}
