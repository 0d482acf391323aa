import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  EventBridgeClient,
  PutEventsCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateTopicCommand, PublishCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { launch } from "../e2e/harness.ts";
import { consume, type Deliveries, openDeliveries, untilAnswered } from "./traffic.ts";

/** `NUBE_CRASH_EVENTS=20000` searches for rare faults. */
const EVENTS = Number(process.env.NUBE_CRASH_EVENTS ?? 600);
const SENDERS = 4;
const CONSUMERS = 4;
const BETWEEN_KILLS_MS = 1_500;
const QUEUES = ["first", "second"];

type Send = (body: string) => Promise<unknown>;
type Options = { endpoint: string; region: string; maxAttempts: number };

test("events that PutEvents acknowledged reach all queues of their rule, despite kills of the server", async () => {
  const deliveries = await traffic(async (options, queues) => {
    const client = new EventBridgeClient(options);
    onTestFinished(() => client.destroy());
    await client.send(new PutRuleCommand({ Name: "all", EventPattern: '{"source":["test"]}' }));
    const Targets = queues.map((Arn, n) => ({ Id: `${n}`, Arn, InputPath: "$.detail.body" }));
    await client.send(new PutTargetsCommand({ Rule: "all", Targets }));
    return async (body) => {
      const Entries = [{ Source: "test", DetailType: "test", Detail: JSON.stringify({ body }) }];
      const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries }));
      expect(FailedEntryCount).toBe(0);
    };
  }, JSON.parse);
  for (const { missing } of deliveries) expect(missing()).toEqual([]);
}, 3_600_000);

test("messages that Publish acknowledged reach all queues of their topic, despite kills of the server", async () => {
  const deliveries = await traffic(async (options, queues) => {
    const client = new SNSClient(options);
    onTestFinished(() => client.destroy());
    const { TopicArn } = await client.send(new CreateTopicCommand({ Name: "all" }));
    for (const Endpoint of queues) {
      const Attributes = { RawMessageDelivery: "true" };
      await client.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint, Attributes }));
    }
    return (Message) => client.send(new PublishCommand({ TopicArn, Message }));
  });
  for (const { missing } of deliveries) expect(missing()).toEqual([]);
}, 3_600_000);

/**
 * Sends all events and receives them from each queue while the server is killed repeatedly.
 * @returns each queue's deliveries
 */
async function traffic(
  connect: (options: Options, queues: string[]) => Promise<Send>,
  read: (body: string) => string = (body) => body,
): Promise<Deliveries[]> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder], onTestFinished);
  const { port, endpoint } = server;
  const options = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    // The test itself repeats requests without a response.
    maxAttempts: 1,
  };
  const sqs = new SQSClient(options);
  onTestFinished(() => sqs.destroy());
  const queues = await Promise.all(QUEUES.map((name) => queueFor(sqs, name)));
  const send = await connect(
    options,
    queues.map(({ arn }) => arn),
  );
  const deliveries = queues.map(() => openDeliveries());
  let isSent = false;
  const each = Math.ceil(EVENTS / SENDERS);
  const sending = Promise.all(
    Array.from({ length: SENDERS }, async (_, sender) => {
      for (let number = 0; number < each; number++) {
        const body = `sender-${sender}/${number}`;
        await untilAnswered(() => send(body));
        for (const { sent } of deliveries) sent(body);
      }
    }),
  ).then(() => {
    isSent = true;
  });
  const consuming = queues.map(({ url }, at) =>
    Promise.all(
      Array.from({ length: CONSUMERS }, () => consume({ client: sqs, QueueUrl: url, read }, deliveries[at]!)),
    ),
  );
  while (!isSent) {
    await Promise.race([sending, sleep(randomInt(BETWEEN_KILLS_MS))]);
    await server.end("SIGKILL");
    server = await launch(["--data", folder, "--port", String(port)], onTestFinished);
  }
  const missing = () => deliveries.flatMap((one) => one.missing());
  await expect.poll(missing, { timeout: 600_000, interval: 200 }).toEqual([]);
  for (const one of deliveries) one.isOver = true;
  await Promise.all(consuming);
  return deliveries;
}

async function queueFor(sqs: SQSClient, QueueName: string): Promise<{ url: string; arn: string }> {
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: ["events.amazonaws.com", "sns.amazonaws.com"] },
        Action: "sqs:SendMessage",
        Resource: "*",
      },
    ],
  });
  const Attributes = { VisibilityTimeout: "2", Policy };
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
  const { Attributes: attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }),
  );
  return { url: QueueUrl!, arn: attributes!.QueueArn! };
}
