import { nextOccurrence, parseSchedule } from "#aws/languages/schedule/schedule.ts";
import { job } from "#kernel/jobs.ts";
import { MOST_RETRIES } from "#kernel/redelivery.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { type Invocation, invokeTarget } from "./invoke-target.ts";
import { type Schedule, schedules } from "./store.ts";

interface Timer {
  group: string;
  name: string;
  revision: number;
  /** The time that it is set for, cloud time: the flexible window not counted. */
  due: number;
}

/** A schedule's timer: it sends the invocation on its way, and sets itself for the next. */
const ring = job<Timer>("scheduler/ring", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, timer) {
    await ctx.transact(async (tx) => {
      const { group, name, revision, due } = timer;
      const schedule = await tx.get(schedules, [group, name]);
      if (schedule?.revision !== revision) return;
      const next = nextTime(schedule, due);
      tx.enqueue(invocation, {
        group,
        name,
        target: schedule.target,
        id: tx.uuid(),
        due,
        since: tx.now(),
        ...(next === undefined && schedule.afterCompletion === "DELETE" && { last: revision }),
      });
      setTimer(tx, schedule, next);
    });
  },
});

const invocation = job<Invocation>("scheduler/invoke", {
  attempts: MOST_RETRIES + 1,
  async run(ctx, called, { attempt }) {
    await invokeTarget(ctx, called, attempt);
    const { group, name, last } = called;
    if (last === undefined) return;
    await ctx.transact(async (tx) => {
      if ((await tx.get(schedules, [group, name]))?.revision === last) tx.delete(schedules, [group, name]);
    });
  },
});

export const schedulerJobs = [ring, invocation];

/** A timer that was set before finds that it is wanted no more. */
export function startTimer(tx: Transaction, schedule: Schedule): void {
  if (schedule.state === "ENABLED") setTimer(tx, schedule, nextTime(schedule, tx.now()));
}

function setTimer(
  tx: Transaction,
  { group, name, revision, window }: Schedule,
  due: number | undefined,
): void {
  if (due === undefined) return;
  const within = (window.MaximumWindowInMinutes ?? 0) * 60_000;
  const delay = Math.max(0, due - tx.now()) + Math.floor(tx.random.fraction() * within);
  tx.enqueue(ring, { group, name, revision, due }, { delay });
}

/** The first time behind that one, between the schedule's first and last days. */
function nextTime(
  { expression, timeZone, start, end, created }: Schedule,
  after: number,
): number | undefined {
  const schedule = parseSchedule(expression)!;
  const isOnStart = schedule.kind === "rate" && start !== undefined && after < start;
  const from = Math.max(after, (start ?? 0) - 1);
  const next = isOnStart
    ? start
    : nextOccurrence(schedule, { after: from, start: start ?? created, timeZone });
  return next === undefined || (end !== undefined && next > end) ? undefined : next;
}
