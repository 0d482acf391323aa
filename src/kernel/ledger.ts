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
/** Records are flushed before they weigh more than this. */
const MAX_WAITING = 500;

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

export function openLedger({ now, write, log }: LedgerOptions): Ledger {
  const hours = new Map<string, Usage & { stored: boolean }>();
  const dirty = new Set<string>();
  let trail: TrailRecord[] = [];
  let timer: NodeJS.Timeout | undefined;
  let hourNow = 0;

  const later = () => {
    timer ??= setTimeout(
      () => void flush().catch((error) => log.error("the ledger could not be written", { error })),
      FLUSH_MS,
    );
    timer.unref();
  };

  async function flush() {
    clearTimeout(timer);
    timer = undefined;
    if (dirty.size === 0 && trail.length === 0) return;
    const keys = [...dirty];
    const records = trail;
    dirty.clear();
    trail = [];
    try {
      await write(async (tx) => {
        for (const key of keys) await store(tx, hours.get(key)!);
        if (records.length > 0) await append(tx, records);
      });
    } catch (error) {
      for (const key of keys) dirty.add(key);
      trail = records.concat(trail).slice(0, MAX_WAITING);
      throw error;
    }
    forgetPastHours();
  }

  /** Totals live in memory for the current hour; the first write after a start continues what is stored. */
  async function store(tx: Transaction, usage: Usage & { stored: boolean }) {
    if (!usage.stored) {
      const earlier = await tx.get(usageRows, usageRows.key(usage));
      usage.amount += earlier?.amount ?? 0;
      usage.stored = true;
    }
    const { stored, ...row } = usage;
    tx.put(usageRows, row);
  }

  async function append(tx: Transaction, records: TrailRecord[]) {
    tx.put(trailRows, { time: tx.now(), order: tx.sequence(), records });
    const old = await tx.list(trailRows, { before: [Math.max(0, tx.now() - TRAIL_KEPT_MS)], limit: 2 });
    for (const row of old) tx.delete(trailRows, trailRows.key(row));
  }

  function forgetPastHours() {
    for (const [key, usage] of hours) if (usage.hour < hourNow && !dirty.has(key)) hours.delete(key);
  }

  return {
    count(of, amount) {
      const hour = Math.floor(now() / HOUR_MS) * HOUR_MS;
      hourNow = hour;
      const key = `${hour}|${of.account}|${of.region}|${of.service}|${of.kind}`;
      const usage = hours.get(key);
      if (usage) usage.amount += amount;
      else hours.set(key, { ...of, hour, amount, stored: false });
      dirty.add(key);
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
