import type { Log } from "#lib/log.ts";
import { collection, type Place, type Scope } from "./collection.ts";
import type { Context } from "./context.ts";
import type { Home } from "./home.ts";
import { StoreUnavailableError } from "./partition.ts";
import type { Scheduler } from "./scheduler.ts";

/**
 * Work with a due time that survives a crash: a row in the partition that asked for it, written in the same
 * transaction as its cause, run at least once. Its number travels along as an idempotency key.
 */
export interface Job<P> {
  /** `<service>/<verb>`; stands in stored rows. */
  readonly name: string;
  /** After so many failures in a row the job is parked with its last error. */
  readonly attempts: number;
  /** Milliseconds of cloud time after the first failure; doubled with each further one, at most an hour. */
  readonly backoff: number;
  readonly run: (ctx: Context, payload: P, run: JobRun) => Promise<JobOutcome | void>;
}

export interface JobRun {
  /** Unique in its partition and the same in every attempt. */
  id: number;
  attempt: number;
}

/** Not finished: look again in so many milliseconds of cloud time. */
export interface JobOutcome {
  again: number;
}

export interface JobOptions {
  /** Milliseconds from now; 0 unless said. */
  delay?: number;
}

export interface JobRecord {
  id: number;
  due: number;
  name: string;
  service: string;
  place: Place;
  attempt: number;
  payload: unknown;
  /** Why it failed last, once it has. */
  error?: string;
}

export function job<P>(
  name: string,
  options: { attempts?: number; backoff?: number; run: Job<P>["run"] },
): Job<P> {
  return { name, attempts: options.attempts ?? 10, backoff: options.backoff ?? 1_000, run: options.run };
}

const MAX_BACKOFF_MS = 3_600_000;
const OPENING_PAGE = 1_000;

const byScope = <T>(make: (scope: Scope) => T): Record<Scope, T> => ({
  region: make("region"),
  account: make("account"),
  partition: make("partition"),
});

/** One collection per scope, since the scope stands in the key. */
export const waitingJobs = byScope((scope) =>
  collection<JobRecord>(`kernel/job/${scope}`, { scope, key: (j) => [j.service, j.due, j.id] }),
);
export const parkedJobs = byScope((scope) =>
  collection<JobRecord>(`kernel/parked/${scope}`, { scope, key: (j) => [j.service, j.id] }),
);

export interface JobRunner {
  /** Claims a job in memory; its row is already durable. */
  schedule(home: Home, record: JobRecord): void;
  /** Claims all jobs that the partition's rows speak of, page by page. */
  open(home: Home): Promise<void>;
}

export interface JobRunnerOptions {
  scheduler: Scheduler;
  log: Log;
  find(service: string, name: string): Promise<Job<never> | undefined>;
  /** A context in which the service acts for itself. */
  context(home: Home, record: JobRecord): Context;
}

export function jobRunner({ scheduler, log, find, context }: JobRunnerOptions): JobRunner {
  function schedule(home: Home, record: JobRecord) {
    scheduler.at(record.due, () => run(home, record));
  }

  async function run(home: Home, record: JobRecord) {
    const ctx = context(home, record);
    try {
      const found = await find(record.service, record.name);
      if (!found) return await park(home, record, `no service knows the job ${record.name}`);
      const outcome = await attempt(ctx, found, record);
      if (outcome.next === undefined) await finish(home, record);
      else if (outcome.parked) await park(home, record, outcome.error ?? "");
      else await postpone(home, record, outcome.next, outcome.error);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      // The row stands as it was: a later start, or the same process once the store is back, runs it again.
      log.error("a job's state could not be stored", { error, job: record.name });
      scheduler.at(ctx.clock.now() + MAX_BACKOFF_MS / 60, () => run(home, record));
    }
  }

  async function attempt(ctx: Context, found: Job<never>, record: JobRecord) {
    try {
      const outcome = await found.run(ctx, record.payload as never, {
        id: record.id,
        attempt: record.attempt,
      });
      await ctx.durable();
      return { next: outcome ? ctx.clock.now() + outcome.again : undefined };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      log.warn("a job failed", { job: record.name, service: record.service, attempt: record.attempt, error });
      const wait = Math.min(found.backoff * 2 ** record.attempt, MAX_BACKOFF_MS);
      return { next: ctx.clock.now() + wait, error: reason, parked: record.attempt + 1 >= found.attempts };
    }
  }

  const rowOf = (record: JobRecord) => [record.service, record.due, record.id];

  async function finish(home: Home, record: JobRecord) {
    await home.write((tx) => tx.delete(waitingJobs[home.scope], rowOf(record)));
  }

  async function park(home: Home, record: JobRecord, error: string) {
    await home.write((tx) => {
      tx.delete(waitingJobs[home.scope], rowOf(record));
      tx.put(parkedJobs[home.scope], { ...record, error });
    });
  }

  async function postpone(home: Home, record: JobRecord, due: number, error: string | undefined) {
    const later = { ...record, due, error, attempt: error === undefined ? 0 : record.attempt + 1 };
    await home.write((tx) => {
      tx.delete(waitingJobs[home.scope], rowOf(record));
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
      for (const record of page) schedule(home, record);
      if (page.length < OPENING_PAGE) return;
      after = page.at(-1);
      await new Promise(setImmediate);
    }
  }

  return { schedule, open };
}
