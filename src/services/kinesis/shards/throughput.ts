import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Shard } from "../store.ts";

/** What a shard takes and gives in a second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const LIMITS = {
  write: { calls: 1_000, bytes: 2 ** 20 },
  read: { calls: 5, bytes: 2 * 2 ** 20 },
};

/**
 * What went through a shard since a moment. It counts for a second, or for as long as so many bytes should have taken:
 * a reading of 10 MiB keeps its shard from further ones for five seconds.
 */
interface Window {
  since: number;
  calls: number;
  bytes: number;
}

const windows = memory<Map<string, Window>>("kinesis/throughput", () => new Map());

type Way = keyof typeof LIMITS;

export interface Throughput {
  /** Whether the shard takes part in one more call of so many bytes; if so, it counts. */
  takes(bytes: number): boolean;
  /** Counts bytes of a call that was let through. */
  add(bytes: number): void;
}

const UNLIMITED: Throughput = { takes: () => true, add() {} };

/** What is left of a shard's second, where the cloud holds its callers to that. */
export function throughputOf(ctx: Context, tx: ReadTransaction, shard: Shard, way: Way): Throughput {
  if (!ctx.isLimited) return UNLIMITED;
  const limit = LIMITS[way];
  const all = tx.memory(windows);
  const key = `${way} ${shard.stream} ${shard.index}`;
  const now = tx.now();
  let window = all.get(key);
  if (!window || now - window.since >= 1_000 * Math.max(1, window.bytes / limit.bytes))
    all.set(key, (window = { since: now, calls: 0, bytes: 0 }));
  const { calls, bytes: most } = limit;
  const counted = window;
  return {
    takes(bytes) {
      // A record that is larger than a second's share finds a second of its own.
      const isFull = counted.bytes >= most || (counted.bytes > 0 && counted.bytes + bytes > most);
      if (counted.calls >= calls || isFull) return false;
      counted.calls++;
      counted.bytes += bytes;
      return true;
    },
    add(bytes) {
      counted.bytes += bytes;
    },
  };
}
