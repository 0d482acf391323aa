import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { MaybePromise } from "#storage/kv/kv.ts";
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
  /** Writes what was counted since the last time. */
  settle(tx: Transaction): MaybePromise<Counted>;
  /** A commit of what was settled has failed: it is to be written again. */
  recount(counted: Counted): void;
  /** Whether anything is counted that is not written. */
  readonly waits: boolean;
  stop(): void;
}

const HOUR_MS = 3_600_000;
const WAIT_MS = 1_000;

/** The total of an hour, and whether it includes what earlier processes counted. */
interface Total {
  usage: Usage;
  known: boolean;
}

/** By kind, account and Region: strings that are there, where one key of all three would be made for each call. */
type Totals = Map<string, Map<string, Map<string, Total>>>;

function inside<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let map = maps.get(key);
  if (!map) maps.set(key, (map = new Map()));
  return map;
}

/** Totals that travel in a commit. */
export type Counted = readonly Total[];

export interface MeterOptions {
  service: string;
  scope: Scope;
  clock: Clock;
  log: Log;
  /** Makes a commit for what has waited long enough. */
  flush: () => Promise<void>;
}

export function openMeter({ service, scope, clock, log, flush }: MeterOptions): Meter {
  /** By hour: the present one, and others that wait to be written. */
  const hours = new Map<number, Totals>();
  const waiting = new Set<Total>();
  let hour = 0;
  let timer: NodeJS.Timeout | undefined;

  function later() {
    timer ??= setTimeout(() => {
      timer = undefined;
      if (waiting.size > 0)
        flush().catch((error) => log.error("usage could not be written", { error, service }));
    }, WAIT_MS).unref();
  }

  function turnHour(now: number) {
    hour = now;
    const waited = new Set([...waiting].map(({ usage }) => usage.hour));
    for (const known of hours.keys()) if (!waited.has(known)) hours.delete(known);
  }

  function totalOf({ account, region }: Place, kind: string): Total {
    const regions = inside(inside(inside(hours, hour), kind), account);
    let total = regions.get(region);
    if (!total) {
      total = { usage: { service, hour, account, region, kind, amount: 0 }, known: false };
      regions.set(region, total);
    }
    return total;
  }

  async function learn(tx: Transaction, total: Total) {
    const rows = usageRows[scope];
    total.usage.amount += (await tx.get(rows, rows.key(total.usage)))?.amount ?? 0;
    total.known = true;
  }

  async function learnAll(tx: Transaction, counted: Counted) {
    for (const total of counted) if (!total.known) await learn(tx, total);
    return put(tx, counted);
  }

  function put(tx: Transaction, counted: Counted) {
    for (const { usage } of counted) tx.put(usageRows[scope], usage);
    return counted;
  }

  return {
    count(place, kind, amount) {
      const now = clock.now();
      if (now - hour >= HOUR_MS || now < hour) turnHour(now - (now % HOUR_MS));
      const total = totalOf(place, kind);
      total.usage.amount += amount;
      waiting.add(total);
      later();
    },
    settle(tx) {
      const counted = [...waiting];
      waiting.clear();
      return counted.every(({ known }) => known) ? put(tx, counted) : learnAll(tx, counted);
    },
    recount(counted) {
      for (const total of counted) waiting.add(total);
      if (counted.length > 0) later();
    },
    get waits() {
      return waiting.size > 0;
    },
    stop: () => clearTimeout(timer),
  };
}
