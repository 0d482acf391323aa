import { nextOccurrence } from "#aws/languages/schedule/schedule.ts";
import type { Context } from "#kernel/context.ts";
import { MAX_RETRIES } from "#kernel/delivery/redelivery.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job, NonRetryableError } from "#kernel/work/jobs.ts";
import { setTimer, tooEarly } from "#kernel/work/timers.ts";
import { scheduleOf } from "./checks.ts";
import { type Invocation, invokeTarget } from "./invoke-target.ts";
import { type Schedule, schedules } from "./store.ts";

interface Timer {
  group: string;
  name: string;
  revision: number;
  /** The scheduled time, in cloud time. */
  due: number;
  /** The time within the flexible window. Timers of earlier versions are run then, and lack it. */
  moment?: number;
}

/** The timer of a schedule: enqueues the invocation, and sets the timer for the next one. */
const ring = job<Timer>("scheduler/ring", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, timer) {
    return ctx.transact(async (tx) => {
      const { group, name, revision, due, moment = due } = timer;
      const schedule = await tx.get(schedules, [group, name]);
      if (schedule?.revision !== revision) return undefined;
      const early = tooEarly(tx.now(), moment);
      if (early) return early;
      const next = nextTime(schedule, due);
      tx.enqueue(invocation, {
        group,
        name,
        target: schedule.target,
        id: tx.uuid(),
        due,
        since: tx.now(),
        ...(next === undefined && isDeletedAtEnd(schedule) && { last: revision }),
      });
      setNext(tx, schedule, next);
      return undefined;
    });
  },
});

const invocation = job<Invocation>("scheduler/invoke", {
  attempts: MAX_RETRIES + 1,
  async run(ctx, called, { attempt }) {
    try {
      await invokeTarget(ctx, called, attempt);
    } catch (error) {
      if (error instanceof NonRetryableError) await complete(ctx, called);
      throw error;
    }
    await complete(ctx, called);
  },
});

/** Deletes a schedule after its last invocation was delivered or given up, if this was requested. */
async function complete(ctx: Context, { group, name, last }: Invocation): Promise<void> {
  if (last === undefined) return;
  await ctx.transact(async (tx) => {
    if ((await tx.get(schedules, [group, name]))?.revision === last) tx.delete(schedules, [group, name]);
  });
}

/**
 * Whether a schedule is deleted after its last invocation. Recurring schedules are
 * deleted only if they have an end.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-delete.html
 */
const isDeletedAtEnd = ({ afterCompletion, expression, end }: Schedule) =>
  afterCompletion === "DELETE" && (end !== undefined || scheduleOf(expression)?.kind === "at");

export const schedulerJobs = [ring, invocation];

/** Sets the first timer of a revision. Timers of older revisions are obsolete. */
export function startTimer(tx: Transaction, schedule: Schedule): void {
  if (schedule.state !== "ENABLED") return;
  const isRate = scheduleOf(schedule.expression)?.kind === "rate";
  setNext(tx, schedule, nextTime(schedule, isRate ? tx.now() - 1 : tx.now()));
}

function setNext(
  tx: Transaction,
  { group, name, revision, window }: Schedule,
  due: number | undefined,
): void {
  if (due === undefined) return;
  const within = (window.MaximumWindowInMinutes ?? 0) * 60_000;
  // The previous invocation may have been late in its flexible window, even after this scheduled time.
  const moment = due + Math.floor(tx.random.fraction() * within);
  setTimer(tx, ring, { of: [group, name], due: moment }, { group, name, revision, due, moment });
}

/**
 * Returns the first scheduled time after `after` between the schedule's start and end. One-time schedules
 * ignore both, and a rate counts from the start or else the creation of the schedule.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#rate-based
 */
function nextTime(
  { expression, timeZone, start, end, created }: Schedule,
  after: number,
): number | undefined {
  const schedule = scheduleOf(expression)!;
  if (schedule.kind === "at") return nextOccurrence(schedule, { after, start: created, timeZone });
  const begins = start ?? created;
  const from = Math.max(after, (start ?? 0) - 1);
  const next =
    schedule.kind === "rate" && from < begins
      ? begins
      : nextOccurrence(schedule, { after: from, start: begins, timeZone });
  return next === undefined || (end !== undefined && next > end) ? undefined : next;
}
