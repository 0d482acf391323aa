import type { Refusal } from "../errors.ts";
import { checkTypes, SUBSCRIPTION_POLICY, TOPIC_POLICY, type Types } from "./policy-types.ts";

/** When a delivery is retried: in four consecutive phases. */
export interface RetryPolicy {
  /** Seconds. */
  minDelayTarget: number;
  maxDelayTarget: number;
  numRetries: number;
  numNoDelayRetries: number;
  numMinDelayRetries: number;
  numMaxDelayRetries: number;
  backoffFunction: "linear" | "arithmetic" | "geometric" | "exponential";
}

const HTTP: RetryPolicy = {
  minDelayTarget: 20,
  maxDelayTarget: 20,
  numRetries: 3,
  numMaxDelayRetries: 0,
  numNoDelayRetries: 0,
  numMinDelayRetries: 0,
  backoffFunction: "linear",
};

/** For AWS's own services: 100,015 attempts in 23 days. */
const MANAGED: RetryPolicy = {
  numNoDelayRetries: 3,
  numMinDelayRetries: 2,
  minDelayTarget: 1,
  maxDelayTarget: 20,
  numRetries: 100_015,
  numMaxDelayRetries: 100_000,
  backoffFunction: "exponential",
};

/** For mail, phones and push services: 50 attempts in 6 hours. */
const CUSTOMERS: RetryPolicy = {
  numNoDelayRetries: 0,
  numMinDelayRetries: 2,
  minDelayTarget: 10,
  maxDelayTarget: 600,
  numRetries: 50,
  numMaxDelayRetries: 38,
  backoffFunction: "exponential",
};

interface TopicPolicy {
  http?: {
    defaultHealthyRetryPolicy?: Partial<RetryPolicy>;
    disableSubscriptionOverrides?: boolean;
    defaultThrottlePolicy?: { maxReceivesPerSecond?: number };
    defaultRequestPolicy?: RequestPolicy;
  };
}

interface RequestPolicy {
  headerContentType?: string;
}

interface SubscriptionPolicy {
  healthyRetryPolicy?: Partial<RetryPolicy>;
  throttlePolicy?: { maxReceivesPerSecond?: number };
  requestPolicy?: RequestPolicy;
  sicklyRetryPolicy?: Partial<RetryPolicy> | null;
  guaranteed?: boolean;
}

const CONTENT_TYPE = "text/plain; charset=UTF-8";

/** A topic's policy, with the defaults of what it leaves out. */
export function effectivePolicy(text: string | undefined) {
  const { http }: TopicPolicy = text ? JSON.parse(text) : {};
  return {
    http: {
      defaultHealthyRetryPolicy: { ...HTTP, ...http?.defaultHealthyRetryPolicy },
      disableSubscriptionOverrides: http?.disableSubscriptionOverrides ?? false,
      ...(http?.defaultThrottlePolicy && { defaultThrottlePolicy: http.defaultThrottlePolicy }),
      defaultRequestPolicy: { headerContentType: CONTENT_TYPE, ...http?.defaultRequestPolicy },
    },
  };
}

/** A subscription's policy over its topic's, as HTTP endpoints have it. */
export function effectiveSubscriptionPolicy(topicText: string | undefined, text: string | undefined) {
  const { http } = effectivePolicy(topicText);
  const own: SubscriptionPolicy = text && !http.disableSubscriptionOverrides ? JSON.parse(text) : {};
  return {
    healthyRetryPolicy: { ...http.defaultHealthyRetryPolicy, ...own.healthyRetryPolicy },
    sicklyRetryPolicy: own.sicklyRetryPolicy ?? null,
    throttlePolicy: own.throttlePolicy ?? http.defaultThrottlePolicy ?? null,
    requestPolicy: { ...http.defaultRequestPolicy, ...own.requestPolicy },
    guaranteed: own.guaranteed ?? false,
  };
}

const MAX_RETRIES = 100;
const MAX_DELAY = 3_600;
const FUNCTIONS = ["linear", "arithmetic", "geometric", "exponential"];
/** Members that a subscription's own retry policy needs. */
const REQUIRED_MEMBERS = ["minDelayTarget", "maxDelayTarget", "numRetries"] as const;
const COUNTS = ["numNoDelayRetries", "numMinDelayRetries", "numMaxDelayRetries"] as const;

/**
 * https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
 * @throws {AwsError} InvalidParameter
 */
export function checkDeliveryPolicy(text: string, of: "topic" | "subscription", refuse: Refusal): void {
  const isTopic = of === "topic";
  const policy = policyIn(text, isTopic ? TOPIC_POLICY : SUBSCRIPTION_POLICY, refuse);
  const retries = isTopic ? policy.http?.defaultHealthyRetryPolicy : policy.healthyRetryPolicy;
  if (retries) {
    const path = isTopic ? "http.defaultHealthyRetryPolicy" : "healthyRetryPolicy";
    const fail = (what: string) => refuse(`DeliveryPolicy: ${path}.${what}`);
    const needed = isTopic ? undefined : REQUIRED_MEMBERS.find((name) => retries[name] === undefined);
    if (needed) throw fail(`${needed} must be specified`);
    checkRetries({ ...HTTP, ...retries }, fail);
  }
  const throttle = isTopic ? policy.http?.defaultThrottlePolicy : policy.throttlePolicy;
  if (throttle && !((throttle.maxReceivesPerSecond ?? 0) >= 1))
    throw refuse("DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must be >= 1");
}

function policyIn(text: string, types: Types, refuse: Refusal): TopicPolicy & SubscriptionPolicy {
  let policy: TopicPolicy & SubscriptionPolicy;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse("DeliveryPolicy: failed to parse JSON.");
  }
  if (typeof policy !== "object" || policy === null || Array.isArray(policy))
    throw refuse("DeliveryPolicy: failed to parse JSON.");
  const unknown = Object.keys(policy).find((name) => !Object.hasOwn(types, name));
  if (unknown !== undefined) throw refuse(`DeliveryPolicy: Unexpected JSON member: ${unknown}`);
  checkTypes(policy, types, refuse);
  return policy;
}

function checkRetries(policy: RetryPolicy, fail: Refusal): void {
  const { minDelayTarget: min, maxDelayTarget: max, numRetries } = policy;
  if (!(min >= 1)) throw fail("minDelayTarget must be greater than or equal to 1");
  if (!(max <= MAX_DELAY)) throw fail(`maxDelayTarget must be less than or equal to ${MAX_DELAY}`);
  if (max < min) throw fail("maxDelayTarget must be greater than or equal to minDelayTarget");
  if (!(numRetries >= 0)) throw fail("numRetries must be greater than or equal to 0");
  if (!(numRetries <= MAX_RETRIES)) throw fail(`numRetries must be less than or equal to ${MAX_RETRIES}`);
  for (const name of COUNTS)
    if (!(policy[name] >= 0)) throw fail(`${name} must be greater than or equal to 0`);
  if (policy.numNoDelayRetries + policy.numMinDelayRetries + policy.numMaxDelayRetries > numRetries)
    throw fail(
      "numRetries must be greater than or equal to total of numMinDelayRetries, numNoDelayRetries and numMaxDelayRetries",
    );
  if (!FUNCTIONS.includes(policy.backoffFunction))
    throw fail(`backoffFunction: the value [${policy.backoffFunction}] is not a valid backoff function`);
}

export function retriesFor(protocol: string, ofHttp: RetryPolicy): RetryPolicy {
  if (protocol === "http" || protocol === "https") return ofHttp;
  return protocol === "sqs" || protocol === "lambda" || protocol === "firehose" ? MANAGED : CUSTOMERS;
}

/** Milliseconds until the next attempt, after a number of them; `undefined` if there is none. */
export function delayAfter(tries: number, policy: RetryPolicy): number | undefined {
  const { numRetries, numNoDelayRetries, numMinDelayRetries, numMaxDelayRetries } = policy;
  if (tries > numRetries) return undefined;
  const { minDelayTarget: min, maxDelayTarget: max } = policy;
  if (tries <= numNoDelayRetries) return 0;
  const between = tries - numNoDelayRetries - numMinDelayRetries;
  if (between <= 0) return min * 1_000;
  const steps = numRetries - numNoDelayRetries - numMinDelayRetries - numMaxDelayRetries;
  if (between > steps) return max * 1_000;
  const along = steps <= 1 ? 1 : (between - 1) / (steps - 1);
  return Math.round((min + (max - min) * CURVES[policy.backoffFunction](along)) * 1_000);
}

/** The backoff functions, each from 0 to 1. */
const CURVES: Record<RetryPolicy["backoffFunction"], (along: number) => number> = {
  linear: (along) => along,
  arithmetic: (along) => (along + along * along) / 2,
  geometric: (along) => along * along,
  exponential: (along) => (2 ** (along * 8) - 1) / 255,
};
