import type { Transaction } from "../records/transaction.ts";
import type { Job, JobOutcome } from "./jobs.ts";

const CHECK_MS = 30 * 86_400_000;

/**
 * The milliseconds that a timer waits for `due`: at most until the next of the monthly times at which far timers
 * check that what they belong to still exists. Otherwise those of deleted things would remain for decades.
 */
const untilDueOrCheck = (now: number, due: number): number =>
  Math.max(0, Math.min(due, (Math.floor(now / CHECK_MS) + 1) * CHECK_MS) - now);

export interface Timer {
  /** What the timer belongs to. */
  of: readonly string[];
  /** Cloud time. */
  due: number;
}

/**
 * Runs the job at `due`, instead of the former timer of the same thing. It may be run earlier, and is then {@link tooEarly}.
 * A timer that has set the next one is not run again after a crash, which would set a second one: the lane ends it.
 */
export function setTimer<P>(tx: Transaction, job: Job<P>, { of, due }: Timer, payload: P): void {
  tx.enqueue(job, payload, {
    delay: untilDueOrCheck(tx.now(), due),
    lane: JSON.stringify([job.name, ...of]),
  });
}

/** The outcome of a timer that only had to check whether what it belongs to still exists; `undefined` when it is due. */
export const tooEarly = (now: number, due: number): JobOutcome | undefined =>
  now < due ? { again: untilDueOrCheck(now, due), idle: true } : undefined;
