import type { Context } from "../context.ts";
import type { Collection } from "../records/collection.ts";
import type { KeyPart } from "../records/keys.ts";
import type { Transaction } from "../records/transaction.ts";
import { type Job, job } from "./jobs.ts";

/**
 * A loop that brings the actual state to the state that a record asks for. Each step observes the *actual*
 * state, performs one safe action, and records what it observed. Level-triggered: a step that runs twice, or
 * after a crash, finds the work done and continues.
 */
export interface Reconciler {
  /** To be passed to `defineService({ jobs })`. */
  readonly job: Job<{ key: KeyPart[] }>;
  /** Schedules a step for the record after this transaction. */
  wake(tx: Transaction, key: readonly KeyPart[]): void;
}

/** The outcome of a step: the wanted state is reached, or another step is due in `again` ms of cloud time. */
export type Step = "done" | { again: number };

const MAX_DELAY_MS = 60_000;

export function reconciler<T>(
  of: Collection<T>,
  step: (ctx: Context, record: T) => Promise<Step>,
): Reconciler {
  const look: Job<{ key: KeyPart[] }> = job(`${of.name}/reconcile`, {
    // Retried without end, at most at the longest interval: the record's owner sees the error meanwhile.
    attempts: Number.POSITIVE_INFINITY,
    async run(ctx, { key }) {
      const record = await ctx.read((tx) => tx.get(of, key));
      if (record === undefined) return;
      const next = await step(ctx, record);
      return next === "done" ? undefined : { again: Math.min(next.again, MAX_DELAY_MS) };
    },
  });
  // One loop per record, however often it is woken.
  const lane = (key: readonly KeyPart[]) => JSON.stringify([look.name, ...key]);
  return { job: look, wake: (tx, key) => tx.enqueue(look, { key: [...key] }, { lane: lane(key) }) };
}
