import { memory } from "#kernel/records/memory.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Stream, streams } from "../store.ts";
import { hasRoomFor, mostOnDemandShards } from "../streams/quotas.ts";
import { scaleTo } from "./scaling.ts";

const MINUTE_MS = 60_000;
/** The capacity of a shard per minute. */
const MINUTE = { bytes: 60 * 2 ** 20, records: 60 * 1_000 };
/** The number of remembered streams above which inactive ones are removed. */
const CLEANUP_THRESHOLD = 1_000;

/** The writes to a stream in the current minute, and its number of shards when it last had to grow. */
interface Window {
  minute: number;
  bytes: number;
  records: number;
  grownFrom?: number | undefined;
}

const windows = memory<Map<number, Window>>("kinesis/growth", () => new Map());

/**
 * Counts the writes to an on-demand stream. Its capacity is twice its peak: when a minute exceeds half of the capacity of
 * its shards, their number doubles.
 * https://docs.aws.amazon.com/streams/latest/dev/how-do-i-size-a-stream.html
 */
export function countWritten(tx: Transaction, stream: Stream, bytes: number, records: number): void {
  if (stream.mode !== "ON_DEMAND" || stream.goal) return;
  const all = tx.memory(windows);
  const minute = Math.floor(tx.now() / MINUTE_MS);
  let window = all.get(stream.number);
  if (window?.minute !== minute) {
    if (all.size >= CLEANUP_THRESHOLD)
      for (const [of, other] of all) if (other.minute < minute) all.delete(of);
    all.set(stream.number, (window = { minute, bytes: 0, records: 0 }));
  }
  window.bytes += bytes;
  window.records += records;
  const { name, number, openShards } = stream;
  const filled = Math.max(window.bytes / MINUTE.bytes, window.records / MINUTE.records);
  if (2 * filled <= openShards || window.grownFrom === openShards) return;
  window.grownFrom = openShards;
  tx.enqueue(grow, { name, number, from: openShards }, { lane: `kinesis/grow ${number}` });
}

/** Doubles a stream's shards, up to its quota. */
export const grow = job<{ name: string; number: number; from: number }>("kinesis/grow", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number, from }) {
    await ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [name]);
      if (stream?.number !== number || stream.mode !== "ON_DEMAND" || stream.openShards !== from) return;
      if (stream.goal) return;
      const count = Math.min(2 * from, mostOnDemandShards(ctx));
      if (count > from && (await hasRoomFor(tx, ctx, count - from))) await scaleTo(tx, stream, count);
    });
  },
});
