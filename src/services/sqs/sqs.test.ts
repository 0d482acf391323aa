import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import { sqs } from "./service.ts";

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([sqs]);
});
afterEach(() => nube.close());

const create = async (QueueName: string, Attributes: Record<string, string> = {}) =>
  (await nube.aws.sqs.CreateQueue({ QueueName, Attributes })).QueueUrl!;
const receive = async (QueueUrl: string, more: object = {}) =>
  (await nube.aws.sqs.ReceiveMessage({ QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
const bodies = async (QueueUrl: string, more: object = {}) =>
  (await receive(QueueUrl, more)).map(({ Body }) => Body);
const numbers = async (QueueUrl: string) => {
  const { Attributes } = await nube.aws.sqs.GetQueueAttributes({ QueueUrl, AttributeNames: ["All"] });
  const of = (name: string) => Number(Attributes![`ApproximateNumberOfMessages${name}` as "Policy"]);
  return [of(""), of("NotVisible"), of("Delayed")];
};

describe("a standard queue", () => {
  test("delivers a message once until its visibility timeout ends", async () => {
    const QueueUrl = await create("orders");
    expect(QueueUrl).toBe("https://sqs.us-east-1.amazonaws.com/000000000000/orders");
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "one" });
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "two" });
    expect(await numbers(QueueUrl)).toEqual([2, 0, 0]);
    const [first, ...others] = await receive(QueueUrl, { MessageSystemAttributeNames: ["All"] });
    expect(first).toMatchObject({
      Body: "one",
      Attributes: {
        SenderId: "000000000000",
        SentTimestamp: String(TEST_START),
        ApproximateReceiveCount: "1",
        ApproximateFirstReceiveTimestamp: String(TEST_START),
      },
    });
    expect(others.map(({ Body }) => Body)).toEqual(["two"]);
    expect(await receive(QueueUrl)).toEqual([]);
    expect(await numbers(QueueUrl)).toEqual([0, 2, 0]);
    await nube.aws.sqs.DeleteMessage({ QueueUrl, ReceiptHandle: first!.ReceiptHandle! });
    await nube.advance("30s");
    expect(await bodies(QueueUrl)).toEqual(["two"]);
    expect(await numbers(QueueUrl)).toEqual([0, 1, 0]);
  });

  test("holds back a delayed message", async () => {
    const QueueUrl = await create("later");
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "late", DelaySeconds: 10 });
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "soon" });
    expect(await numbers(QueueUrl)).toEqual([1, 0, 1]);
    expect(await bodies(QueueUrl)).toEqual(["soon"]);
    await nube.advance("10s");
    expect(await bodies(QueueUrl)).toEqual(["late"]);
  });

  test("shows a message again after its visibility timeout, though the host's clock was set back", async () => {
    const wall = { now: TEST_START };
    const { aws, close } = await testCloud([sqs], { wall: () => wall.now });
    onTestFinished(close);
    const { QueueUrl } = await aws.sqs.CreateQueue({ QueueName: "orders" });
    const receive = async () => (await aws.sqs.ReceiveMessage({ QueueUrl: QueueUrl! })).Messages ?? [];
    await aws.sqs.SendMessage({ QueueUrl: QueueUrl!, MessageBody: "one" });
    expect(await receive()).toHaveLength(1);
    wall.now -= 3_600_000;
    expect(await receive()).toEqual([]);
    wall.now += 34_000;
    expect(await receive()).toHaveLength(1);
  });

  test("deletes a message after its retention period", async () => {
    const QueueUrl = await create("brief", { MessageRetentionPeriod: "60" });
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "gone" });
    await nube.advance("30s");
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "here" });
    await nube.advance("30s");
    expect(await numbers(QueueUrl)).toEqual([1, 0, 0]);
    expect(await bodies(QueueUrl)).toEqual(["here"]);
  });

  test("moves a message to the dead-letter queue after too many receives", async () => {
    const dead = await create("dead");
    const QueueUrl = await create("live", {
      VisibilityTimeout: "1",
      RedrivePolicy: JSON.stringify({
        deadLetterTargetArn: "arn:aws:sqs:us-east-1:000000000000:dead",
        maxReceiveCount: 2,
      }),
    });
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "poison" });
    for (let n = 0; n < 2; n++) {
      expect(await bodies(QueueUrl)).toEqual(["poison"]);
      await nube.advance("1s");
    }
    expect(await bodies(QueueUrl)).toEqual([]);
    expect(await numbers(QueueUrl)).toEqual([0, 0, 0]);
    const [letter] = await receive(dead, { AttributeNames: ["All"] });
    expect(letter).toMatchObject({
      Body: "poison",
      Attributes: {
        ApproximateReceiveCount: "3",
        DeadLetterQueueSourceArn: "arn:aws:sqs:us-east-1:000000000000:live",
      },
    });
  });

  test("moves many large messages a few at a time", async () => {
    const dead = await create("dead");
    const deadLetterTargetArn = "arn:aws:sqs:us-east-1:000000000000:dead";
    const QueueUrl = await create("live", {
      VisibilityTimeout: "0",
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 1 }),
    });
    const MessageBody = "x".repeat(1_000_000);
    for (let n = 0; n < 40; n++) await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody });
    for (let n = 0; n < 8; n++) await receive(QueueUrl);
    expect(await receive(QueueUrl)).toEqual([]);
    expect([await numbers(QueueUrl), await numbers(dead)]).toEqual([
      [0, 0, 0],
      [40, 0, 0],
    ]);
    await nube.aws.sqs.StartMessageMoveTask({ SourceArn: deadLetterTargetArn });
    await nube.advance("1s");
    expect([await numbers(QueueUrl), await numbers(dead)]).toEqual([
      [40, 0, 0],
      [0, 0, 0],
    ]);
  });

  test("is empty after a purge, which is allowed once a minute", async () => {
    const QueueUrl = await create("full");
    for (const MessageBody of ["a", "b", "c"]) await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody });
    const [{ ReceiptHandle } = {}] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    await nube.aws.sqs.PurgeQueue({ QueueUrl });
    expect(await numbers(QueueUrl)).toEqual([0, 0, 0]);
    await nube.aws.sqs.DeleteMessage({ QueueUrl, ReceiptHandle: ReceiptHandle! });
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "d" });
    await nube.advance("31s");
    expect(await bodies(QueueUrl)).toEqual(["d"]);
    await expect(nube.aws.sqs.PurgeQueue({ QueueUrl })).rejects.toMatchObject({
      code: "PurgeQueueInProgress",
      message: "Only one PurgeQueue operation on full is allowed every 60 seconds.",
    });
  });

  test("accepts a body of 1 MiB of characters that JSON escapes", async () => {
    const QueueUrl = await create("large");
    const MessageBody = "\n".repeat(1_048_576);
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody });
    expect((await bodies(QueueUrl))[0] === MessageBody).toBe(true);
  });
});

describe("a long poll", () => {
  test("returns when the next message is sent", async () => {
    const QueueUrl = await create("calls");
    const polls = [1, 2].map(() => bodies(QueueUrl, { WaitTimeSeconds: 20, MaxNumberOfMessages: 1 }));
    await new Promise(setImmediate);
    const Entries = ["a", "b"].map((Id) => ({ Id, MessageBody: Id }));
    await nube.aws.sqs.SendMessageBatch({ QueueUrl, Entries });
    expect(await Promise.all(polls)).toEqual([["a"], ["b"]]);
  });

  test("returns when a delayed or in-flight message becomes visible", async () => {
    const QueueUrl = await create("calls");
    await nube.aws.sqs.SendMessage({ QueueUrl, MessageBody: "late", DelaySeconds: 5 });
    const poll = bodies(QueueUrl, { WaitTimeSeconds: 20, VisibilityTimeout: 3 });
    await new Promise(setImmediate);
    await nube.advance("5s");
    expect(await poll).toEqual(["late"]);
    const again = bodies(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise(setImmediate);
    await nube.advance("3s");
    expect(await again).toEqual(["late"]);
  });

  test("returns nothing after its wait time", async () => {
    const QueueUrl = await create("calls");
    const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
    await new Promise(setImmediate);
    await nube.advance("20s");
    expect(await poll).toEqual([]);
  });

  test("ends when the queue is deleted", async () => {
    const QueueUrl = await create("calls");
    const poll = bodies(QueueUrl, { WaitTimeSeconds: 20 });
    const ended = expect(poll).rejects.toMatchObject({ code: "QueueDoesNotExist" });
    await new Promise(setImmediate);
    await nube.aws.sqs.DeleteQueue({ QueueUrl });
    await ended;
  });
});

describe("a FIFO queue", () => {
  const fifo = (attributes = {}) => create("line.fifo", { FifoQueue: "true", ...attributes });
  const send = (QueueUrl: string, MessageGroupId: string, MessageBody: string, id = MessageBody) =>
    nube.aws.sqs.SendMessage({ QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId: id });

  test("keeps the order of each group, and a message in flight blocks only its own", async () => {
    const QueueUrl = await fifo();
    for (const body of ["a1", "b1", "a2", "b2", "c1"]) await send(QueueUrl, body[0]!, body);
    expect(await bodies(QueueUrl, { MaxNumberOfMessages: 1 })).toEqual(["a1"]);
    const [b1] = await receive(QueueUrl, { MaxNumberOfMessages: 1 });
    expect(b1!.Body).toBe("b1");
    expect(await bodies(QueueUrl)).toEqual(["c1"]);
    await nube.aws.sqs.DeleteMessage({ QueueUrl, ReceiptHandle: b1!.ReceiptHandle! });
    expect(await bodies(QueueUrl)).toEqual(["b2"]);
    await nube.advance("30s");
    expect(await bodies(QueueUrl)).toEqual(["a1", "a2", "b2", "c1"]);
  });

  test("stores a message once that is sent again within five minutes", async () => {
    const QueueUrl = await fifo();
    const first = await send(QueueUrl, "a", "one", "same");
    const again = await send(QueueUrl, "a", "two", "same");
    expect([again.MessageId, again.SequenceNumber]).toEqual([first.MessageId, first.SequenceNumber]);
    expect(first.SequenceNumber).toMatch(/^\d{20}$/);
    const [message] = await receive(QueueUrl);
    await nube.aws.sqs.DeleteMessage({ QueueUrl, ReceiptHandle: message!.ReceiptHandle! });
    await nube.advance("299s");
    await send(QueueUrl, "a", "three", "same");
    expect(await bodies(QueueUrl)).toEqual([]);
    await nube.advance("1s");
    await send(QueueUrl, "a", "four", "same");
    expect(await bodies(QueueUrl)).toEqual(["four"]);
  });

  test("returns the same messages for a repeated receive attempt", async () => {
    const QueueUrl = await fifo();
    await send(QueueUrl, "a", "one");
    const first = await receive(QueueUrl, { ReceiveRequestAttemptId: "try" });
    await nube.advance("20s");
    expect(await receive(QueueUrl, { ReceiveRequestAttemptId: "try" })).toEqual(first);
    await nube.advance("20s");
    expect(await receive(QueueUrl)).toEqual([]);
  });
});

test("every operation declares its IAM action", () => {
  expect([...sqs.operations.keys()].filter((name) => !sqs.access.has(name))).toEqual([]);
});
