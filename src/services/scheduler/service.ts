import { type AccessFact, passRoleFacts } from "#kernel/calls/authorize.ts";
import type { Context } from "#kernel/context.ts";
import { defineService } from "#kernel/service.ts";
import { dissolve, groupOperations } from "./groups.ts";
import { scheduleOperations } from "./schedules.ts";
import { DEFAULT_GROUP, groupArn, scheduleArn } from "./store.ts";
import { schedulerJobs } from "./timer.ts";

const fact = (action: string, resource: string): AccessFact => ({ action: `scheduler:${action}`, resource });
const onSchedule =
  (action: string) =>
  (ctx: Context, { Name, GroupName = DEFAULT_GROUP }: { Name: string; GroupName?: string }) => [
    fact(action, scheduleArn(ctx, GroupName, Name)),
  ];
/** Returns the access facts of a call that passes a role to the service. */
const withRole =
  (action: string) =>
  (ctx: Context, input: { Name: string; GroupName?: string; Target: { RoleArn: string } }) => [
    ...onSchedule(action)(ctx, input),
    ...passRoleFacts([input.Target.RoleArn]),
  ];
const onGroup =
  (action: string) =>
  (ctx: Context, { Name }: { Name: string }) => [fact(action, groupArn(ctx, Name))];
const onResource =
  (action: string) =>
  (_: Context, { ResourceArn }: { ResourceArn: string }) => [fact(action, ResourceArn)];

export const scheduler = defineService({
  id: "scheduler",
  operations: [scheduleOperations, groupOperations],
  jobs: [...schedulerJobs, dissolve],
  access: {
    CreateSchedule: withRole("CreateSchedule"),
    UpdateSchedule: withRole("UpdateSchedule"),
    GetSchedule: onSchedule("GetSchedule"),
    DeleteSchedule: onSchedule("DeleteSchedule"),
    ListSchedules: (ctx, { GroupName = "*" }) => [fact("ListSchedules", scheduleArn(ctx, GroupName, "*"))],
    CreateScheduleGroup: onGroup("CreateScheduleGroup"),
    GetScheduleGroup: onGroup("GetScheduleGroup"),
    DeleteScheduleGroup: onGroup("DeleteScheduleGroup"),
    ListScheduleGroups: (ctx) => [fact("ListScheduleGroups", groupArn(ctx, "*"))],
    TagResource: onResource("TagResource"),
    UntagResource: onResource("UntagResource"),
    ListTagsForResource: onResource("ListTagsForResource"),
  },
});
