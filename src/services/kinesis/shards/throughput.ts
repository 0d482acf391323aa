import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Shard } from "../store.ts";

/** The limits of a shard per second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const LIMITS = {
  write: { calls: 1_000, bytes: 2 ** 20 },
  read: { calls: 5, bytes: 2 * 2 ** 20 },
};

/**
 * The throughput of a shard since a time. It counts for a second, or for as long as its bytes should have taken: a read of
 * 10 MiB blocks further reads of the shard for five seconds.
 */
interface Window {
  since: number;
  calls: number;
  bytes: number;
}

const windows = memory<Map<string, Window>>("kinesis/throughput", () => new Map());

type Way = keyof typeof LIMITS;

export interface Throughput {
  /** Whether the shard has capacity for one more call with this many bytes; if so, counts it. */
  takes(bytes: number): boolean;
  /** Counts bytes of an admitted call. */
  add(bytes: number): void;
}

const UNLIMITED: Throughput = { takes: () => true, add() {} };

/** The remaining throughput of a shard in this second, if limits are enforced. */
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
      // A record larger than a second's limit is admitted in a second without other records.
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
