import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AwsError } from "#aws/errors.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import { defineService } from "#kernel/service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { sns } from "../service.ts";
import { contents, holds, type Message } from "../store.ts";
import { fanOutRest } from "./fan-out.ts";

vi.setConfig({ testTimeout: 30_000 });

const ONE_MIB = 1_048_576;
const LARGE = { MaximumMessageSize: String(ONE_MIB) };
const FIFO = { ...LARGE, FifoTopic: "true", ContentBasedDeduplication: "true" };
const ARCHIVED = { ...FIFO, ArchivePolicy: '{"MessageRetentionPeriod":"1"}' };

/** The first letter and the length of each message, by queue. */
let sent: Map<string, string[]>;
/** What the queues answer to a message with this first letter. */
let refused: { letter: string; error: AwsError } | undefined;
let nube: TestCloud;

/** Replaces the queues. */
const sqs = defineService({
  id: "sqs",
  operations: [
    {
      async SendMessage(_, { QueueUrl, MessageBody }) {
        if (refused && refused.letter === MessageBody[0]) throw refused.error;
        const queue = QueueUrl.split("/").at(-1)!;
        sent.set(queue, [...(sent.get(queue) ?? []), `${MessageBody[0]} ${MessageBody.length}`]);
        return {};
      },
    },
  ],
  access: { SendMessage: () => [] },
});

beforeEach(async () => {
  sent = new Map();
  refused = undefined;
  nube = await testCloud([sns, sqs]);
});
afterEach(() => nube.close());

async function topicWith(
  subscriptions: number,
  topic: Record<string, string>,
  attributes: Record<string, string> = {},
) {
  const suffix = topic.FifoTopic ? ".fifo" : "";
  const { TopicArn } = await nube.aws.sns.CreateTopic({ Name: `topic${suffix}`, Attributes: topic });
  const arns: string[] = [];
  for (let n = 0; n < subscriptions; n++) {
    const { SubscriptionArn } = await nube.aws.sns.Subscribe({
      TopicArn: TopicArn!,
      Protocol: "sqs",
      Endpoint: `arn:aws:sqs:us-east-1:${TEST_PLACE.account}:queue-${n}${suffix}`,
      Attributes: { RawMessageDelivery: "true", ...attributes },
    });
    arns.push(SubscriptionArn!);
  }
  return { TopicArn: TopicArn!, subscriptions: arns };
}

const text = (letter: string, bytes = ONE_MIB) => letter.padEnd(bytes, letter);
const queues = () => [...sent.values()];

const context = () =>
  nube.cloud.context({
    service: sns,
    principal: rootOf(TEST_PLACE.account),
    place: TEST_PLACE,
    requestId: "r",
  });

/** The rows of large messages. */
const rows = () =>
  context().read(async (tx) => ({
    contents: (await tx.listBytes(contents, { limit: 1_000 })).length,
    holds: (await tx.list(holds, { limit: 1_000 })).length,
  }));
const NONE = { contents: 0, holds: 0 };

test("a hundred subscriptions of a FIFO topic receive messages of 1 MiB in order", async () => {
  const { TopicArn } = await topicWith(100, FIFO);
  for (const letter of ["a", "b", "a"])
    await nube.aws.sns.Publish({ TopicArn, Message: text(letter), MessageGroupId: "g" });
  await nube.advance("1s");
  expect(queues()).toEqual(Array(100).fill([`a ${ONE_MIB}`, `b ${ONE_MIB}`]));
  expect(await rows()).toEqual(NONE);
});

test.each([
  ["a standard", LARGE],
  ["a FIFO", FIFO],
])("a hundred subscriptions of %s topic receive a full batch", async (_, attributes) => {
  const { TopicArn } = await topicWith(100, attributes);
  const size = Math.floor(ONE_MIB / 10);
  const { Failed } = await nube.aws.sns.PublishBatch({
    TopicArn,
    PublishBatchRequestEntries: [..."abcdefghij"].map((letter) => ({
      Id: letter,
      Message: text(letter, size),
      ...("FifoTopic" in attributes && { MessageGroupId: "g" }),
    })),
  });
  expect(Failed).toEqual([]);
  await nube.advance("1s");
  expect(queues()).toEqual(Array(100).fill([..."abcdefghij"].map((letter) => `${letter} ${size}`)));
  expect(await rows()).toEqual(NONE);
});

test.each(['"', "\u0001"])(
  "a message of 1 MiB may consist of characters that JSON writes longer, such as %j",
  async (character) => {
    const { TopicArn } = await topicWith(3, LARGE);
    await nube.aws.sns.Publish({ TopicArn, Message: text(character) });
    await nube.advance("1s");
    expect(queues()).toEqual(Array(3).fill([`${character} ${ONE_MIB}`]));
    expect(await rows()).toEqual(NONE);
  },
);

test("a fan-out that an earlier version began, with its large message in the job, goes on", async () => {
  const { TopicArn, subscriptions } = await topicWith(3, LARGE);
  const [first] = subscriptions.map((arn) => arn.split(":").at(-1)!).sort();
  const message: Message = { id: "m", topicArn: TopicArn, time: 0, bodies: { default: text("a") } };
  const ctx = context();
  await ctx.transact((tx) => tx.enqueue(fanOutRest, { topic: "topic", message, after: first! }));
  await ctx.durable();
  await nube.advance("1s");
  expect(queues()).toEqual(Array(2).fill([`a ${ONE_MIB}`]));
  expect(await rows()).toEqual(NONE);
});

test("a large message without subscriptions leaves nothing", async () => {
  const { TopicArn } = await topicWith(0, LARGE);
  await nube.aws.sns.Publish({ TopicArn, Message: text("a") });
  expect(await rows()).toEqual(NONE);
});

test("a large message is kept until its last delivery", async () => {
  const { TopicArn } = await topicWith(2, LARGE);
  refused = { letter: "a", error: new AwsError("ServiceUnavailable", "later", { status: 503 }) };
  await nube.aws.sns.Publish({ TopicArn, Message: text("a") });
  await nube.advance("1s");
  expect(await rows()).toMatchObject({ holds: 2 });
  refused = undefined;
  await nube.advance("1m");
  expect(queues()).toEqual([[`a ${ONE_MIB}`], [`a ${ONE_MIB}`]]);
  expect(await rows()).toEqual(NONE);
});

test.each([
  ["a standard", LARGE],
  ["a FIFO", FIFO],
])("a large message that %s topic cannot deliver leaves nothing", async (_, attributes) => {
  const { TopicArn } = await topicWith(1, attributes);
  refused = { letter: "a", error: new AwsError("InvalidMessageContents", "never") };
  const group = "FifoTopic" in attributes ? { MessageGroupId: "g" } : {};
  for (const letter of ["a", "b"]) await nube.aws.sns.Publish({ TopicArn, Message: text(letter), ...group });
  await nube.advance("1s");
  expect(queues()).toEqual([[`b ${ONE_MIB}`]]);
  expect(await rows()).toEqual(NONE);
});

test("a large message whose delivery is parked leaves nothing", async () => {
  const { TopicArn } = await topicWith(1, LARGE);
  const { MessageId } = await nube.aws.sns.Publish({ TopicArn, Message: text("a") });
  const ctx = context();
  await ctx.transact((tx) => tx.putBytes(contents, [MessageId!, 0], Buffer.from("unreadable")));
  await ctx.durable();
  await nube.advance("1s");
  expect(await rows()).toMatchObject({ holds: 1 });
  await nube.advance("1h");
  expect(await rows()).toEqual(NONE);
});

test("a large message leaves nothing when its topic is deleted", async () => {
  const { TopicArn } = await topicWith(1, LARGE);
  refused = { letter: "a", error: new AwsError("ServiceUnavailable", "later", { status: 503 }) };
  await nube.aws.sns.Publish({ TopicArn, Message: text("a") });
  await nube.advance("1s");
  await nube.aws.sns.DeleteTopic({ TopicArn });
  await nube.advance("1m");
  expect(await rows()).toEqual(NONE);
});

test("an archive of large messages is replayed, and forgotten after its retention", async () => {
  const { TopicArn, subscriptions } = await topicWith(1, ARCHIVED);
  const letters = [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMN"];
  for (const letter of letters)
    await nube.aws.sns.Publish({ TopicArn, Message: text(letter), MessageGroupId: "g" });
  await nube.advance("1m");
  const expected = letters.map((letter) => `${letter} ${ONE_MIB}`);
  expect(queues()).toEqual([expected]);
  sent.clear();
  await nube.aws.sns.SetSubscriptionAttributes({
    SubscriptionArn: subscriptions[0]!,
    AttributeName: "ReplayPolicy",
    AttributeValue: '{"PointType":"Timestamp","StartingPoint":"2000-01-01T00:00:00Z"}',
  });
  await nube.advance("1m");
  expect(queues()).toEqual([expected]);
  await nube.advance("2d");
  expect(await rows()).toEqual(NONE);
});

test("a filter policy matches the body of an archived large message", async () => {
  const { TopicArn, subscriptions } = await topicWith(1, ARCHIVED, {
    FilterPolicy: '{"kind":["wanted"]}',
    FilterPolicyScope: "MessageBody",
  });
  for (const kind of ["wanted", "other"])
    await nube.aws.sns.Publish({
      TopicArn,
      Message: JSON.stringify({ kind, more: text("m", 100_000) }),
      MessageGroupId: "g",
    });
  await nube.advance("1s");
  expect(queues().flat()).toHaveLength(1);
  await nube.aws.sns.SetSubscriptionAttributes({
    SubscriptionArn: subscriptions[0]!,
    AttributeName: "ReplayPolicy",
    AttributeValue: '{"PointType":"Timestamp","StartingPoint":"2000-01-01T00:00:00Z"}',
  });
  await nube.advance("1s");
  expect(queues().flat()).toHaveLength(2);
});

test("the rest of a fan-out does not go to a topic that was made again under the same name", async () => {
  const { TopicArn } = await topicWith(2, LARGE);
  const message: Message = { id: "m", topicArn: TopicArn, time: 0, bodies: { default: "late" } };
  const ctx = context();
  const ofFormer = { topic: "topic", topicId: -1, message, holder: 1, after: "" };
  await ctx.transact((tx) => tx.enqueue(fanOutRest, ofFormer));
  await ctx.durable();
  await nube.advance("1s");
  expect(queues().flat()).toEqual([]);
});
