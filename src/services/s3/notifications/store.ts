import { configuration } from "../buckets/configurations.ts";

/** The events that a bucket publishes, and their destinations. */
export interface Notifications {
  targets: Target[];
  /** Whether all events are sent to EventBridge. */
  bridge: boolean;
}

export type TargetKind = "queue" | "topic" | "function";

export interface Target {
  id: string;
  kind: TargetKind;
  arn: string;
  /** The event types as they were given, such as `s3:ObjectCreated:*`. */
  events: string[];
  /**
   * The filter rules as they were given, with capitalized names as S3 returns them; absent without a filter.
   */
  rules?: FilterRule[];
}

export interface FilterRule {
  Name: "Prefix" | "Suffix";
  Value: string;
}

export const notifications = configuration<Notifications>("notification");
