import { configuration } from "../buckets/configurations.ts";

/** Which events a bucket sends, and where. */
export interface Notifications {
  targets: Target[];
  /** Whether EventBridge gets all events. */
  bridge: boolean;
}

export type TargetKind = "queue" | "topic" | "function";

export interface Target {
  id: string;
  kind: TargetKind;
  arn: string;
  /** As they were given: `s3:ObjectCreated:*`. */
  events: string[];
  /** As they were given, their names capitalized as S3 gives them back; absent without a filter. */
  rules?: FilterRule[];
}

export interface FilterRule {
  Name: "Prefix" | "Suffix";
  Value: string;
}

export const notifications = configuration<Notifications>("notification");
