import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import { job } from "#kernel/work/jobs.ts";
import { handOver } from "../hand-over.ts";
import { type Cursor, cursors, type Pipe, pipes } from "../store.ts";
import { laneCount } from "./cursors.ts";
import { type Lost, lossOf, tellOfLoss } from "./loss.ts";
import { streamOf } from "./source.ts";
import { type StreamEvent, type StreamSource, streamParameters } from "./stream.ts";

/** The polling interval of an empty shard. */
const POLL_INTERVAL_MS = 1_000;
const MAX_BACKOFF_MS = 60_000;
const STANDARD_BATCH = 100;
/** The maximum records of one read of a shard. */
const MAX_READ = 1_000;

export interface Lane {
  name: string;
  revision: number;
  shard: string;
  lane: number;
}

/** Iterators of the positions where loops wait, cached since finding a position by time may take long. */
const iterators = memory<Map<string, string>>("pipes/iterators", () => new Map());

/**
 * Reads its share of a shard, batch by batch. It continues when the target has accepted a batch, or when the batch is given up.
 * Its position is stored, so that nothing is lost when the process ends.
 */
export const readLane = job<Lane>("pipes/read", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, lane) {
    const active = await ctx.read(async (tx) => {
      const pipe = await tx.get(pipes, [lane.name]);
      const cursor = await tx.get(cursors, [lane.name, lane.shard, lane.lane]);
      const isWanted = pipe?.revision === lane.revision && pipe.current === "RUNNING";
      if (isWanted && cursor && !cursor.isDone) return { pipe, cursor };
      tx.memory(iterators).delete(nameOf(lane));
      return undefined;
    });
    return active && readOnce(ctx, active.pipe, active.cursor, lane);
  },
});

async function readOnce(ctx: Context, pipe: Pipe, cursor: Cursor, lane: Lane) {
  const source = streamOf(ctx, pipe)!;
  const { MaximumBatchingWindowInSeconds: window = 0, BatchSize = STANDARD_BATCH } = streamParameters(pipe);
  const size = cursor.size ?? BatchSize;
  const { events, next } = await look(ctx, source, cursor, lane, Math.min(MAX_READ, size * laneCount(pipe)));
  const mine = events.filter(({ partition }) => laneOf(partition, laneCount(pipe)) === cursor.lane);
  const batch = mine.slice(0, size);
  const [first] = batch;
  const isWaiting = first && batch.length < size && next !== undefined && cursor.failures === 0;
  const wait = isWaiting ? first.arrival + window * 1_000 - ctx.clock.now() : 0;
  if (wait > 0) return { again: Math.min(wait, POLL_INTERVAL_MS), idle: true };
  if (events.length === 0 && next !== undefined) {
    await ctx.read((tx) => tx.memory(iterators).set(nameOf(lane), next));
    return { again: POLL_INTERVAL_MS, isPoll: true };
  }
  const last = batch.length < mine.length ? batch.at(-1) : events.at(-1);
  const outcome = await handBatch(ctx, pipe, cursor, batch);
  const moved = outcome.isWhole ? at(outcome.cursor, last) : outcome.cursor;
  const isDone = outcome.isWhole && next === undefined && batch.length === mine.length;
  await ctx.transact(async (tx) => {
    tx.memory(iterators).delete(nameOf(lane));
    const stored = await tx.get(cursors, [cursor.pipe, cursor.shard, cursor.lane]);
    const now = await tx.get(pipes, [cursor.pipe]);
    // The pipe may have been made again, or have another number of lanes. Then other loops read.
    if (!stored || now?.created !== pipe.created || laneCount(now) !== laneCount(pipe)) return;
    tx.put(cursors, { ...moved, revision: stored.revision, isDone });
    if (outcome.lost) tx.enqueue(tellOfLoss, lossOf(ctx, pipe, source, cursor.shard, outcome.lost));
  });
  return isDone ? undefined : { again: outcome.isWhole ? 0 : backoff(moved.failures) };
}

/** Reads records after the cursor. If that position has been trimmed, continues with the oldest record of the shard. */
async function look(ctx: Context, source: StreamSource, cursor: Cursor, lane: Lane, limit: number) {
  const { shard, at } = cursor;
  const iterator = await ctx.read((tx) => tx.memory(iterators).get(nameOf(lane)));
  const ways = [
    ...(iterator === undefined ? [] : [() => source.read(shard, iterator, limit)]),
    async () => source.read(shard, await source.iterator(shard, at), limit),
  ];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      if (!(error instanceof AwsError) || !GONE.has(error.code)) throw error;
    }
  }
  return source.read(shard, await source.iterator(shard, { type: "TRIM_HORIZON" }), limit);
}

/** The errors of streams for a trimmed position. */
const GONE = new Set(["ExpiredIteratorException", "TrimmedDataAccessException"]);

interface Outcome {
  cursor: Cursor;
  /** No event of the batch has to be tried again. */
  isWhole: boolean;
  lost?: Lost;
}

async function handBatch(
  ctx: Context,
  pipe: Pipe,
  cursor: Cursor,
  batch: readonly StreamEvent[],
): Promise<Outcome> {
  const parameters = streamParameters(pipe);
  const { MaximumRecordAgeInSeconds: age = -1, MaximumRetryAttempts: retries = -1 } = parameters;
  const oldest = age === -1 ? Number.NEGATIVE_INFINITY : ctx.clock.now() - age * 1_000;
  const fresh = batch.findIndex(({ arrival }) => arrival >= oldest);
  if (batch.length > 0 && fresh !== 0) {
    const events = fresh === -1 ? batch : batch.slice(0, fresh);
    return {
      cursor: at(cursor, events.at(-1)),
      isWhole: fresh === -1,
      lost: { events, condition: "RecordAgeExceeded" },
    };
  }
  const { count, error } = await handOver(ctx, pipe, batch);
  const done = { failures: 0, size: undefined };
  if (!error) return { cursor: { ...cursor, ...done }, isWhole: true };
  const rest = batch.slice(count);
  const moved = count > 0 ? at(cursor, batch[count - 1]) : cursor;
  // Bisecting a batch does not count as an attempt.
  if (parameters.OnPartialBatchItemFailure && rest.length > 1)
    return { cursor: { ...moved, size: Math.ceil(rest.length / 2) }, isWhole: false };
  const failures = moved.failures + 1;
  if (retries === -1 || failures <= retries)
    return { cursor: { ...moved, failures, size: rest.length }, isWhole: false };
  return {
    cursor: { ...moved, ...done },
    isWhole: true,
    lost: { events: rest, condition: "RetryAttemptsExhausted" },
  };
}

/** The cursor after an event. */
const at = (cursor: Cursor, event: StreamEvent | undefined): Cursor =>
  event
    ? { ...cursor, at: { type: "AFTER_SEQUENCE_NUMBER", sequence: event.sequence }, failures: 0 }
    : cursor;

const backoff = (failures: number) =>
  failures === 0 ? 0 : Math.min(1_000 * 2 ** (failures - 1), MAX_BACKOFF_MS);

/** The cache key of a loop's iterator. */
const nameOf = ({ name, revision, shard, lane }: Lane) => JSON.stringify([name, revision, shard, lane]);

/** Maps keys to lanes, consistently and evenly. */
function laneOf(partition: string, lanes: number): number {
  let sum = 0;
  for (let n = 0; n < partition.length; n++) sum = (sum * 31 + partition.charCodeAt(n)) >>> 0;
  return sum % lanes;
}
