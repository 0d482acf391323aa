import { expect, test } from "vitest";
import { invalidParameter } from "../errors.ts";
import { checkDeliveryPolicy, delayAfter, effectiveSubscriptionPolicy, retriesFor } from "./policy.ts";

const { healthyRetryPolicy: byDefault } = effectiveSubscriptionPolicy(undefined, undefined);
const delays = (protocol: string, count: number, policy = byDefault) =>
  Array.from({ length: count }, (_, i) => delayAfter(i + 1, retriesFor(protocol, policy)));

test("an HTTP delivery is retried three times, every 20 seconds", () => {
  expect(delays("https", 4)).toEqual([20_000, 20_000, 20_000, undefined]);
});

test("a delivery to AWS services is retried at once, then with growing delays, then every 20 seconds for weeks", () => {
  const found = delays("sqs", 16) as number[];
  expect(found.slice(0, 5)).toEqual([0, 0, 0, 1_000, 1_000]);
  expect(found.slice(5, 15)).toEqual(found.slice(5, 15).toSorted((a, b) => a - b));
  expect(found[15]).toBe(20_000);
  expect(delayAfter(100_015, retriesFor("sqs", byDefault))).toBe(20_000);
  expect(delayAfter(100_016, retriesFor("sqs", byDefault))).toBeUndefined();
});

test("deliveries by e-mail and SMS are retried fifty times", () => {
  expect(delays("sms", 1)).toEqual([10_000]);
  expect(delayAfter(50, retriesFor("sms", byDefault))).toBe(600_000);
  expect(delayAfter(51, retriesFor("sms", byDefault))).toBeUndefined();
});

test.each(["linear", "arithmetic", "geometric", "exponential"] as const)(
  "the %s backoff ends at its maximum delay",
  (backoffFunction) => {
    const policy = { ...byDefault, numRetries: 6, minDelayTarget: 1, maxDelayTarget: 60, backoffFunction };
    const found = delays("http", 7, policy);
    expect(found[0]).toBe(1_000);
    expect(found[5]).toBe(60_000);
    expect(found[6]).toBeUndefined();
  },
);

test("a subscription's policy overrides its topic's unless the topic forbids it", () => {
  const of = (retries: number) => ({ numRetries: retries });
  const topic = (disableSubscriptionOverrides: boolean) =>
    JSON.stringify({ http: { defaultHealthyRetryPolicy: of(5), disableSubscriptionOverrides } });
  const own = JSON.stringify({ healthyRetryPolicy: of(7) });
  const retries = (forbids: boolean) =>
    effectiveSubscriptionPolicy(topic(forbids), own).healthyRetryPolicy.numRetries;
  expect([retries(false), retries(true)]).toEqual([7, 5]);
});

test.each([
  [{ numRetries: 101 }],
  [{ minDelayTarget: 0 }],
  [{ maxDelayTarget: 3_601 }],
  [{ minDelayTarget: 30, maxDelayTarget: 20 }],
  [{ numRetries: 2, numNoDelayRetries: 3 }],
  [{ backoffFunction: "fast" }],
])("%o is refused", (healthyRetryPolicy) => {
  expect(() =>
    checkDeliveryPolicy(JSON.stringify({ healthyRetryPolicy }), "subscription", invalidParameter),
  ).toThrow(/DeliveryPolicy/);
});
