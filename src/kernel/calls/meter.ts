import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import type { Row } from "#storage/kv/kv.ts";
import type { Companion } from "../records/batch.ts";
import { byScope, collection, type Place, type Scope } from "../records/collection.ts";
import type { ReadTransaction, Transaction } from "../records/transaction.ts";

/** The usage of one kind, by one account, of one service in one Region, in one hour. */
export interface Usage extends Place {
  service: string;
  /** Start of the hour, cloud time. */
  hour: number;
  /** An operation's name, or a counter of the service: `bytes-out`. */
  kind: string;
  amount: number;
}

/** In the partition whose transactions it counts, so that one commit holds both. */
export const usageRows = byScope((scope) =>
  collection<Usage>(`kernel/usage/${scope}`, {
    scope,
    key: (u) => [u.service, u.hour, u.account, u.region, u.kind],
  }),
);

/**
 * Counts the usage of a partition's calls. The count of a call that writes is part of the same commit; the
 * count of a read is written within a second, so that a read costs no disk write.
 */
export interface Meter {
  count(place: Place, kind: string, amount: number): void;
  /** Before a transaction ends: adds the counts of earlier processes to the totals. */
  learn(tx: ReadTransaction): Promise<void> | undefined;
  /** The counts that are not written yet, to be included in a batch that is about to be written. */
  accompany(): Companion | undefined;
  /** Writes the counts that no batch has included. */
  flush(): Promise<void>;
  /** After this, only `flush` writes. */
  stop(): void;
}

const HOUR_MS = 3_600_000;
const WAIT_MS = 1_000;

/** The total of an hour; complete once it includes the counts of earlier processes. */
interface Total {
  usage: Usage;
  isComplete: boolean;
}

/** By kind, account and Region, in nested maps: a combined key would be a new string for each call. */
type Totals = Map<string, Map<string, Map<string, Total>>>;

function childOf<K, L, V>(maps: Map<K, Map<L, V>>, key: K): Map<L, V> {
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
  /** By hour: the current hour, and earlier ones with totals that are not written yet. */
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
    const unwritten = new Set([...waiting, ...[...underway].flat()].map(({ usage }) => usage.hour));
    for (const former of hours.keys()) if (!unwritten.has(former)) hours.delete(former);
  }

  function totalOf({ account, region }: Place, kind: string): Total {
    const regions = childOf(childOf(childOf(hours, hour), kind), account);
    let total = regions.get(region);
    if (!total) {
      total = { usage: { service, hour, account, region, kind, amount: 0 }, isComplete: false };
      regions.set(region, total);
    }
    return total;
  }

  async function learn(tx: ReadTransaction): Promise<void> {
    for (const total of waiting) {
      if (total.isComplete) continue;
      const stored = await tx.get(rows, rows.key(total.usage));
      // Added only now, since more may have been counted meanwhile: `amount += await …` would read the old
      // value first.
      total.usage.amount += stored?.amount ?? 0;
      total.isComplete = true;
    }
  }

  /** Takes the totals that are about to be written; `recount` returns them if the write fails. */
  function take(): Total[] {
    const totals: Total[] = [];
    for (const total of waiting) if (total.isComplete) totals.push(total);
    for (const total of totals) waiting.delete(total);
    if (totals.length > 0) underway.add(totals);
    return totals;
  }

  function recount(totals: readonly Total[]) {
    underway.delete(totals);
    for (const total of totals) waiting.add(total);
    later();
  }

  async function flush(): Promise<void> {
    if (waiting.size === 0) return;
    let totals: Total[] = [];
    try {
      await write(async (tx) => {
        await learn(tx);
        totals = take();
        for (const { usage } of totals) tx.put(rows, usage);
      });
      underway.delete(totals);
    } catch (error) {
      recount(totals);
      throw error;
    }
  }

  const isIncomplete = ({ isComplete }: Total) => !isComplete;

  return {
    count(place, kind, amount) {
      const now = clock.now();
      if (now - hour >= HOUR_MS || now < hour) turnHour(now - (now % HOUR_MS));
      const total = totalOf(place, kind);
      total.usage.amount += amount;
      waiting.add(total);
      later();
    },
    learn: (tx) => (waiting.values().some(isIncomplete) ? learn(tx) : undefined),
    accompany() {
      const totals = take();
      if (totals.length === 0) return undefined;
      return {
        rows: totals.map(({ usage }) => rowOf(usage)),
        arrived: () => void underway.delete(totals),
        lost: () => recount(totals),
      };
    },
    flush,
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
