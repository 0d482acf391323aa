import type { Log } from "#lib/log.ts";
import { collection } from "./collection.ts";
import type { Transaction } from "./transaction.ts";

/** What was used, in one hour, of one kind. */
export interface Usage {
  /** Start of the hour, cloud time. */
  hour: number;
  account: string;
  region: string;
  service: string;
  /** An operation's name, or what the service counts: `bytes-out`. */
  kind: string;
  amount: number;
}

/** A CloudTrail record. */
export interface TrailRecord {
  eventTime: number;
  eventID: string;
  recipientAccountId: string;
  [field: string]: unknown;
}

const usageRows = collection<Usage>("kernel/usage", {
  scope: "partition",
  key: (u) => [u.account, u.hour, u.region, u.service, u.kind],
});

/** Records that were written together; kept for 90 days, as CloudTrail's event history. */
const trailRows = collection<{ time: number; order: number; records: TrailRecord[] }>("kernel/trail", {
  scope: "partition",
  key: (t) => [t.time, t.order],
});

const HOUR_MS = 3_600_000;
const TRAIL_KEPT_MS = 90 * 24 * HOUR_MS;
/** How long the records of calls that wrote nothing may wait for company. */
const FLUSH_MS = 1_000;
/** Records are flushed before there are more than this; what exceeds it is lost while the store is out of order. */
const MAX_WAITING = 500;
/** In one row: with records of 64 KiB, the longest that `trail.ts` makes, below the store's limit. */
const RECORDS_PER_ROW = 25;

/**
 * The meter and the trail. What a changing call used is on disk before its answer, in the same group as its own rows;
 * calls that only read are written within a second, so that a read costs no disk write.
 */
export interface Ledger {
  count(usage: Omit<Usage, "hour" | "amount">, amount: number): void;
  record(record: TrailRecord): void;
  /** Writes what waits. Resolves when it is on disk. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  now: () => number;
  write<R>(body: (tx: Transaction) => R | Promise<R>): Promise<R>;
  log: Log;
}

/** Totals of an hour; `stored` once they include what earlier processes counted. */
type Counted = Usage & { stored: boolean };

export function openLedger({ now, write, log }: LedgerOptions): Ledger {
  const hours = new Map<string, Counted>();
  const dirty = new Set<Counted>();
  let trail: TrailRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let hourNow = 0;
  let latest = Promise.resolve();

  const later = () => {
    timer ??= setTimeout(
      () => void flush().catch((error) => log.error("the ledger could not be written", { error })),
      FLUSH_MS,
    );
    timer.unref();
  };

  /** What an earlier flush has taken and not yet written counts as well. */
  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    if (dirty.size > 0 || trail.length > 0) {
      latest = flushWaiting();
      latest.catch(() => {});
    }
    return latest;
  }

  async function flushWaiting() {
    const used = [...dirty];
    const records = trail;
    dirty.clear();
    trail = [];
    try {
      await write(async (tx) => {
        for (const usage of used) await store(tx, usage);
        if (records.length > 0) await append(tx, records);
      });
    } catch (error) {
      for (const usage of used) dirty.add(usage);
      trail = records.concat(trail).slice(0, MAX_WAITING);
      throw error;
    }
    forgetPastHours();
  }

  /** Totals live in memory for the current hour; the first write after a start continues what is stored. */
  async function store(tx: Transaction, usage: Counted) {
    if (!usage.stored) {
      const earlier = await tx.get(usageRows, usageRows.key(usage));
      usage.amount += earlier?.amount ?? 0;
      usage.stored = true;
    }
    const { stored, ...row } = usage;
    tx.put(usageRows, row);
  }

  async function append(tx: Transaction, records: TrailRecord[]) {
    let rows = 0;
    for (let at = 0; at < records.length; at += RECORDS_PER_ROW, rows++) {
      const together = records.slice(at, at + RECORDS_PER_ROW);
      tx.put(trailRows, { time: tx.now(), order: tx.sequence(), records: together });
    }
    const kept = Math.max(0, tx.now() - TRAIL_KEPT_MS);
    const old = await tx.list(trailRows, { before: [kept], limit: rows + 1 });
    for (const row of old) tx.delete(trailRows, trailRows.key(row));
  }

  function forgetPastHours() {
    for (const [key, usage] of hours) if (usage.hour < hourNow && !dirty.has(usage)) hours.delete(key);
  }

  return {
    count(of, amount) {
      const hour = Math.floor(now() / HOUR_MS) * HOUR_MS;
      hourNow = hour;
      const key = `${hour}|${of.account}|${of.region}|${of.service}|${of.kind}`;
      let usage = hours.get(key);
      if (!usage) hours.set(key, (usage = { ...of, hour, amount: 0, stored: false }));
      usage.amount += amount;
      dirty.add(usage);
      later();
    },
    record(record) {
      trail.push(record);
      if (trail.length >= MAX_WAITING)
        void flush().catch((error) => log.error("the ledger could not be written", { error }));
      else later();
    },
    flush,
    close: flush,
  };
}
