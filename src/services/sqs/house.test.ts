import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rootOf, serviceNamed } from "#kernel/calls/principal.ts";
import type { Metric } from "#kernel/ports.ts";
import { eraPrefix } from "#kernel/records/era.ts";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { sqs } from "./service.ts";

const url = (name: string, account = "000000000000", region = "us-east-1") =>
  `https://sqs.${region}.amazonaws.com/${account}/${name}`;
const BUCKET = "arn:aws:s3:::photos";

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([sqs]);
});
afterEach(() => nube.close());

describe("an internal call", () => {
  const policy = (name: string, region = "us-east-1") =>
    JSON.stringify({
      Statement: [
        {
          Effect: "Allow",
          Principal: { Service: "s3.amazonaws.com" },
          Action: "sqs:SendMessage",
          Resource: `arn:aws:sqs:${region}:000000000000:${name}`,
          Condition: { ArnLike: { "aws:SourceArn": BUCKET } },
        },
      ],
    });
  const as = (sourceArn: string, account = "111122223333", region = "us-east-1") =>
    nube.cloud.clients(serviceNamed("s3.amazonaws.com", sourceArn), { account, region });

  test("of a service requires the queue policy's permission, which may test aws:SourceArn", async () => {
    await nube.aws.sqs.CreateQueue({ QueueName: "closed" });
    await nube.aws.sqs.CreateQueue({ QueueName: "open", Attributes: { Policy: policy("open") } });
    const send = (name: string, source: string) =>
      as(source).sqs.SendMessage({ QueueUrl: url(name), MessageBody: "x" });
    await expect(send("closed", BUCKET)).rejects.toMatchObject({ code: "AccessDenied" });
    await expect(send("open", "arn:aws:s3:::other")).rejects.toMatchObject({ code: "AccessDenied" });
    await send("open", BUCKET);
    const { Messages } = await nube.aws.sqs.ReceiveMessage({
      QueueUrl: url("open"),
      MessageSystemAttributeNames: ["SenderId"],
    });
    expect(Messages).toMatchObject([{ Body: "x", Attributes: { SenderId: "s3.amazonaws.com" } }]);
  });

  test("goes to the account and Region in the queue URL", async () => {
    const abroad = nube.as(rootOf("000000000000"), { region: "eu-west-1" });
    await abroad.sqs.CreateQueue({ QueueName: "far", Attributes: { Policy: policy("far", "eu-west-1") } });
    const QueueUrl = url("far", "000000000000", "eu-west-1");
    await as(BUCKET).sqs.SendMessage({ QueueUrl, MessageBody: "x" });
    expect((await abroad.sqs.ReceiveMessage({ QueueUrl })).Messages).toHaveLength(1);
  });
});

test("metrics are recorded per queue", async () => {
  const metrics: Metric[] = [];
  nube.cloud.ports.sinks.metric = async (_, batch) => void metrics.push(...batch);
  await nube.aws.sqs.CreateQueue({ QueueName: "q" });
  await nube.aws.sqs.SendMessage({ QueueUrl: url("q"), MessageBody: "hello" });
  const { Messages } = await nube.aws.sqs.ReceiveMessage({ QueueUrl: url("q") });
  const ReceiptHandle = Messages![0]!.ReceiptHandle!;
  await nube.aws.sqs.DeleteMessage({ QueueUrl: url("q"), ReceiptHandle });
  await nube.advance("1s");
  expect(metrics.map(({ name, value }) => [name, value])).toEqual([
    ["NumberOfMessagesSent", 1],
    ["SentMessageSize", 5],
    ["NumberOfMessagesReceived", 1],
    ["NumberOfMessagesDeleted", 1],
  ]);
  expect(metrics[0]!.dimensions).toEqual({ QueueName: "q" });
});

describe("the in-memory queue", () => {
  const bodies = async (name: string) => {
    const { Messages = [] } = await nube.aws.sqs.ReceiveMessage({
      QueueUrl: url(name),
      MaxNumberOfMessages: 10,
    });
    return Messages.map(({ Body }) => Body);
  };

  test("is rebuilt from records when a commit fails", async () => {
    const disk = testDisk();
    await nube.close();
    nube = await testCloud([sqs], { store: disk.store });
    await nube.aws.sqs.CreateQueue({ QueueName: "q" });
    await nube.aws.sqs.SendMessage({ QueueUrl: url("q"), MessageBody: "stored" });
    disk.break();
    const lost = nube.aws.sqs.SendMessage({ QueueUrl: url("q"), MessageBody: "lost" });
    await expect(lost).rejects.toMatchObject({ code: "ServiceUnavailable" });
    disk.mend();
    expect(await bodies("q")).toEqual(["stored"]);
  });

  test("holds a window of a long queue and pages in the rest", async () => {
    const store = openMemory();
    await nube.close();
    nube = await testCloud([sqs], { store });
    await nube.aws.sqs.CreateQueue({ QueueName: "q", Attributes: { VisibilityTimeout: "43200" } });
    const total = 1_030;
    for (let n = 0; n < total; n += 10)
      await nube.aws.sqs.SendMessageBatch({
        QueueUrl: url("q"),
        Entries: Array.from({ length: 10 }, (_, k) => ({ Id: String(k), MessageBody: String(n + k) })),
      });
    // Received messages stay in flight.
    const first = await bodies("q");
    await nube.close();
    nube = await testCloud([sqs], { store });
    const seen = [...first];
    for (let page = await bodies("q"); page.length > 0; page = await bodies("q")) seen.push(...page);
    expect(seen).toEqual(Array.from({ length: total }, (_, n) => String(n)));
  });

  test("forgets a purged queue's messages also after a restart", async () => {
    const store = openMemory();
    await nube.close();
    nube = await testCloud([sqs], { store });
    await nube.aws.sqs.CreateQueue({ QueueName: "q" });
    for (let n = 0; n < 3; n++) await nube.aws.sqs.SendMessage({ QueueUrl: url("q"), MessageBody: "old" });
    await nube.aws.sqs.PurgeQueue({ QueueUrl: url("q") });
    await nube.aws.sqs.SendMessage({ QueueUrl: url("q"), MessageBody: "new" });
    await nube.close();
    nube = await testCloud([sqs], { store });
    expect(await bodies("q")).toEqual(["new"]);
  });
});

test("a deleted queue leaves no records behind", async () => {
  const store = openMemory();
  await nube.close();
  nube = await testCloud([sqs], { store });
  const rows = async () => {
    const all = await store.range({ start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 });
    return all.flatMap(({ key }) => /sqs\/[a-z.A-Z]+/.exec(Buffer.from(key).toString("latin1"))?.[0] ?? []);
  };
  await nube.aws.sqs.CreateQueue({ QueueName: "q.fifo", Attributes: { FifoQueue: "true" } });
  for (const MessageBody of ["small", "x".repeat(10_000)])
    await nube.aws.sqs.SendMessage({
      QueueUrl: url("q.fifo"),
      MessageBody,
      MessageGroupId: "g",
      MessageDeduplicationId: MessageBody.slice(0, 5),
    });
  await nube.aws.sqs.ReceiveMessage({ QueueUrl: url("q.fifo") });
  expect(new Set(await rows())).toContain("sqs/deduplication");
  await nube.aws.sqs.DeleteQueue({ QueueUrl: url("q.fifo") });
  await nube.advance("61s");
  // The partition's own name has the service's in it, too.
  expect((await rows()).filter((name) => name !== "sqs/")).toEqual([]);
});

test("a reset ends long polls at once", async () => {
  await nube.aws.sqs.CreateQueue({ QueueName: "q" });
  const poll = nube.aws.sqs.ReceiveMessage({ QueueUrl: url("q"), WaitTimeSeconds: 20 });
  await new Promise(setImmediate);
  await nube.cloud.reset();
  expect(await poll.catch(({ code }) => code)).toEqual({});
  await expect(nube.aws.sqs.ReceiveMessage({ QueueUrl: url("q") })).rejects.toMatchObject({
    code: "QueueDoesNotExist",
  });
});
