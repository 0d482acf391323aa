import { afterEach, beforeEach, expect, test } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { defineService } from "#kernel/service.ts";
import { TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import { sns } from "../service.ts";

const ACCOUNT = "000000000000";
const ROLE = `arn:aws:iam::${ACCOUNT}:role/firehose`;

let nube: TestCloud;
let invoked: Record<string, unknown>[];
let records: string[];
let sent: { body: string; group: string | undefined }[];
/** The messages that the queue currently refuses. */
let refused: Set<string>;

/** Replaces the services that SNS delivers to. */
const lambda = defineService({
  id: "lambda",
  operations: [
    {
      async Invoke(_, { Payload, InvocationType }) {
        invoked.push({ InvocationType, ...JSON.parse(Buffer.from(Payload as Uint8Array).toString()) });
        return { StatusCode: 202 };
      },
    },
  ],
  access: { Invoke: () => [] },
});
const firehose = defineService({
  id: "firehose",
  operations: [
    {
      async PutRecord(_, { DeliveryStreamName, Record: { Data } }) {
        records.push(`${DeliveryStreamName} ${Buffer.from(Data).toString()}`);
        return { RecordId: "1" };
      },
    },
  ],
  access: { PutRecord: () => [] },
});
const sqs = defineService({
  id: "sqs",
  operations: [
    {
      async SendMessage(_, { MessageBody: body, MessageGroupId: group }) {
        if (refused.has(body)) throw new AwsError("ServiceUnavailable", "later", { status: 503 });
        sent.push({ body, group });
        return {};
      },
    },
  ],
  access: { SendMessage: () => [] },
});

beforeEach(async () => {
  invoked = [];
  records = [];
  sent = [];
  refused = new Set();
  nube = await testCloud([sns, lambda, firehose, sqs]);
});
afterEach(() => nube.close());

async function subscribed(
  Protocol: string,
  Endpoint: string,
  attributes = {},
  topic: Record<string, string> = {},
) {
  const Name = topic.FifoTopic ? "topic.fifo" : "topic";
  const { TopicArn } = await nube.aws.sns.CreateTopic({ Name, Attributes: topic });
  const request = { TopicArn: TopicArn!, Protocol, Endpoint, Attributes: attributes };
  const { SubscriptionArn } = await nube.aws.sns.Subscribe(request);
  return { TopicArn: TopicArn!, SubscriptionArn: SubscriptionArn! };
}

test("a Lambda function receives an SNS event", async () => {
  const arn = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
  const { TopicArn, SubscriptionArn } = await subscribed("lambda", arn);
  const MessageAttributes = { k: { DataType: "String", StringValue: "v" } };
  const { MessageId } = await nube.aws.sns.Publish({ TopicArn, Message: "hello", MessageAttributes });
  await nube.advance("1s");
  expect(invoked).toEqual([
    {
      InvocationType: "Event",
      Records: [
        {
          EventSource: "aws:sns",
          EventVersion: "1.0",
          EventSubscriptionArn: SubscriptionArn,
          Sns: {
            Type: "Notification",
            MessageId,
            TopicArn,
            Subject: null,
            Message: "hello",
            Timestamp: new Date(TEST_START).toISOString(),
            SignatureVersion: "1",
            Signature: expect.any(String),
            SigningCertUrl: expect.stringMatching(/\.pem$/),
            UnsubscribeUrl: expect.stringContaining(SubscriptionArn),
            MessageAttributes: { k: { Type: "String", Value: "v" } },
          },
        },
      ],
    },
  ]);
});

test("a delivery stream receives one line per message", async () => {
  const arn = `arn:aws:firehose:us-east-1:${ACCOUNT}:deliverystream/s`;
  const attributes = { SubscriptionRoleArn: ROLE, RawMessageDelivery: "true" };
  const { TopicArn } = await subscribed("firehose", arn, attributes);
  await nube.aws.sns.Publish({ TopicArn, Message: "hello" });
  await nube.advance("1s");
  expect(records).toEqual(["s hello\n"]);
});

test("an undeliverable message blocks its group and no other", async () => {
  const fifo = { FifoTopic: "true", ContentBasedDeduplication: "true" };
  const queue = `arn:aws:sqs:us-east-1:${ACCOUNT}:queue.fifo`;
  const { TopicArn } = await subscribed("sqs", queue, { RawMessageDelivery: "true" }, fifo);
  refused.add("a1");
  for (const [Message, MessageGroupId] of [
    ["a1", "a"],
    ["a2", "a"],
    ["b1", "b"],
  ] as const)
    await nube.aws.sns.Publish({ TopicArn, Message, MessageGroupId });
  await nube.advance("1s");
  expect(sent).toEqual([{ body: "b1", group: "b" }]);
  refused.clear();
  await nube.advance("1m");
  expect(sent.map(({ body }) => body)).toEqual(["b1", "a1", "a2"]);
});

test("a queue that is unavailable for an hour receives everything afterwards", async () => {
  const { TopicArn } = await subscribed("sqs", `arn:aws:sqs:us-east-1:${ACCOUNT}:queue`, {
    RawMessageDelivery: "true",
  });
  refused.add("hello");
  await nube.aws.sns.Publish({ TopicArn, Message: "hello" });
  await nube.advance("1h");
  expect(sent).toEqual([]);
  refused.clear();
  await nube.advance("1m");
  expect(sent).toMatchObject([{ body: "hello" }]);
});
