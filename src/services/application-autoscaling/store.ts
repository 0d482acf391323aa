import type * as AutoScaling from "#aws/contract/types/application-autoscaling.ts";
import { collection, type Place } from "#kernel/records/collection.ts";

/** Milliseconds since 1970, cloud time. */
type Time = number;

/** A scalable capacity: reads or writes of a table or of one of its indexes. */
export interface Scaled {
  /** For example `table/music` or `table/music/index/by-genre`. */
  resource: string;
  dimension: AutoScaling.ScalableDimension;
}

export interface Target extends Scaled {
  id: string;
  min: number;
  max: number;
  role: string;
  suspended: Required<AutoScaling.SuspendedState>;
  tags: Record<string, string>;
  created: Time;
}

export interface Policy extends Scaled {
  name: string;
  id: string;
  config: AutoScaling.TargetTrackingScalingPolicyConfiguration;
  created: Time;
  /** Changes with each request. Jobs compare it to find out whether the policy has changed. */
  revision: number;
  /** When the policy last increased (`out`) and decreased (`in`) the capacity. */
  out?: Time | undefined;
  in?: Time | undefined;
}

export interface ScheduledAction extends Scaled {
  name: string;
  id: string;
  schedule: string;
  timeZone?: string | undefined;
  start?: Time | undefined;
  end?: Time | undefined;
  action: AutoScaling.ScalableTargetAction;
  created: Time;
  revision: number;
}

export interface Activity extends Scaled {
  id: string;
  number: number;
  description: string;
  cause: string;
  start: Time;
  end: Time;
  status: AutoScaling.ScalingActivityStatusCode;
  message: string;
}

const placeOf = ({ resource, dimension }: Scaled) => [resource, dimension];

export const targets = collection<Target>("application-autoscaling/target", {
  scope: "region",
  key: placeOf,
  indexes: { id: (t) => [t.id] },
});
export const policies = collection<Policy>("application-autoscaling/policy", {
  scope: "region",
  key: (p) => [...placeOf(p), p.name],
});
export const scheduledActions = collection<ScheduledAction>("application-autoscaling/scheduled-action", {
  scope: "region",
  key: (a) => [...placeOf(a), a.name],
});
export const activities = collection<Activity>("application-autoscaling/activity", {
  scope: "region",
  key: (a) => [a.number],
});

export const targetArn = ({ account, region }: Place, id: string) =>
  `arn:aws:application-autoscaling:${region}:${account}:scalable-target/${id}`;

/** The ARN of a policy or a scheduled action, which belongs to the service `autoscaling`. */
const partArn = ({ account, region }: Place, kind: string, id: string, resource: string, name: string) =>
  `arn:aws:autoscaling:${region}:${account}:${kind}:${id}:resource/dynamodb/${resource}:${name}`;

export const policyArn = (place: Place, { id, resource, name }: Policy) =>
  partArn(place, "scalingPolicy", id, resource, `policyName/${name}`);
export const actionArn = (place: Place, { id, resource, name }: ScheduledAction) =>
  partArn(place, "scheduledAction", id, resource, `scheduledActionName/${name}`);
