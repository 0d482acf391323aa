import { expect, onTestFinished, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { sns } from "../service.ts";

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
