import { parseArn } from "#aws/arn.ts";
import {
  FilterPolicyError,
  type FilterScope,
  filterPolicy,
} from "#aws/languages/filter-policy/filter-policy.ts";
import { checkDeliveryPolicy } from "../delivery/policy.ts";
import { invalidParameter, type Refusal } from "../errors.ts";
import type { Protocol, Subscription } from "../store.ts";

const RAW_PROTOCOLS = new Set<Protocol>(["sqs", "http", "https", "firehose"]);
const SCOPES: readonly string[] = ["MessageAttributes", "MessageBody"] satisfies FilterScope[];

export const scopeOf = (attributes: Readonly<Record<string, string>>): FilterScope =>
  (attributes.FilterPolicyScope as FilterScope | undefined) ?? "MessageAttributes";

/** Whether that value removes the attribute. */
export const isUnset = (name: string, value: string): boolean =>
  value === "" || (value === "{}" && name !== "DeliveryPolicy");

/** A value in the form of responses. */
export const normalized = (name: string, value: string): string =>
  name === "RawMessageDelivery" ? value.toLowerCase() : value;

/** The data that the rules need: a filter policy depends on its scope, a dead-letter queue on its Region. */
type Subscribed = Pick<Subscription, "protocol" | "endpoint" | "topicName"> & {
  region: string;
  attributes: Readonly<Record<string, string>>;
};

type Check = (value: string, of: Subscribed, refuse: Refusal) => void;

const CHECKS: Readonly<Record<string, Check>> = {
  DeliveryPolicy(value, _, refuse) {
    if (value !== "") checkDeliveryPolicy(value, "subscription", refuse);
  },
  FilterPolicy(value, { attributes }, refuse) {
    if (value !== "") checkFilter(value, scopeOf(attributes), refuse);
  },
  FilterPolicyScope(value, { attributes: { FilterPolicy } }, refuse) {
    if (!SCOPES.includes(value))
      throw refuse(
        `FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
      );
    if (FilterPolicy) checkFilter(FilterPolicy, value as FilterScope, refuse);
  },
  RawMessageDelivery(value, { protocol }, refuse) {
    if (!/^(true|false)$/i.test(value))
      throw refuse(`RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
    if (/true/i.test(value) && !RAW_PROTOCOLS.has(protocol))
      throw refuse(`Delivery protocol [${protocol}] does not support raw message delivery.`);
  },
  RedrivePolicy(value, of, refuse) {
    if (value !== "" && value !== "{}") checkRedrive(value, of, refuse);
  },
  ReplayPolicy(value, { topicName }, refuse) {
    if (!topicName.endsWith(".fifo")) throw refuse("ReplayPolicy");
    checkReplay(value, refuse);
  },
  SubscriptionRoleArn(value, _, refuse) {
    if (!/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/.test(value)) throw refuse("SubscriptionRoleArn");
  },
};

/** Checks one attribute. @throws {AwsError} InvalidParameter */
export function checkAttribute(name: string, value: string, of: Subscribed, refuse: Refusal): void {
  const check = Object.hasOwn(CHECKS, name) ? CHECKS[name] : undefined;
  if (!check) throw refuse("AttributeName");
  check(value, of, refuse);
}

function checkFilter(policy: string, scope: FilterScope, refuse: Refusal): void {
  try {
    filterPolicy(policy, scope);
  } catch (error) {
    if (error instanceof FilterPolicyError) throw refuse(error.message);
    throw error;
  }
}

function checkRedrive(text: string, { endpoint, topicName, region }: Subscribed, refuse: Refusal): void {
  let policy: { deadLetterTargetArn?: unknown };
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse("RedrivePolicy: failed to parse JSON.");
  }
  const unknown = Object.keys(policy ?? {}).find((name) => name !== "deadLetterTargetArn");
  if (unknown !== undefined) throw refuse(`RedrivePolicy: invalid JSON. Attribute ${unknown} is unknown.`);
  const { deadLetterTargetArn: target } = policy ?? {};
  if (target === undefined) throw refuse("RedrivePolicy: Missing deadLetterTargetArn attribute");
  const parts = typeof target === "string" ? parseArn(target) : undefined;
  if (!parts) throw refuse("RedrivePolicy: deadLetterTargetArn is an invalid arn");
  if (parts.service !== "sqs") throw refuse("RedrivePolicy: deadLetterTargetArn must be a SQS queue");
  if (parts.region !== region)
    throw refuse("RedrivePolicy: deadLetterTargetArn must be in the same region as the subscription");
  const isLine = topicName.endsWith(".fifo") && endpoint.endsWith(".fifo");
  if (isLine && !parts.resource.endsWith(".fifo")) {
    throw refuse("RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
  }
}

export interface ReplayPolicy {
  PointType: "Timestamp";
  StartingPoint: string;
  EndingPoint?: string;
}

/** @throws {AwsError} InvalidParameter */
export function checkReplay(text: string, refuse: Refusal = invalidParameter): ReplayPolicy | undefined {
  if (text === "" || text === "{}") return undefined;
  let policy: ReplayPolicy | null;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse("ReplayPolicy: failed to parse JSON.");
  }
  if (typeof policy !== "object" || policy === null) throw refuse("ReplayPolicy: failed to parse JSON.");
  const { PointType, StartingPoint, EndingPoint } = policy;
  if (PointType !== "Timestamp") throw refuse("ReplayPolicy: PointType must be Timestamp");
  const moment = (text: unknown) => (typeof text === "string" ? Date.parse(text) : Number.NaN);
  const start = moment(StartingPoint);
  if (Number.isNaN(start)) throw refuse("ReplayPolicy: StartingPoint is not a valid timestamp");
  if (EndingPoint !== undefined && !(moment(EndingPoint) > start))
    throw refuse("ReplayPolicy: EndingPoint must be after StartingPoint");
  return policy;
}
