import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import { nextOccurrence } from "#aws/languages/schedule/schedule.ts";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { job } from "#kernel/work/jobs.ts";
import { setTimer, tooEarly } from "#kernel/work/timers.ts";
import { invalid, noSuchAction, notRegistered, tooMany } from "./errors.ts";
import { listPage } from "./listing.ts";
import { outputIdentifiers, scaledIn } from "./resources.ts";
import { fit } from "./scaling.ts";
import { checkSchedule, scheduleOf } from "./schedules.ts";
import { actionArn, type ScheduledAction, scheduledActions, type Target, targets } from "./store.ts";
import { checkBounds, MAX_PARTS, targetAt } from "./targets.ts";

export const scheduledActionOperations = {
  async PutScheduledAction(ctx, input) {
    const scaled = scaledIn(input);
    return ctx.transact(async (tx) => {
      const target = await targetAt(tx, scaled, () => notRegistered(input));
      const key = [scaled.resource, scaled.dimension];
      const former = await tx.get(scheduledActions, [...key, input.ScheduledActionName]);
      if (!former && (await tx.list(scheduledActions, { in: key, limit: MAX_PARTS })).length === MAX_PARTS)
        throw tooMany("scheduled actions");
      const schedule = input.Schedule ?? former?.schedule;
      if (schedule === undefined) throw invalid("A schedule is required for a scheduled action");
      const action = checkedAction(input.ScalableTargetAction ?? former?.action, target);
      checkSchedule(schedule, input);
      const put: ScheduledAction = {
        ...scaled,
        name: input.ScheduledActionName,
        id: former?.id ?? tx.uuid(),
        schedule,
        timeZone: input.Timezone ?? former?.timeZone,
        // Unlike all other members, these are removed if a request omits them.
        start: input.StartTime?.getTime(),
        end: input.EndTime?.getTime(),
        action,
        created: former?.created ?? tx.now(),
        revision: tx.sequence(),
      };
      tx.put(scheduledActions, put);
      setNext(tx, put, tx.now());
      return {};
    });
  },

  async DescribeScheduledActions(ctx, input) {
    const { ScheduledActionNames: names } = input;
    const { records, token } = await listPage(
      ctx,
      "DescribeScheduledActions",
      input,
      scheduledActions,
      keyOf,
      {
        only: ({ name }) => !names?.length || names.includes(name),
      },
    );
    return { ScheduledActions: records.map((action) => described(ctx, action)), NextToken: token };
  },

  async DeleteScheduledAction(ctx, input) {
    const scaled = scaledIn(input);
    return ctx.transact(async (tx) => {
      const key = [scaled.resource, scaled.dimension, input.ScheduledActionName];
      if (!(await tx.get(scheduledActions, key))) throw noSuchAction(input, input.ScheduledActionName);
      tx.delete(scheduledActions, key);
      return {};
    });
  },
} satisfies Handlers<"application-autoscaling">;

/** @throws {AwsError} ValidationException */
function checkedAction(
  action: AutoScaling.ScalableTargetAction | undefined,
  target: Target,
): AutoScaling.ScalableTargetAction {
  if (!action) throw invalid("ScalableTargetAction must be set");
  if (action.MinCapacity === undefined && action.MaxCapacity === undefined)
    throw invalid("At least one of minimum capacity and maximum capacity should be provided");
  checkBounds(action.MinCapacity ?? target.min, action.MaxCapacity ?? Number.POSITIVE_INFINITY);
  return action;
}

interface Timer {
  key: string[];
  revision: number;
  due: number;
}

/** Sets a target's bounds to those of a scheduled action, and the timer of its next occurrence. */
export const runScheduledAction = job<Timer>("application-autoscaling/ring", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { key, revision, due }) {
    return ctx.transact(async (tx) => {
      const scheduled = await tx.get(scheduledActions, key);
      if (scheduled?.revision !== revision) return undefined;
      const early = tooEarly(tx.now(), due);
      if (early) return early;
      setNext(tx, scheduled, due);
      const { resource, dimension, name, action } = scheduled;
      const target = await tx.get(targets, [resource, dimension]);
      if (!target || target.suspended.ScheduledScalingSuspended) return undefined;
      const min = action.MinCapacity ?? Math.min(target.min, action.MaxCapacity!);
      const max = action.MaxCapacity ?? Math.max(target.max, min);
      tx.put(targets, { ...target, min, max });
      tx.enqueue(fit, { resource, dimension, cause: `scheduled action name ${name} was triggered` });
      return undefined;
    });
  },
});

function setNext(tx: Transaction, scheduled: ScheduledAction, after: number): void {
  const { start, end, created, timeZone, revision } = scheduled;
  const due = nextOccurrence(scheduleOf(scheduled.schedule)!, {
    after: Math.max(after, (start ?? 0) - 1),
    start: start ?? created,
    ...(timeZone !== undefined && { timeZone }),
  });
  if (due === undefined || (end !== undefined && due > end)) return;
  const key = keyOf(scheduled);
  setTimer(tx, runScheduledAction, { of: key, due }, { key, revision, due });
}

const keyOf = ({ resource, dimension, name }: ScheduledAction) => [resource, dimension, name];

const described = (ctx: Context, scheduled: ScheduledAction): AutoScaling.ScheduledAction => ({
  ...outputIdentifiers(scheduled),
  ScheduledActionName: scheduled.name,
  ScheduledActionARN: actionArn(ctx, scheduled),
  Schedule: scheduled.schedule,
  Timezone: scheduled.timeZone,
  StartTime: scheduled.start === undefined ? undefined : new Date(scheduled.start),
  EndTime: scheduled.end === undefined ? undefined : new Date(scheduled.end),
  ScalableTargetAction: scheduled.action,
  CreationTime: new Date(scheduled.created),
});
