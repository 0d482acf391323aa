import type { Clock } from "#lib/clock.ts";
import type { Log } from "#lib/log.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Random } from "#lib/random.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { type Meter, openMeter, usageRows } from "../calls/meter.ts";
import type { Ports } from "../ports.ts";
import type { DataKeys } from "../secrets/data-keys.ts";
import { type JobRecord, waitingJobs } from "../work/jobs.ts";
import { forward } from "../work/outbox.ts";
import type { Place, Scope } from "./collection.ts";
import { encodeKey, successor } from "./keys.ts";
import { type Applied, openPartition, TransactionError } from "./partition.ts";
import { Reads, rowOf } from "./read-transaction.ts";
import {
  type Effects,
  type ReadTransaction,
  type Transaction,
  type TransactionScope,
  Writes,
} from "./transaction.ts";

/**
 * A service's records in one scope and place: a partition of the store, accessed through typed transactions.
 */
export interface Home {
  readonly service: string;
  readonly scope: Scope;
  readonly place: Place;
  /** The number of this process in the sequence of all processes that have opened the store. */
  readonly process: number;
  readonly meter: Meter;
  applyRead<R>(body: (tx: ReadTransaction) => MaybePromise<R>): MaybePromise<Applied<R>>;
  applyWrite<R>(body: (tx: Transaction) => MaybePromise<R>): MaybePromise<Applied<R>>;
  /** As the above, but resolve only when everything that they saw and wrote is durable. */
  read<R>(body: (tx: ReadTransaction) => MaybePromise<R>): Promise<R>;
  write<R>(body: (tx: Transaction) => MaybePromise<R>): Promise<R>;
  /** Whether further transactions are refused, because the cloud was closed or reset. */
  readonly closed: boolean;
  close(): Promise<void>;
}

export interface HomeOptions {
  era: Uint8Array;
  service: string;
  scope: Scope;
  place: Place;
  process: number;
  owner: string;
  store: KeyValueStore;
  clock: Clock;
  random: Random;
  keys: DataKeys;
  ports: Ports;
  log: Log;
  /** Called when a job's row is durable, to claim the job. */
  claim: (home: Home, record: JobRecord) => void;
}

/** One row per partition: that the partition exists, and up to where its sequence numbers are reserved. */
interface Registration {
  service: string;
  scope: Scope;
  place: Place;
  sequence: number;
}

const REGISTRY = "kernel/partition";

export function homeName({
  service,
  scope,
  place,
}: Pick<HomeOptions, "service" | "scope" | "place">): string {
  if (scope === "region") return `${service}/${place.account}/${place.region}`;
  return scope === "account" ? `${service}/${place.account}` : service;
}

export function openHome(options: HomeOptions): Home {
  const { era, service, scope, place, process, owner, store, clock, random, keys, ports, log, claim } =
    options;
  const at: TransactionScope = {
    era,
    scope,
    place,
    clock,
    random,
    keys,
    prefixes: new Map(),
    hotKeys: new Map(),
  };
  const meter = openMeter({
    service,
    scope,
    clock,
    log,
    rowOf: (usage) => rowOf(at, usageRows[scope], usage),
    write: (body) => home.write(body),
  });
  const partition = openPartition({
    name: `${Buffer.from(era).toString("hex")}/${homeName(options)}`,
    owner,
    store,
    registry: {
      key: encodeKey(era, [REGISTRY, homeName(options)]),
      encode: (sequence) =>
        Buffer.from(JSON.stringify({ service, scope, place, sequence } satisfies Registration)),
      decode: (value) => registration(value).sequence,
    },
    accompany: meter.accompany,
  });
  let closed = false;

  /** Writes the transaction's jobs and observations as job records, in the transaction itself. */
  function recordsOf(effects: Effects, tx: Transaction): readonly JobRecord[] {
    forward(tx, effects, ports.sinks, service);
    if (effects.jobs.length === 0) return NONE;
    const records = effects.jobs.map(({ id, job, payload, options }) => {
      const { delay = 0, lane, place: acting = place } = options;
      const due = tx.now() + delay;
      return { id, due, name: job.name, service, place: acting, process, lane, attempt: 0, payload };
    });
    for (const record of records) tx.put(waitingJobs[scope], record);
    return records;
  }

  function claimAll(records: readonly JobRecord[]) {
    for (const record of records) claim(home, record);
  }

  const home: Home = {
    service,
    scope,
    place,
    process,
    meter,
    applyRead: (body) => partition.read((view) => body(new Reads(view, at))),
    applyWrite<R>(body: (tx: Transaction) => MaybePromise<R>) {
      let jobs: readonly JobRecord[] = NONE;
      const applied = partition.write((draft) => {
        const effects: Effects = { jobs: [], metrics: [], events: [] };
        const tx = new Writes(draft, at, effects);
        const end = (result: R): MaybePromise<R> => {
          jobs = recordsOf(effects, tx);
          const learning = meter.learn(tx);
          if (learning || tx.isIndexed) return settled(tx, learning).then(() => result);
          tx.end();
          return result;
        };
        return whenReady(body(tx), end);
      });
      return whenReady(applied, (written) => {
        if (jobs.length > 0) written.durable?.then(() => claimAll(jobs), ignore);
        return written;
      });
    },
    read: (body) => onDisk(() => home.applyRead(body)),
    write: (body) => onDisk(() => home.applyWrite(body)),
    get closed() {
      return closed;
    },
    async close() {
      meter.stop();
      await meter.flush().catch((error) => log.error("usage could not be written", { error, service }));
      closed = true;
      return partition.close();
    },
  };
  return home;
}

const NONE: readonly JobRecord[] = [];
const ignore = () => {};

/** Ends a transaction that still has to read: usage totals, index rows. */
async function settled(tx: Writes, learning: Promise<void> | undefined): Promise<void> {
  await learning;
  if (tx.isIndexed) await tx.settleIndexes();
  tx.end();
}

/**
 * Resolves once the result is durable. An error is an answer, too, and waits for the data that it depends on.
 */
async function onDisk<R>(apply: () => MaybePromise<Applied<R>>): Promise<R> {
  try {
    const { result, durable } = await apply();
    await durable;
    return result;
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    await error.durable;
    throw error.cause;
  }
}

/**
 * Every partition that has ever reserved a sequence number, so that it may have jobs waiting or intents to
 * clean up.
 */
export async function* registeredHomes(store: KeyValueStore, era: Uint8Array): AsyncIterable<Registration> {
  const prefix = encodeKey(era, [REGISTRY]);
  let start = prefix;
  for (;;) {
    const rows = await store.range({ start, end: successor(prefix), limit: 100 });
    for (const row of rows) yield registration(row.value);
    if (rows.length < 100) return;
    start = successor(rows.at(-1)!.key);
  }
}

const registration = (value: Uint8Array): Registration => JSON.parse(Buffer.from(value).toString());
