import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { byScope, collection, type Place, type Scope } from "./collection.ts";
import type { Transaction } from "./transaction.ts";

/** What an account used of a service in a Region, in one hour, of one kind. */
export interface Usage extends Place {
  service: string;
  /** Start of the hour, cloud time. */
  hour: number;
  /** An operation's name, or what the service counts: `bytes-out`. */
  kind: string;
  amount: number;
}

/** In the partition whose transactions they count, so that one commit holds both. */
export const usageRows = byScope((scope) =>
  collection<Usage>(`kernel/usage/${scope}`, {
    scope,
    key: (u) => [u.service, u.hour, u.account, u.region, u.kind],
  }),
);

/**
 * Counts what a partition's calls use. A call that changes something has its count in its own commit; what only reads
 * is written within a second, so that a read costs no disk write.
 */
export interface Meter {
  count(place: Place, kind: string, amount: number): void;
  /** Writes what was counted since the last time; answers how to undo that, should the commit fail. */
  settle(tx: Transaction): Promise<() => void>;
  /** Whether anything is counted that is not written. */
  readonly waits: boolean;
  stop(): void;
}

const HOUR_MS = 3_600_000;
const WAIT_MS = 1_000;

/** Totals of an hour; `known` once they include what earlier processes counted. */
type Total = Usage & { known: boolean };

export interface MeterOptions {
  service: string;
  scope: Scope;
  clock: Clock;
  log: Log;
  /** Makes a commit for what has waited long enough. */
  flush: () => Promise<void>;
}

export function openMeter({ service, scope, clock, log, flush }: MeterOptions): Meter {
  const totals = new Map<string, Total>();
  const waiting = new Set<Total>();
  let hour = 0;
  let timer: NodeJS.Timeout | undefined;

  function later() {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (waiting.size > 0)
        flush().catch((error) => log.error("usage could not be written", { error, service }));
    }, WAIT_MS);
    timer.unref();
  }

  function turnHour(now: number) {
    hour = now;
    for (const [key, total] of totals) if (!waiting.has(total)) totals.delete(key);
  }

  async function put(tx: Transaction, total: Total) {
    const rows = usageRows[scope];
    if (!total.known) {
      total.amount += (await tx.get(rows, rows.key(total)))?.amount ?? 0;
      total.known = true;
    }
    const { known, ...usage } = total;
    tx.put(rows, usage);
  }

  return {
    count({ account, region }, kind, amount) {
      const now = clock.now();
      if (now - hour >= HOUR_MS || now < hour) turnHour(now - (now % HOUR_MS));
      const key = `${hour}|${account}|${region}|${kind}`;
      let total = totals.get(key);
      if (!total)
        totals.set(key, (total = { service, hour, account, region, kind, amount: 0, known: false }));
      total.amount += amount;
      waiting.add(total);
      later();
    },
    async settle(tx) {
      const written = [...waiting];
      waiting.clear();
      for (const total of written) await put(tx, total);
      return () => {
        for (const total of written) waiting.add(total);
        later();
      };
    },
    get waits() {
      return waiting.size > 0;
    },
    stop: () => clearTimeout(timer),
  };
}
