import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Row } from "#storage/kv/kv.ts";
import type { Companion } from "./batch.ts";
import { byScope, collection, type Place, type Scope } from "./collection.ts";
import type { ReadTransaction, Transaction } from "./transaction.ts";

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
 * Counts what a partition's calls use. A call that changes something has its count in the commit that it is part of;
 * what only reads is written within a second, so that a read costs no disk write.
 */
export interface Meter {
  count(place: Place, kind: string, amount: number): void;
  /** Before a transaction ends: adds to its totals what earlier processes have counted. */
  learn(tx: ReadTransaction): Promise<void> | undefined;
  /** What was counted and is not written yet, to go along with a batch that sets out for the disk. */
  accompany(): Companion | undefined;
  /** Writes what has no company. */
  flush(): Promise<void>;
  /** Nothing is written any more, unless by `flush`. */
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

export interface MeterOptions {
  service: string;
  scope: Scope;
  clock: Clock;
  log: Log;
  rowOf: (usage: Usage) => Row;
  write: (body: (tx: Transaction) => Promise<void>) => Promise<void>;
}

export function openMeter({ service, scope, clock, log, rowOf, write }: MeterOptions): Meter {
  const rows = usageRows[scope];
  /** By hour: the present one, and others that wait to be written. */
  const hours = new Map<number, Totals>();
  const waiting = new Set<Total>();
  const underway = new Set<readonly Total[]>();
  let hour = 0;
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;

  function later() {
    if (isStopped) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flush().catch((error) => log.error("usage could not be written", { error, service }));
    }, WAIT_MS).unref();
  }

  function turnHour(now: number) {
    hour = now;
    const waited = new Set([...waiting, ...[...underway].flat()].map(({ usage }) => usage.hour));
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

  async function learn(tx: ReadTransaction): Promise<void> {
    for (const total of waiting) {
      if (total.known) continue;
      const stored = await tx.get(rows, rows.key(total.usage));
      // Only now, since more may have been counted meanwhile: `amount += await …` would read it before.
      total.usage.amount += stored?.amount ?? 0;
      total.known = true;
    }
  }

  /** Totals that are on their way now; `recount` takes back those that do not arrive. */
  function take(): Total[] {
    const taken: Total[] = [];
    for (const total of waiting) if (total.known) taken.push(total);
    for (const total of taken) waiting.delete(total);
    if (taken.length > 0) underway.add(taken);
    return taken;
  }

  function recount(taken: readonly Total[]) {
    underway.delete(taken);
    for (const total of taken) waiting.add(total);
    later();
  }

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    let taken: Total[] = [];
    try {
      await write(async (tx) => {
        await learn(tx);
        taken = take();
        for (const { usage } of taken) tx.put(rows, usage);
      });
      underway.delete(taken);
    } catch (error) {
      recount(taken);
      throw error;
    }
  }

  const isUnknown = ({ known }: Total) => !known;

  return {
    count(place, kind, amount) {
      const now = clock.now();
      if (now - hour >= HOUR_MS || now < hour) turnHour(now - (now % HOUR_MS));
      const total = totalOf(place, kind);
      total.usage.amount += amount;
      waiting.add(total);
      later();
    },
    learn: (tx) => (waiting.values().some(isUnknown) ? learn(tx) : undefined),
    accompany() {
      const taken = take();
      if (taken.length === 0) return undefined;
      return {
        rows: taken.map(({ usage }) => rowOf(usage)),
        arrived: () => void underway.delete(taken),
        lost: () => recount(taken),
      };
    },
    flush,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
