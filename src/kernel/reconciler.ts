import type { Collection } from "./collection.ts";
import type { Context } from "./context.ts";
import { type Job, job } from "./jobs.ts";
import type { KeyPart } from "./keys.ts";
import type { Transaction } from "./transaction.ts";

/**
 * A loop that brings the actual state to the one that a record asks for. Each step looks at what *is*, does one safe
 * thing, and writes what it saw. Level-triggered: a step that is run twice, or after a crash, finds the work done and goes on.
 */
export interface Reconciler {
  /** To be handed to `defineService({ jobs })`. */
  readonly job: Job<{ key: KeyPart[] }>;
  /** Looks at the record soon after this transaction. */
  wake(tx: Transaction, key: readonly KeyPart[]): void;
}

/** Where a step leaves its record: as it should be, or to be looked at again after so many ms of cloud time. */
export type Step = "done" | { again: number };

const MAX_DELAY_MS = 60_000;

export function reconciler<T>(
  of: Collection<T>,
  step: (ctx: Context, record: T) => Promise<Step>,
): Reconciler {
  const look: Job<{ key: KeyPart[] }> = job(`${of.name}/reconcile`, {
    // Retried for ever: the record's owner sees it stuck, with the error, and the loop goes on at the longest interval.
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
