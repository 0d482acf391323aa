import type * as Scheduler from "#aws/contract/types/scheduler.ts";
import { collection, type Place } from "#kernel/records/collection.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

export interface Schedule {
  group: string;
  name: string;
  expression: string;
  timeZone: string;
  description?: string | undefined;
  start?: Time | undefined;
  end?: Time | undefined;
  window: Scheduler.FlexibleTimeWindow;
  state: Scheduler.ScheduleState;
  afterCompletion: Scheduler.ActionAfterCompletion;
  kmsKey?: string | undefined;
  target: Scheduler.Target;
  clientToken?: string | undefined;
  created: Time;
  modified: Time;
  /** The number of the last change. A timer with another revision is obsolete. */
  revision: number;
}

export interface Group {
  name: string;
  state: Scheduler.ScheduleGroupState;
  tags: Scheduler.Tag[];
  clientToken?: string | undefined;
  created: Time;
  modified: Time;
}

/** The name of the group that exists in every account and Region. */
export const DEFAULT_GROUP = "default";

export const schedules = collection<Schedule>("scheduler/schedule", {
  scope: "region",
  key: (s) => [s.group, s.name],
  indexes: { name: (s) => [s.name, s.group] },
});
export const groups = collection<Group>("scheduler/group", { scope: "region", key: (g) => [g.name] });

export const scheduleArn = (place: Place, group: string, name: string) =>
  arn(place, `schedule/${group}/${name}`);
export const groupArn = (place: Place, name: string) => arn(place, `schedule-group/${name}`);

const arn = ({ account, region }: Place, resource: string) =>
  `arn:aws:scheduler:${region}:${account}:${resource}`;
