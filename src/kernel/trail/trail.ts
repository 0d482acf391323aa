import type { Log } from "#lib/log.ts";
import type { Transaction } from "../records/transaction.ts";
import { rowOf, type TrailRecord, trailRows } from "./rows.ts";

const RETENTION_MS = 90 * 24 * 3_600_000;
/** The interval between deletions of expired records. */
const SWEEP_INTERVAL_MS = 3_600_000;
/** How long the records of calls that wrote nothing may wait to be written together. */
const FLUSH_MS = 1_000;
/**
 * Waiting records are flushed before there are more than this; while the store fails, any excess is dropped.
 */
const MAX_WAITING = 500;
/** Keeps a row of the largest records that `record.ts` makes (64 KiB) below the store's limit. */
const RECORDS_PER_ROW = 25;

/**
 * The audit trail. The record of a changing call is durable before its response is sent; those of read-only
 * calls are written within a second, so that a read costs no disk write.
 */
export interface Trail {
  record(record: TrailRecord): void;
  /** Writes the waiting records. Resolves when they are durable. */
  flush(): Promise<void>;
}

export interface TrailOptions {
  write<R>(body: (tx: Transaction) => R | Promise<R>): Promise<R>;
  log: Log;
}

export function openTrail({ write, log }: TrailOptions): Trail {
  let waiting: TrailRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let latest = Promise.resolve();
  /** The time when a sweep last found no more expired records. */
  let lastSweep = Number.NEGATIVE_INFINITY;

  const flushSoon = () =>
    void flush().catch((error) => log.error("the trail could not be written", { error }));

  /** Also waits for records that an earlier flush has taken and not yet written. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length > 0) {
      latest = flushWaiting();
      latest.catch(() => {});
    }
    return latest;
  }

  async function flushWaiting() {
    const records = waiting;
    waiting = [];
    try {
      await write((tx) => append(tx, records));
    } catch (error) {
      waiting = records.concat(waiting).slice(0, MAX_WAITING);
      throw error;
    }
  }

  async function append(tx: Transaction, records: TrailRecord[]) {
    let rows = 0;
    for (let at = 0; at < records.length; at += RECORDS_PER_ROW, rows++) {
      const together = records.slice(at, at + RECORDS_PER_ROW);
      tx.put(trailRows, { time: tx.now(), order: tx.sequence(), ...rowOf(together) });
    }
    const sinceSweep = tx.now() - lastSweep;
    if (sinceSweep >= 0 && sinceSweep < SWEEP_INTERVAL_MS) return;
    const cutoff = Math.max(0, tx.now() - RETENTION_MS);
    const expired = await tx.list(trailRows, { before: [cutoff], limit: rows + 1 });
    for (const row of expired) tx.delete(trailRows, trailRows.key(row));
    if (expired.length <= rows) lastSweep = tx.now();
  }

  return {
    record(record) {
      waiting.push(record);
      if (waiting.length >= MAX_WAITING) flushSoon();
      else timer ??= setTimeout(flushSoon, FLUSH_MS).unref();
    },
    flush,
  };
}
