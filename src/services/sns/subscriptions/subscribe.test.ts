import { expect, onTestFinished, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, testCloud } from "#kernel/testing.ts";
import { sns } from "../service.ts";
import { subscriptions } from "../store.ts";

test("a topic's filter policies are counted among any number of subscriptions without one", async () => {
  const { aws, close } = await testCloud([sns]);
  onTestFinished(close);
  const { TopicArn = "" } = await aws.sns.CreateTopic({ Name: "topic" });
  const subscribe = (n: number, Attributes = {}) =>
    aws.sns.Subscribe({ TopicArn, Protocol: "sms", Endpoint: `+49170${1_000_000 + n}`, Attributes });
  const FilterPolicy = JSON.stringify({ a: ["b"] });
  for (let n = 0; n < 1_000; n++) await subscribe(n);
  for (let n = 1_000; n < 1_200; n++) await subscribe(n, { FilterPolicy });
  await expect(subscribe(1_200, { FilterPolicy })).rejects.toMatchObject({
    code: "FilterPolicyLimitExceededException",
  });
});

test("a subscription that can no longer be confirmed does not prevent another one", async () => {
  const { aws, cloud, close } = await testCloud([sns]);
  onTestFinished(close);
  const { TopicArn = "" } = await aws.sns.CreateTopic({ Name: "topic" });
  const subscribe = () => aws.sns.Subscribe({ TopicArn, Protocol: "email", Endpoint: "a@example.com" });
  await subscribe();
  const principal = rootOf(TEST_PLACE.account);
  const ctx = cloud.context({ service: sns, principal, place: TEST_PLACE, requestId: "r" });
  const all = () => ctx.read((tx) => tx.list(subscriptions, { limit: 10 }));
  const [former] = await all();
  const created = former!.created - 3 * 86_400_000;
  await ctx.transact((tx) => tx.put(subscriptions, { ...former!, created }));
  await subscribe();
  const [now, ...others] = await all();
  expect(others).toEqual([]);
  expect(now).toMatchObject({ confirmed: false, created: former!.created });
  expect(now!.token).not.toBe(former!.token);
});
