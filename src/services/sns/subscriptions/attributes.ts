import { parseArn } from "#aws/arn.ts";
import {
  FilterPolicyError,
  type FilterScope,
  filterPolicy,
} from "#aws/languages/filter-policy/filter-policy.ts";
import { checkDeliveryPolicy } from "../delivery/policy.ts";
import { invalidParameter } from "../errors.ts";
import type { Protocol } from "../store.ts";

const NAMES = new Set([
  "DeliveryPolicy",
  "FilterPolicy",
  "FilterPolicyScope",
  "RawMessageDelivery",
  "RedrivePolicy",
  "SubscriptionRoleArn",
  "ReplayPolicy",
]);
const RAW_PROTOCOLS = new Set<Protocol>(["sqs", "http", "https", "firehose"]);
const SCOPES: readonly string[] = ["MessageAttributes", "MessageBody"] satisfies FilterScope[];

export const scopeOf = (attributes: Readonly<Record<string, string>>): FilterScope =>
  (attributes.FilterPolicyScope as FilterScope | undefined) ?? "MessageAttributes";

/**
 * Holds one attribute to its rules.
 * @param others the subscription's attributes besides: a filter policy is judged by its scope
 * @throws {AwsError} InvalidParameter
 */
export function checkAttribute(
  name: string,
  value: string,
  protocol: Protocol,
  others: Readonly<Record<string, string>>,
): void {
  if (!NAMES.has(name)) throw invalidParameter("AttributeName");
  switch (name) {
    case "RawMessageDelivery":
      if (!/^(true|false)$/i.test(value)) {
        throw invalidParameter(
          `Attributes Reason: RawMessageDelivery: Invalid value [${value}]. Must be true or false.`,
        );
      }
      if (/true/i.test(value) && !RAW_PROTOCOLS.has(protocol)) {
        throw invalidParameter(
          `Attributes Reason: RawMessageDelivery: Delivery protocol [${protocol}] does not support raw message delivery.`,
        );
      }
      return;
    case "FilterPolicyScope":
      if (!SCOPES.includes(value)) {
        throw invalidParameter(
          `FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
        );
      }
      if (others.FilterPolicy) checkFilter(others.FilterPolicy, value as FilterScope);
      return;
    case "FilterPolicy":
      if (value !== "") checkFilter(value, scopeOf(others));
      return;
    case "RedrivePolicy":
      if (value !== "" && value !== "{}") checkRedrive(value);
      return;
    case "DeliveryPolicy":
      if (value !== "") checkDeliveryPolicy(value, "subscription");
      return;
    case "SubscriptionRoleArn":
      if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(value)) throw invalidParameter("SubscriptionRoleArn");
      return;
    default:
      checkReplay(value);
  }
}

function checkFilter(policy: string, scope: FilterScope): void {
  try {
    filterPolicy(policy, scope);
  } catch (error) {
    if (error instanceof FilterPolicyError) throw invalidParameter(error.message);
    throw error;
  }
}

function checkRedrive(text: string): void {
  let policy: { deadLetterTargetArn?: unknown };
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter("RedrivePolicy: failed to parse JSON.");
  }
  const { deadLetterTargetArn: target } = policy ?? {};
  const parts = typeof target === "string" ? parseArn(target) : undefined;
  if (parts?.service !== "sqs")
    throw invalidParameter("RedrivePolicy: deadLetterTargetArn is an invalid arn");
}

export interface ReplayPolicy {
  PointType: "Timestamp";
  StartingPoint: string;
  EndingPoint?: string;
}

/** @throws {AwsError} InvalidParameter */
export function checkReplay(text: string): ReplayPolicy | undefined {
  if (text === "" || text === "{}") return undefined;
  let policy: ReplayPolicy;
  try {
    policy = JSON.parse(text);
  } catch {
    throw invalidParameter("ReplayPolicy: failed to parse JSON.");
  }
  const { PointType, StartingPoint, EndingPoint } = policy;
  if (PointType !== "Timestamp") throw invalidParameter("ReplayPolicy: PointType must be Timestamp");
  const start = Date.parse(StartingPoint);
  if (Number.isNaN(start)) throw invalidParameter("ReplayPolicy: StartingPoint is not a valid timestamp");
  if (EndingPoint !== undefined && !(Date.parse(EndingPoint) > start))
    throw invalidParameter("ReplayPolicy: EndingPoint must be after StartingPoint");
  return policy;
}
