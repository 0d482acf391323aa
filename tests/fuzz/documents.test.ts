import { expect, test } from "vitest";
import { catalog } from "#app/catalog.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { TEST_START, testCloud } from "#kernel/testing.ts";
import { jsonLog } from "#lib/log.ts";

/** Unexpected values for a part of a document, as JSON text. */
const HOSTILE = [
  "null",
  "true",
  "0",
  "-1.5",
  "1e999",
  '""',
  '"x"',
  '"\\ud800"',
  `"${"x".repeat(300)}"`,
  "[]",
  "[[]]",
  "[null]",
  "{}",
  '{"toString":1,"valueOf":1}',
  '[{"toString":1,"valueOf":1}]',
  '{"__proto__":{"toString":1}}',
  '{"constructor":"x","length":1e9}',
  `${"[".repeat(6_000)}${"]".repeat(6_000)}`,
  `${'{"a":'.repeat(2_000)}1${"}".repeat(2_000)}`,
];

const PLACE = "us-east-1:000000000000";
const ROLE = "arn:aws:iam::000000000000:role/test";
const QUEUE = `arn:aws:sqs:${PLACE}:test`;
const TOPIC = `arn:aws:sns:${PLACE}:test`;
const QueueUrl = "http://localhost/000000000000/test";
const statement = (resource: string, action: string, principal: unknown = { AWS: ["000000000000"] }) => ({
  Version: "2012-10-17",
  Id: "a",
  Statement: [
    {
      Sid: "a",
      Effect: "Allow",
      ...(principal !== undefined && { Principal: principal }),
      Action: [action],
      Resource: [resource],
      Condition: { StringEquals: { "aws:SourceAccount": ["000000000000"] } },
    },
  ],
});

interface Document {
  /** A valid document, each part of which the test replaces. */
  good: unknown;
  give(text: string, aws: Clients): Promise<unknown>;
  /** Uses the document, if the service accepted it. */
  use?(aws: Clients): Promise<unknown>;
}

const subscribed = `arn:aws:sns:${PLACE}:test`;

const DOCUMENTS: Record<string, Document> = {
  "a queue's redrive policy": {
    good: { deadLetterTargetArn: `arn:aws:sqs:${PLACE}:dead`, maxReceiveCount: 5 },
    give: (RedrivePolicy, { sqs }) => sqs.SetQueueAttributes({ QueueUrl, Attributes: { RedrivePolicy } }),
    use: ({ sqs }) => sqs.ReceiveMessage({ QueueUrl }),
  },
  "a queue's redrive allow policy": {
    good: { redrivePermission: "byQueue", sourceQueueArns: [QUEUE] },
    give: (RedriveAllowPolicy, { sqs }) =>
      sqs.SetQueueAttributes({ QueueUrl, Attributes: { RedriveAllowPolicy } }),
    use: ({ sqs }) => sqs.ListDeadLetterSourceQueues({ QueueUrl }),
  },
  "a queue's policy": {
    good: statement(QUEUE, "sqs:SendMessage"),
    give: (Policy, { sqs }) => sqs.SetQueueAttributes({ QueueUrl, Attributes: { Policy } }),
    async use({ sqs }) {
      await sqs.SendMessage({ QueueUrl, MessageBody: "a" });
      await sqs.AddPermission({
        QueueUrl,
        Label: "b",
        AWSAccountIds: ["000000000001"],
        Actions: ["SendMessage"],
      });
      await sqs.RemovePermission({ QueueUrl, Label: "b" });
    },
  },
  "a topic's policy": {
    good: statement(TOPIC, "sns:Publish"),
    give: (AttributeValue, { sns }) =>
      sns.SetTopicAttributes({ TopicArn: TOPIC, AttributeName: "Policy", AttributeValue }),
    async use({ sns }) {
      await sns.Publish({ TopicArn: TOPIC, Message: "a" });
      await sns.AddPermission({
        TopicArn: TOPIC,
        Label: "b",
        AWSAccountId: ["000000000001"],
        ActionName: ["Publish"],
      });
      await sns.RemovePermission({ TopicArn: TOPIC, Label: "b" });
    },
  },
  "a topic's delivery policy": {
    good: {
      http: {
        defaultHealthyRetryPolicy: {
          minDelayTarget: 1,
          maxDelayTarget: 2,
          numRetries: 9,
          numMaxDelayRetries: 1,
          numNoDelayRetries: 1,
          numMinDelayRetries: 1,
          backoffFunction: "linear",
        },
        disableSubscriptionOverrides: false,
        defaultThrottlePolicy: { maxReceivesPerSecond: 5 },
        defaultRequestPolicy: { headerContentType: "text/plain" },
      },
    },
    give: (AttributeValue, { sns }) =>
      sns.SetTopicAttributes({ TopicArn: TOPIC, AttributeName: "DeliveryPolicy", AttributeValue }),
    use: ({ sns }) => sns.GetTopicAttributes({ TopicArn: TOPIC }),
  },
  "a subscription's delivery policy": {
    good: {
      healthyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 2, numRetries: 9 },
      sicklyRetryPolicy: { minDelayTarget: 1, maxDelayTarget: 2, numRetries: 9 },
      throttlePolicy: { maxReceivesPerSecond: 5 },
      requestPolicy: { headerContentType: "text/plain" },
      guaranteed: false,
    },
    give: (DeliveryPolicy, { sns }) =>
      sns.Subscribe({
        TopicArn: subscribed,
        Protocol: "https",
        Endpoint: "https://localhost:1/",
        Attributes: { DeliveryPolicy },
      }),
    use: async ({ sns }) => {
      const { Subscriptions = [] } = await sns.ListSubscriptionsByTopic({ TopicArn: subscribed });
      for (const { SubscriptionArn } of Subscriptions)
        if (SubscriptionArn?.startsWith("arn:")) await sns.GetSubscriptionAttributes({ SubscriptionArn });
    },
  },
  "a subscription's filter policy": {
    good: {
      a: ["x", { prefix: "x" }, { "anything-but": ["x"] }, { numeric: [">", 1, "<=", 2] }, { exists: true }],
    },
    give: (FilterPolicy, { sns }) =>
      sns.Subscribe({ TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE, Attributes: { FilterPolicy } }),
    use: ({ sns }) => sns.Publish({ TopicArn: TOPIC, Message: '{"a":"x"}' }),
  },
  "a subscription's filter policy on message bodies": {
    good: { a: { b: ["x", { suffix: "x" }] }, $or: [{ c: [{ cidr: "10.0.0.0/8" }] }, { d: [null] }] },
    give: (FilterPolicy, { sns }) =>
      sns.Subscribe({
        TopicArn: TOPIC,
        Protocol: "sqs",
        Endpoint: QUEUE,
        Attributes: { FilterPolicy, FilterPolicyScope: "MessageBody" },
      }),
    use: ({ sns }) => sns.Publish({ TopicArn: TOPIC, Message: '{"a":{"b":"x"}}' }),
  },
  "a subscription's redrive policy": {
    good: { deadLetterTargetArn: QUEUE },
    give: (RedrivePolicy, { sns }) =>
      sns.Subscribe({ TopicArn: TOPIC, Protocol: "sqs", Endpoint: QUEUE, Attributes: { RedrivePolicy } }),
  },
  "a topic's archive policy": {
    good: { MessageRetentionPeriod: "5" },
    give: (ArchivePolicy, { sns }) =>
      sns.CreateTopic({ Name: "archived.fifo", Attributes: { FifoTopic: "true", ArchivePolicy } }),
  },
  "a replay policy": {
    good: {
      PointType: "Timestamp",
      StartingPoint: "2026-01-01T00:00:00Z",
      EndingPoint: "2026-01-02T00:00:00Z",
    },
    give: (ReplayPolicy, { sns }) =>
      sns.Subscribe({
        TopicArn: `${TOPIC}.fifo`,
        Protocol: "sqs",
        Endpoint: `${QUEUE}.fifo`,
        Attributes: { ReplayPolicy },
      }),
  },
  "a message with a text per protocol": {
    good: { default: "a", sqs: "b", APNS: '{"aps":{}}' },
    give: (Message, { sns }) => sns.Publish({ TopicArn: TOPIC, Message, MessageStructure: "json" }),
  },
  "a bucket's policy": {
    good: statement("arn:aws:s3:::test/*", "s3:GetObject"),
    give: (Policy, { s3 }) => s3.PutBucketPolicy({ Bucket: "test", Policy }),
    async use({ s3 }) {
      await s3.GetBucketPolicyStatus({ Bucket: "test" });
      await s3.ListObjectsV2({ Bucket: "test" });
    },
  },
  "a table's policy": {
    good: statement(`arn:aws:dynamodb:${PLACE}:table/test`, "dynamodb:GetItem"),
    give: (Policy, { dynamodb }) =>
      dynamodb.PutResourcePolicy({ ResourceArn: `arn:aws:dynamodb:${PLACE}:table/test`, Policy }),
    use: ({ dynamodb }) => dynamodb.GetItem({ TableName: "test", Key: { a: { S: "a" } } }),
  },
  "a stream's policy": {
    good: statement(`arn:aws:kinesis:${PLACE}:stream/test`, "kinesis:PutRecord"),
    give: (Policy, { kinesis }) =>
      kinesis.PutResourcePolicy({ ResourceARN: `arn:aws:kinesis:${PLACE}:stream/test`, Policy }),
    use: ({ kinesis }) => kinesis.ListShards({ StreamName: "test" }),
  },
  "a vault's access policy": {
    good: statement(`arn:aws:glacier:${PLACE}:vaults/test`, "glacier:UploadArchive"),
    give: (Policy, { glacier }) =>
      glacier.SetVaultAccessPolicy({ accountId: "-", vaultName: "test", policy: { Policy } }),
    use: ({ glacier }) => glacier.DescribeVault({ accountId: "-", vaultName: "test" }),
  },
  "a vault's lock": {
    good: statement(`arn:aws:glacier:${PLACE}:vaults/test`, "glacier:DeleteArchive"),
    give: (Policy, { glacier }) =>
      glacier.InitiateVaultLock({ accountId: "-", vaultName: "test", policy: { Policy } }),
    use: ({ glacier }) => glacier.AbortVaultLock({ accountId: "-", vaultName: "test" }),
  },
  "a bus's policy": {
    good: statement(`arn:aws:events:${PLACE}:event-bus/default`, "events:PutEvents"),
    give: (Policy, { events }) => events.PutPermission({ Policy }),
    async use({ events }) {
      await events.PutPermission({ Action: "events:PutEvents", Principal: "000000000001", StatementId: "b" });
      await events.RemovePermission({ StatementId: "b" });
    },
  },
  "an event pattern": {
    good: {
      source: ["a", { prefix: { "equals-ignore-case": "a" } }],
      detail: {
        $or: [{ a: [{ "anything-but": { prefix: ["a"] } }] }, { b: [{ numeric: [">", 0, "<", 5] }] }],
        c: [{ wildcard: "*a*" }, { cidr: "10.0.0.0/8" }, { exists: false }],
      },
    },
    give: (EventPattern, { events }) => events.PutRule({ Name: "test", EventPattern }),
    use: ({ events }) =>
      events.PutEvents({ Entries: [{ Source: "a", DetailType: "a", Detail: '{"a":"b"}' }] }),
  },
  "a tested event": {
    good: {
      id: "1",
      source: "a",
      account: "1",
      time: "2026-01-01T00:00:00Z",
      region: "r",
      resources: ["a"],
      "detail-type": "a",
      detail: { a: 1 },
    },
    give: (Event, { events }) =>
      events.TestEventPattern({ Event, EventPattern: '{"detail":{"a":[{"numeric":["=",1]}]}}' }),
  },
  "an event's detail": {
    good: { a: { b: ["c"] } },
    give: (Detail, { events }) => events.PutEvents({ Entries: [{ Source: "a", DetailType: "a", Detail }] }),
  },
  "a target's input template": {
    good: { a: "<a>", b: ["<aws.events.event>"] },
    give: (InputTemplate, { events }) =>
      events.PutTargets({
        Rule: "templated",
        Targets: [
          { Id: "a", Arn: QUEUE, InputTransformer: { InputPathsMap: { a: "$.detail" }, InputTemplate } },
        ],
      }),
    use: ({ events }) =>
      events.PutEvents({ Entries: [{ Source: "t", DetailType: "a", Detail: '{"a":{"toString":1}}' }] }),
  },
  "the input of a schedule": {
    good: { QueueUrl: "http://localhost/000000000000/test", MessageBody: "a", MessageAttributes: {} },
    give: (Input, { scheduler }) =>
      scheduler.CreateSchedule({
        Name: "test",
        ScheduleExpression: "rate(1 minute)",
        FlexibleTimeWindow: { Mode: "OFF" },
        Target: { Arn: "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", RoleArn: ROLE, Input },
      }),
    use: ({ scheduler }) => scheduler.DeleteSchedule({ Name: "test" }),
  },
  "the filter of a pipe": {
    good: { body: { a: ["b", { prefix: "c" }] } },
    give: (Pattern, { pipes }) =>
      pipes.CreatePipe({
        Name: "test",
        RoleArn: ROLE,
        Source: QUEUE,
        Target: `arn:aws:sqs:${PLACE}:dead`,
        SourceParameters: { FilterCriteria: { Filters: [{ Pattern }] } },
      }),
    use: ({ pipes }) => pipes.DeletePipe({ Name: "test" }),
  },
};

const PLACEHOLDER = "\u0001";

/** The texts of a document in which one part, or the whole, is replaced by an unexpected value. */
function* corrupted(good: unknown): Generator<string> {
  for (const place of placesIn(good, (put) => put)) {
    const text = JSON.stringify(place);
    for (const hostile of HOSTILE) yield text.replace(JSON.stringify(PLACEHOLDER), () => hostile);
  }
}

function* placesIn(value: unknown, around: (inner: unknown) => unknown): Generator<unknown> {
  yield around(PLACEHOLDER);
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    yield* placesIn(part, (inner) =>
      around(
        Array.isArray(value)
          ? value.map((one, at) => (String(at) === name ? inner : one))
          : { ...value, [name]: inner },
      ),
    );
  }
}

async function prepare(aws: Clients): Promise<void> {
  const { sqs, sns, s3, dynamodb, kinesis, glacier, events } = aws;
  for (const QueueName of ["dead", "test"]) await sqs.CreateQueue({ QueueName });
  await sqs.CreateQueue({ QueueName: "test.fifo", Attributes: { FifoQueue: "true" } });
  await sns.CreateTopic({ Name: "test" });
  await sns.CreateTopic({
    Name: "test.fifo",
    Attributes: { FifoTopic: "true", ArchivePolicy: '{"MessageRetentionPeriod":"5"}' },
  });
  await s3.CreateBucket({ Bucket: "test" });
  await dynamodb.CreateTable({
    TableName: "test",
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions: [{ AttributeName: "a", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
  });
  await kinesis.CreateStream({ StreamName: "test", ShardCount: 1 });
  await glacier.CreateVault({ accountId: "-", vaultName: "test" });
  await events.PutRule({ Name: "templated", EventPattern: '{"source":["t"]}' });
}

const services = await Promise.all(Object.values(catalog).map((load) => load()));

test.each(Object.entries(DOCUMENTS))(
  "%s with a corrupted part causes no internal error",
  { timeout: 60_000 },
  async (_, document) => {
    const failures: string[] = [];
    const { aws, advance, close } = await testCloud(services, {
      log: jsonLog("error", (line) => failures.push(line)),
      wall: () => TEST_START,
    });
    await prepare(aws);
    await advance("1m");
    let refusal = await document.give(JSON.stringify(document.good), aws).then(
      () => "",
      (error: Error) => error.message,
    );
    expect(refusal).toBe("");
    for (const text of corrupted(document.good)) {
      const started = performance.now();
      refusal = "";
      try {
        await document.give(text, aws);
        await document.use?.(aws);
      } catch (error) {
        refusal = (error as Error).message;
      }
      const about = `${text.slice(0, 400)}: ${refusal.slice(0, 400)}`;
      expect(refusal, about).not.toContain("[object");
      expect(failures, about).toEqual([]);
      expect(performance.now() - started, about).toBeLessThan(2_000);
    }
    await advance("5m");
    expect(failures).toEqual([]);
    await close();
  },
);
