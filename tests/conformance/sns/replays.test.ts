import {
  GetSubscriptionAttributesCommand,
  PublishCommand,
  SetSubscriptionAttributesCommand,
} from "@aws-sdk/client-sns";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { snsCloud } from "./sns.ts";

const cloud = snsCloud();

const REPLAY = doc("sns/latest/dg/message-archiving-and-replay-subscriber.html");
const archived = (attributes: Record<string, string> = {}) =>
  cloud.pair(attributes, {
    FifoTopic: "true",
    ContentBasedDeduplication: "true",
    ArchivePolicy: '{"MessageRetentionPeriod":"1"}',
  });
const publish = (TopicArn: string, Message: string, more: object = {}) =>
  cloud.sns().send(new PublishCommand({ TopicArn, Message, MessageGroupId: "g", ...more }));
const replay = (SubscriptionArn: string, policy: object | undefined) =>
  cloud.sns().send(
    new SetSubscriptionAttributesCommand({
      SubscriptionArn,
      AttributeName: "ReplayPolicy",
      AttributeValue: policy ? JSON.stringify({ PointType: "Timestamp", ...policy }) : "",
    }),
  );
const statusOf = async (SubscriptionArn: string) =>
  (await cloud.sns().send(new GetSubscriptionAttributesCommand({ SubscriptionArn }))).Attributes!
    .ReplayStatus;
const texts = async (url: string) => (await cloud.notifications(url)).map(({ Message }) => Message);
const LONG_AGO = new Date(0).toISOString();
/** Advances beyond the queue's own deduplication interval of five minutes. */
const SIX_MINUTES = 6 * 60_000;

behaviour("a replay delivers archived messages again", REPLAY, async () => {
  const { topic, url, subscription } = await archived();
  await publish(topic, "kept");
  expect(await texts(url)).toEqual(["kept"]);
  await cloud.advance(SIX_MINUTES);
  await replay(subscription, { StartingPoint: LONG_AGO });
  await cloud.advance(60_000);
  const again = await cloud.notifications(url);
  expect(again.map(({ Message, Replayed }) => [Message, Replayed])).toContainEqual(["kept", true]);
});

behaviour("the start of a replay may be before the archive begins", REPLAY, async () => {
  const { topic, subscription } = await archived();
  await publish(topic, "kept");
  await replay(subscription, { StartingPoint: "1960-01-01T00:00:00.000Z" });
  await cloud.advance(1_000);
  expect(await statusOf(subscription)).toBe("Completed");
});

behaviour("ReplayStatus is returned while there is a replay policy", REPLAY, async () => {
  const { topic, subscription } = await archived();
  expect(await statusOf(subscription)).toBeUndefined();
  await publish(topic, "kept");
  await replay(subscription, { StartingPoint: LONG_AGO });
  await cloud.advance(1_000);
  expect(await statusOf(subscription)).toBe("Completed");
  await replay(subscription, undefined);
  expect(await statusOf(subscription)).toBeUndefined();
});

behaviour("a filter policy applies to replayed messages", REPLAY, async () => {
  const { topic, url, subscription } = await archived();
  const colour = (StringValue: string) => ({
    MessageAttributes: { colour: { DataType: "String", StringValue } },
  });
  await publish(topic, "a", colour("red"));
  await publish(topic, "b", colour("blue"));
  expect(await texts(url)).toEqual(["a", "b"]);
  await cloud.sns().send(
    new SetSubscriptionAttributesCommand({
      SubscriptionArn: subscription,
      AttributeName: "FilterPolicy",
      AttributeValue: '{"colour":["blue"]}',
    }),
  );
  await cloud.advance(SIX_MINUTES);
  await replay(subscription, { StartingPoint: LONG_AGO });
  await cloud.advance(60_000);
  const replayed = (await cloud.notifications(url)).filter(({ Replayed }) => Replayed);
  expect(replayed.map(({ Message }) => Message)).toEqual(["b"]);
});

behaviour("a subscription whose replay has an end receives nothing after it", REPLAY, async () => {
  const { topic, url, subscription } = await archived();
  await publish(topic, "before");
  expect(await texts(url)).toEqual(["before"]);
  await cloud.advance(SIX_MINUTES);
  const EndingPoint = "2000-01-01T00:00:00Z";
  await replay(subscription, { StartingPoint: LONG_AGO, EndingPoint });
  await publish(topic, "after", { MessageGroupId: "other" });
  await cloud.advance(1_000);
  expect(await statusOf(subscription)).toBe("Completed");
  expect(await texts(url)).not.toContain("after");
  await replay(subscription, undefined);
  await publish(topic, "again", { MessageGroupId: "another" });
  expect(await texts(url)).toContain("again");
});
