import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import type { Context } from "#kernel/context.ts";
import { MAX_RETRIES, MAX_RETRY_SECONDS } from "#kernel/delivery/redelivery.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { checkSchedule } from "./checks.ts";
import { invalidToken, noSuchSchedule, scheduleExists } from "./errors.ts";
import { checkGroup, groupAt } from "./groups.ts";
import { DEFAULT_GROUP, type Schedule, scheduleArn, schedules } from "./store.ts";
import { startTimer } from "./timer.ts";

export const scheduleOperations = {
  async CreateSchedule(ctx, input) {
    checkSchedule(ctx, input);
    const group = input.GroupName ?? DEFAULT_GROUP;
    return ctx.transact(async (tx) => {
      await checkGroup(tx, group);
      const existing = await tx.get(schedules, [group, input.Name]);
      const isRepeated = existing?.clientToken !== undefined && existing.clientToken === input.ClientToken;
      if (existing && !isRepeated) throw scheduleExists(input.Name);
      if (!existing)
        put(tx, { ...settingsOf(input), created: tx.now(), modified: tx.now(), revision: tx.sequence() });
      return { ScheduleArn: scheduleArn(ctx, group, input.Name) };
    });
  },

  /** Omitted members get their defaults, as in CreateSchedule. */
  async UpdateSchedule(ctx, input) {
    checkSchedule(ctx, input);
    const group = input.GroupName ?? DEFAULT_GROUP;
    return ctx.transact(async (tx) => {
      await checkGroup(tx, group);
      const { created } = await scheduleAt(tx, group, input.Name);
      put(tx, { ...settingsOf(input), created, modified: tx.now(), revision: tx.sequence() });
      return { ScheduleArn: scheduleArn(ctx, group, input.Name) };
    });
  },

  async GetSchedule(ctx, { Name, GroupName = DEFAULT_GROUP }) {
    const schedule = await ctx.read((tx) => scheduleAt(tx, GroupName, Name));
    return described(ctx, schedule);
  },

  async DeleteSchedule(ctx, { Name, GroupName = DEFAULT_GROUP }) {
    return ctx.transact(async (tx) => {
      await scheduleAt(tx, GroupName, Name);
      tx.delete(schedules, [GroupName, Name]);
      return {};
    });
  },

  async ListSchedules(ctx, { GroupName, NamePrefix = "", State, MaxResults = 100, NextToken }) {
    if (GroupName !== undefined) await ctx.read((tx) => groupAt(tx, GroupName));
    const { records, token } = await page<Schedule>(ctx, {
      listing: ["scheduler:ListSchedules", GroupName ?? "", NamePrefix, State ?? ""],
      token: NextToken,
      limit: MaxResults,
      list: (range) =>
        ctx.read((tx) =>
          GroupName === undefined
            ? tx.listBy(schedules, "name", { prefix: NamePrefix, ...range })
            : tx.list(schedules, { in: [GroupName], prefix: NamePrefix, ...range }),
        ),
      position: ({ name, group }) => (GroupName === undefined ? [name, group] : [name]),
      fits: ({ state }) => State === undefined || state === State,
      invalidToken,
    });
    return { Schedules: records.map((schedule) => summary(ctx, schedule)), NextToken: token };
  },
} satisfies Handlers<"scheduler">;

/** @throws {AwsError} ResourceNotFoundException */
async function scheduleAt(tx: ReadTransaction, group: string, name: string): Promise<Schedule> {
  const schedule = await tx.get(schedules, [group, name]);
  if (!schedule) throw noSuchSchedule(name);
  return schedule;
}

function put(tx: Transaction, schedule: Schedule): void {
  tx.put(schedules, schedule);
  startTimer(tx, schedule);
}

type Settings = Omit<Schedule, "created" | "modified" | "revision">;

function settingsOf(input: Scheduler.CreateScheduleInput): Settings {
  return {
    group: input.GroupName ?? DEFAULT_GROUP,
    name: input.Name,
    expression: input.ScheduleExpression,
    timeZone: input.ScheduleExpressionTimezone ?? "UTC",
    description: input.Description,
    start: input.StartDate?.getTime(),
    end: input.EndDate?.getTime(),
    window: input.FlexibleTimeWindow,
    state: input.State ?? "ENABLED",
    afterCompletion: input.ActionAfterCompletion ?? "NONE",
    kmsKey: input.KmsKeyArn,
    target: {
      ...input.Target,
      RetryPolicy: {
        MaximumEventAgeInSeconds: MAX_RETRY_SECONDS,
        MaximumRetryAttempts: MAX_RETRIES,
        ...input.Target.RetryPolicy,
      },
    },
    clientToken: input.ClientToken,
  };
}

function described(ctx: Context, schedule: Schedule): Scheduler.GetScheduleOutput {
  const date = (time: number | undefined) => (time === undefined ? undefined : new Date(time));
  return {
    ...summary(ctx, schedule),
    ActionAfterCompletion: schedule.afterCompletion,
    Description: schedule.description,
    EndDate: date(schedule.end),
    FlexibleTimeWindow: schedule.window,
    KmsKeyArn: schedule.kmsKey,
    ScheduleExpression: schedule.expression,
    ScheduleExpressionTimezone: schedule.timeZone,
    StartDate: date(schedule.start),
    Target: schedule.target,
  };
}

function summary(ctx: Context, schedule: Schedule): Scheduler.ScheduleSummary {
  return {
    Arn: scheduleArn(ctx, schedule.group, schedule.name),
    CreationDate: new Date(schedule.created),
    GroupName: schedule.group,
    LastModificationDate: new Date(schedule.modified),
    Name: schedule.name,
    State: schedule.state,
    Target: { Arn: schedule.target.Arn },
  };
}
