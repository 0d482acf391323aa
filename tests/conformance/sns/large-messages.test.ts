import {
  GetTopicAttributesCommand,
  PublishBatchCommand,
  PublishCommand,
  SetTopicAttributesCommand,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { SetQueueAttributesCommand } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { queueArn, snsCloud } from "./sns.ts";

const cloud = snsCloud();

const LARGE = doc("sns/latest/dg/large-message-payloads.html");
const QUOTAS = "https://docs.aws.amazon.com/general/latest/gr/sns.html";
const publish = (TopicArn: string, bytes: number) =>
  cloud.sns().send(new PublishCommand({ TopicArn, Message: "m".repeat(bytes) }));
const setSize = (TopicArn: string, AttributeValue: string) =>
  cloud
    .sns()
    .send(new SetTopicAttributesCommand({ TopicArn, AttributeName: "MaximumMessageSize", AttributeValue }));
const sizeOf = async (TopicArn: string) =>
  (await cloud.sns().send(new GetTopicAttributesCommand({ TopicArn }))).Attributes!.MaximumMessageSize;
const subscribe = (TopicArn: string, Protocol: string, Endpoint: string) =>
  cloud.sns().send(new SubscribeCommand({ TopicArn, Protocol, Endpoint }));
const REFUSED = { name: "InvalidParameterException", $metadata: { httpStatusCode: 400 } };

behaviour("a topic returns MaximumMessageSize only if it was set", LARGE, async () => {
  const topic = await cloud.topic();
  expect(await sizeOf(topic)).toBeUndefined();
  await setSize(topic, "2048");
  expect(await sizeOf(topic)).toBe("2048");
});

behaviour("a topic accepts messages up to its MaximumMessageSize", LARGE, async () => {
  const topic = await cloud.topic({ MaximumMessageSize: "1048576" });
  await publish(topic, 1_048_576);
  await expect(publish(topic, 1_048_577)).rejects.toMatchObject({
    ...REFUSED,
    message: "Invalid parameter: Message too long",
  });
  await setSize(topic, "1024");
  await publish(topic, 1_024);
  await expect(publish(topic, 1_025)).rejects.toMatchObject(REFUSED);
});

behaviour("the size limit applies to a batch as a whole", LARGE, async () => {
  const TopicArn = await cloud.topic({ MaximumMessageSize: "1048576" });
  const batch = (...sizes: number[]) => {
    const entries = sizes.map((size, n) => ({ Id: `${n}`, Message: "m".repeat(size) }));
    return cloud.sns().send(new PublishBatchCommand({ TopicArn, PublishBatchRequestEntries: entries }));
  };
  expect((await batch(524_288, 524_288)).Successful).toHaveLength(2);
  await expect(batch(524_288, 524_289)).rejects.toMatchObject({ name: "BatchRequestTooLongException" });
});

behaviour("a queue's MaximumMessageSize does not apply to messages of a topic", LARGE, async () => {
  const { topic, url } = await cloud.pair({ RawMessageDelivery: "true" }, { MaximumMessageSize: "1048576" });
  await cloud
    .sqs()
    .send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { MaximumMessageSize: "1024" } }));
  await publish(topic, 1_000_000);
  expect((await cloud.received(url)).map(({ Body }) => Body!.length)).toEqual([1_000_000]);
});

for (const value of ["1023", "1048577", "many", "-1", "2048.5", ""])
  behaviour(`"${value}" is not a valid MaximumMessageSize`, LARGE, async () => {
    await expect(cloud.topic({ MaximumMessageSize: value })).rejects.toMatchObject(REFUSED);
    await expect(setSize(await cloud.topic(), value)).rejects.toMatchObject(REFUSED);
  });

behaviour("large messages allow only subscriptions of SQS, Lambda and Firehose", LARGE, async () => {
  const large = await cloud.topic({ MaximumMessageSize: "262145" });
  await expect(subscribe(large, "email", "a@example.com")).rejects.toMatchObject(REFUSED);
  await subscribe(large, "sqs", queueArn("anywhere"));
  const usual = await cloud.topic({ MaximumMessageSize: "262144" });
  await subscribe(usual, "email", "a@example.com");
  await expect(setSize(usual, "262145")).rejects.toMatchObject(REFUSED);
});

behaviour(
  "large messages cannot be enabled on a topic with more than a hundred subscriptions",
  LARGE,
  async () => {
    const topic = await cloud.topic();
    for (let n = 0; n < 101; n++) await subscribe(topic, "sqs", queueArn(`queue-${n}`));
    await expect(setSize(topic, "1048576")).rejects.toMatchObject(REFUSED);
  },
);

behaviour("a FIFO topic has at most a hundred subscriptions", QUOTAS, async () => {
  const topic = await cloud.topic({ FifoTopic: "true" });
  for (let n = 0; n < 100; n++) await subscribe(topic, "sqs", queueArn(`queue-${n}.fifo`));
  await expect(subscribe(topic, "sqs", queueArn("one-more.fifo"))).rejects.toMatchObject({
    name: "SubscriptionLimitExceededException",
    $metadata: { httpStatusCode: 403 },
  });
  await subscribe(topic, "sqs", queueArn("queue-0.fifo"));
});
