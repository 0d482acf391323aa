import type { Log } from "#lib/log.ts";
import type { Context } from "../context.ts";
import { byScope, collection, type Place, type Scope } from "../records/collection.ts";
import type { Home } from "../records/home.ts";
import { StoreUnavailableError } from "../records/partition.ts";
import type { Transaction } from "../records/transaction.ts";
import { type Lane, type Lanes, openLanes } from "./lanes.ts";
import type { Scheduler, Slot } from "./scheduler.ts";

/**
 * Work with a due time that survives a crash: a row in the partition of the transaction that enqueued it,
 * written in the same commit, and run at least once. Its number serves as an idempotency key.
 */
export interface Job<P> {
  /** `<service>/<verb>`; part of stored rows. */
  readonly name: string;
  /** The number of consecutive failures after which the job is parked with its last error. */
  readonly attempts: number;
  /** Milliseconds of cloud time after the first failure; doubled with each further one, up to an hour. */
  readonly backoff: number;
  readonly run: (ctx: Context, payload: P, run: JobRun) => Promise<JobOutcome | void>;
  /** Gives up what the job holds, in the transaction that parks it. */
  readonly abandon?: ((tx: Transaction, payload: P) => Promise<void>) | undefined;
}

export interface JobRun {
  /** Unique in its partition and the same in every attempt. */
  id: number;
  attempt: number;
}

/** The job has not finished: run it again in `again` milliseconds of cloud time. */
export interface JobOutcome {
  again: number;
  /** Nothing has changed, for example because a queue was empty: the job's row is not rewritten. */
  idle?: boolean;
  /** It found nothing to do, and only looks again: while the clock is moved, it may do so less often. Idle, too. */
  isPoll?: boolean;
}

/** Thrown by a job that would fail again at every attempt: it is parked at once, with this error. */
export class NonRetryableError extends Error {
  override name = "NonRetryableError";
}

export interface JobOptions {
  /** Milliseconds from now; 0 by default. */
  delay?: number;
  /** Jobs in the same lane run one at a time, and the newest replaces those that wait. */
  lane?: string;
  /** The account and Region that the job acts in, where the partition belongs to all accounts. */
  place?: Place;
}

export interface JobRecord {
  id: number;
  due: number;
  name: string;
  service: string;
  place: Place;
  /** The number of the process that has claimed it in memory. */
  process: number;
  lane?: string | undefined;
  attempt: number;
  payload: unknown;
  /** The last attempt's error, if it failed. */
  error?: string | undefined;
}

export function job<P>(
  name: string,
  { attempts = 10, backoff = 1_000, run, abandon }: Partial<Omit<Job<P>, "name">> & Pick<Job<P>, "run">,
): Job<P> {
  return { name, attempts, backoff, run, abandon };
}

const MAX_BACKOFF_MS = 3_600_000;
/** The retry interval for a job whose state could not be stored. */
const STORE_RETRY_MS = 60_000;
const MAX_ERROR_TEXT = 1_024;
const OPENING_PAGE = 1_000;
/** The maximum number of parked jobs of a service in a partition. The oldest are deleted. */
const MAX_PARKED = 1_000;
/** The number of parked jobs between two checks of that maximum. */
const PARKED_PER_COUNT = 100;

export const waitingJobs = byScope((scope) =>
  collection<JobRecord>(`kernel/job/${scope}`, { scope, key: (j) => [j.service, j.due, j.id] }),
);
export const parkedJobs = byScope((scope) =>
  collection<JobRecord>(`kernel/parked/${scope}`, { scope, key: (j) => [j.service, j.id] }),
);

export interface JobRunner {
  /** Claims a job in memory; its row must be durable. */
  schedule(home: Home, record: JobRecord): void;
  /** Claims the jobs that earlier processes left in the partition, page by page. */
  open(home: Home): Promise<void>;
}

export interface JobRunnerOptions {
  scheduler: Scheduler;
  log: Log;
  find(service: string, name: string): Promise<Job<never> | undefined>;
  /** A context in which the service acts as itself. */
  context(home: Home, record: JobRecord, slot: Slot): Context;
}

interface Outcome {
  /** The time of the next run. */
  next?: number | undefined;
  idle?: boolean | undefined;
  isPoll?: boolean | undefined;
  parked?: boolean;
  error?: string | undefined;
}

export function jobRunner({ scheduler, log, find, context }: JobRunnerOptions): JobRunner {
  const lanes = new WeakMap<Home, Lanes>();
  /** The number of jobs that this process has parked. */
  const parked = new WeakMap<Home, number>();

  function laneOf(home: Home, { lane, id }: JobRecord): Lane | undefined {
    if (lane === undefined) return undefined;
    let lanesOfHome = lanes.get(home);
    if (!lanesOfHome) lanes.set(home, (lanesOfHome = openLanes()));
    return lanesOfHome.enter(lane, id);
  }

  function schedule(home: Home, record: JobRecord, at = record.due, isPoll = false) {
    if (home.closed) return;
    const lane = laneOf(home, record);
    const work = (slot: Slot) => run(home, record, lane, slot);
    const start = () =>
      scheduler.at(at, (slot) => (lane ? lane.alone(() => work(slot), start) : work(slot)), isPoll);
    start();
  }

  async function run(home: Home, record: JobRecord, lane: Lane | undefined, slot: Slot) {
    if (home.closed) return;
    const ctx = context(home, record, slot);
    try {
      if (lane?.replaced(record.id)) return await finish(home, record);
      const definition = await find(record.service, record.name);
      const outcome = definition ? await attempt(ctx, definition, record) : unknown(record);
      if (outcome.next !== undefined && outcome.idle && !lane?.replaced(record.id))
        return schedule(home, record, outcome.next, outcome.isPoll);
      if (outcome.next !== undefined && !outcome.parked && !lane?.replaced(record.id))
        return await postpone(home, record, outcome.next, outcome.error);
      await (outcome.parked ? park(home, record, outcome.error, definition) : finish(home, record));
      lane?.leave(record.id);
    } catch (error) {
      if (home.closed) return;
      // The stored row is unchanged: this process runs it again once the store works, or else a later one.
      log.error("a job's state could not be stored", { error, job: record.name });
      schedule(home, record, ctx.clock.now() + STORE_RETRY_MS);
    }
  }

  const unknown = ({ name }: JobRecord): Outcome => ({
    parked: true,
    error: `no service knows the job ${name}`,
  });

  async function attempt(
    ctx: Context,
    definition: Job<never>,
    { id, attempt, ...record }: JobRecord,
  ): Promise<Outcome> {
    try {
      const outcome = await definition.run(ctx, record.payload as never, { id, attempt });
      await ctx.durable();
      if (!outcome) return {};
      const { again, isPoll, idle = isPoll } = outcome;
      return { next: ctx.clock.now() + Math.ceil(again), idle, isPoll };
    } catch (error) {
      // A failure of the store does not count as a failure of the job.
      if (error instanceof StoreUnavailableError) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      log.warn("a job failed", { job: record.name, service: record.service, attempt, error });
      const wait = Math.min(definition.backoff * 2 ** attempt, MAX_BACKOFF_MS);
      return {
        next: ctx.clock.now() + wait,
        error: reason.slice(0, MAX_ERROR_TEXT),
        parked: attempt + 1 >= definition.attempts || error instanceof NonRetryableError,
      };
    }
  }

  const keyOf = (record: JobRecord) => [record.service, record.due, record.id];

  async function finish(home: Home, record: JobRecord) {
    await home.write((tx) => tx.delete(waitingJobs[home.scope], keyOf(record)));
  }

  async function park(home: Home, record: JobRecord, error: string | undefined, definition?: Job<never>) {
    const before = parked.get(home) ?? 0;
    parked.set(home, before + 1);
    await home.write(async (tx) => {
      tx.delete(waitingJobs[home.scope], keyOf(record));
      tx.put(parkedJobs[home.scope], { ...record, error });
      await definition?.abandon?.(tx, record.payload as never);
      if (before % PARKED_PER_COUNT === 0) await forgetOldest(tx, home.scope, record.service);
    });
  }

  async function forgetOldest(tx: Transaction, scope: Scope, service: string) {
    const of = parkedJobs[scope];
    const newest = await tx.list(of, { in: [service], reverse: true, limit: MAX_PARKED });
    if (newest.length < MAX_PARKED) return;
    const oldest = await tx.list(of, { in: [service], before: [newest.at(-1)!.id], limit: MAX_PARKED });
    for (const { id } of oldest) tx.delete(of, [service, id]);
    if (oldest.length > 0)
      log.warn("the oldest of many parked jobs were forgotten", { service, jobs: oldest.length });
  }

  async function postpone(home: Home, record: JobRecord, due: number, error: string | undefined) {
    const attempt = error === undefined ? 0 : record.attempt + 1;
    const later = { ...record, process: home.process, due, error, attempt };
    await home.write((tx) => {
      tx.delete(waitingJobs[home.scope], keyOf(record));
      tx.put(waitingJobs[home.scope], later);
    });
    schedule(home, later);
  }

  async function open(home: Home) {
    let after: JobRecord | undefined;
    for (;;) {
      const range = {
        in: [home.service],
        limit: OPENING_PAGE,
        ...(after && { after: [after.due, after.id] }),
      };
      const page: JobRecord[] = await home.read((tx) => tx.list(waitingJobs[home.scope], range));
      // Jobs that this process has enqueued or postponed meanwhile are already claimed.
      for (const record of page) if (record.process !== home.process) schedule(home, record);
      if (page.length < OPENING_PAGE) return;
      after = page.at(-1);
      await new Promise(setImmediate);
    }
  }

  return { schedule, open };
}
