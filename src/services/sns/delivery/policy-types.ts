import type { Refusal } from "../errors.ts";

/** The type of each member of a delivery policy; of an object, those of its members. */
export type Types = { [name: string]: "integer" | "string" | "boolean" | Types };

const RETRIES: Types = {
  minDelayTarget: "integer",
  maxDelayTarget: "integer",
  numRetries: "integer",
  numNoDelayRetries: "integer",
  numMinDelayRetries: "integer",
  numMaxDelayRetries: "integer",
  backoffFunction: "string",
};
const THROTTLE: Types = { maxReceivesPerSecond: "integer" };
const REQUEST: Types = { headerContentType: "string" };

export const TOPIC_POLICY: Types = {
  http: {
    defaultHealthyRetryPolicy: RETRIES,
    disableSubscriptionOverrides: "boolean",
    defaultThrottlePolicy: THROTTLE,
    defaultRequestPolicy: REQUEST,
  },
};

export const SUBSCRIPTION_POLICY: Types = {
  healthyRetryPolicy: RETRIES,
  sicklyRetryPolicy: RETRIES,
  throttlePolicy: THROTTLE,
  requestPolicy: REQUEST,
  guaranteed: "boolean",
};

/**
 * Checks the type of each known member. An object may be `null`: SNS itself answers so for one that is absent.
 * @throws {AwsError} InvalidParameter
 */
export function checkTypes(policy: object, types: Types, refuse: Refusal, path = ""): void {
  for (const [name, value] of Object.entries(policy)) {
    const type = Object.hasOwn(types, name) ? types[name] : undefined;
    if (type === undefined) continue;
    const expected = typeof type === "string" ? type : "object";
    const received = typeOf(value);
    if (received === "null" && expected === "object") continue;
    if (received !== expected)
      throw refuse(
        `DeliveryPolicy: ${path}${name} type mismatch, expecting ${expected}, received a ${received}`,
      );
    if (typeof type === "object") checkTypes(value as object, type, refuse, `${path}${name}.`);
  }
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}
