import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  type FirehoseClientConfig,
  type KinesisStreamSourceConfiguration,
  PutRecordBatchCommand,
} from "@aws-sdk/client-firehose";
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { CreatePipeCommand, PipesClient } from "@aws-sdk/client-pipes";
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test } from "vitest";
import { launch } from "../e2e/harness.ts";
import { s3Of } from "./client.ts";
import { untilAnswered } from "./traffic.ts";

/** `NUBE_CRASH_RECORDS=20000` searches for rare faults. */
const RECORDS = Number(process.env.NUBE_CRASH_RECORDS ?? 1_200);
const PRODUCERS = 6;
/** Records per request. */
const BATCH = 5;
const BETWEEN_KILLS_MS = 1_500;
const SHARDS = ["shardId-000000000000", "shardId-000000000001"];
const StreamName = "records";
const Bucket = "lines";
const RoleARN = "arn:aws:iam::000000000000:role/delivery";

interface Read {
  sequence: string;
  text: string;
}

test("a stream keeps the records that PutRecords acknowledged, in order, despite kills of the server", async () => {
  const { options, untilSent } = await killedServer();
  const kinesis = new KinesisClient(options);
  onTestFinished(() => kinesis.destroy());
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS.length }));
  const acknowledged: Read[] = [];
  let isOver = false;
  const following = SHARDS.map((shard) => follow(kinesis, shard, () => isOver));

  await untilSent(async (texts, producer) => {
    const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: producer }));
    const answer = await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    expect(answer.FailedRecordCount).toBe(0);
    for (const [at, { SequenceNumber }] of answer.Records!.entries())
      acknowledged.push({ sequence: SequenceNumber!, text: texts[at]! });
  });
  isOver = true;
  const seen = await Promise.all(following);
  const stored = await Promise.all(SHARDS.map((shard) => all(kinesis, shard)));

  const bySequence = new Map(stored.flat().map(({ sequence, text }) => [sequence, text]));
  expect(acknowledged.filter(({ sequence, text }) => bySequence.get(sequence) !== text)).toEqual([]);
  expect(bySequence.size).toBe(stored.flat().length);
  for (const [at, records] of stored.entries()) {
    expect(outOfOrder(records.map(({ sequence }) => BigInt(sequence)))).toEqual([]);
    // Later reads return the same records in the same order, without removals or insertions.
    expect(seen[at]).toEqual(records.slice(0, seen[at]!.length));
    for (let producer = 0; producer < PRODUCERS; producer++)
      expect(outOfOrder(numbersOf(records, producer))).toEqual([]);
  }
}, 3_600_000);

test("records that PutRecordBatch acknowledged reach the bucket once, despite kills of the server", async () => {
  const { options, s3, untilSent } = await killedServer();
  const firehose = await deliveryOf(options, s3);
  const acknowledged: string[] = [];
  await untilSent(async (texts) => {
    const Records = texts.map((text) => ({ Data: Buffer.from(`${text}\n`) }));
    const { FailedPutCount } = await firehose.send(
      new PutRecordBatchCommand({ DeliveryStreamName: StreamName, Records }),
    );
    expect(FailedPutCount).toBe(0);
    acknowledged.push(...texts);
  });
  await checkDelivered(s3, acknowledged);
}, 3_600_000);

test("records that a delivery stream reads from Kinesis reach the bucket once, too", async () => {
  const { options, s3, untilSent } = await killedServer();
  const kinesis = new KinesisClient(options);
  onTestFinished(() => kinesis.destroy());
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS.length }));
  await deliveryOf(options, s3, {
    KinesisStreamARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`,
    RoleARN,
  });
  const acknowledged: string[] = [];
  await untilSent(async (texts, producer) => {
    const Records = texts.map((text) => ({ Data: Buffer.from(`${text}\n`), PartitionKey: producer }));
    await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    acknowledged.push(...texts);
  });
  await checkDelivered(s3, acknowledged);
}, 3_600_000);

test("a pipe delivers all records that PutRecords acknowledged to its queue, despite kills of the server", async () => {
  const { options, untilSent } = await killedServer();
  const kinesis = new KinesisClient(options);
  const pipes = new PipesClient(options);
  const sqs = new SQSClient(options);
  onTestFinished(() => {
    for (const client of [kinesis, pipes, sqs]) client.destroy();
  });
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: SHARDS.length }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: "brought" }));
  await pipes.send(
    new CreatePipeCommand({
      Name: "pipe",
      RoleArn: "arn:aws:iam::000000000000:role/pipe",
      Source: `arn:aws:kinesis:us-east-1:000000000000:stream/${StreamName}`,
      SourceParameters: { KinesisStreamParameters: { StartingPosition: "TRIM_HORIZON", BatchSize: 10 } },
      Target: "arn:aws:sqs:us-east-1:000000000000:brought",
      TargetParameters: { InputTemplate: "<$.data>" },
    }),
  );
  const acknowledged: string[] = [];
  await untilSent(async (texts, producer) => {
    const Records = texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: producer }));
    const { FailedRecordCount } = await kinesis.send(new PutRecordsCommand({ StreamName, Records }));
    expect(FailedRecordCount).toBe(0);
    acknowledged.push(...texts);
  });
  const brought = new Set<string>();
  const missing = async () => {
    const ask = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 3_600 });
    for (let received = 1; received > 0; ) {
      const { Messages = [] } = await sqs.send(ask);
      for (const { Body } of Messages) brought.add(Body!);
      received = Messages.length;
    }
    return acknowledged.filter((text) => !brought.has(text));
  };
  await expect.poll(missing, { timeout: 600_000, interval: 500 }).toEqual([]);
}, 3_600_000);

/** Creates a delivery stream to the bucket `lines`. */
async function deliveryOf(
  options: FirehoseClientConfig,
  s3: S3Client,
  source?: KinesisStreamSourceConfiguration,
): Promise<FirehoseClient> {
  const firehose = new FirehoseClient(options);
  onTestFinished(() => firehose.destroy());
  await s3.send(new CreateBucketCommand({ Bucket }));
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: StreamName,
      ...(source && {
        DeliveryStreamType: "KinesisStreamAsSource",
        KinesisStreamSourceConfiguration: source,
      }),
      ExtendedS3DestinationConfiguration: {
        BucketARN: `arn:aws:s3:::${Bucket}`,
        RoleARN,
        BufferingHints: { IntervalInSeconds: 1, SizeInMBs: 1 },
      },
    }),
  );
  return firehose;
}

async function checkDelivered(s3: S3Client, acknowledged: readonly string[]): Promise<void> {
  let lines: string[] = [];
  const missing = async () => {
    lines = await linesIn(s3);
    const delivered = new Set(lines);
    return acknowledged.filter((text) => !delivered.has(text));
  };
  await expect.poll(missing, { timeout: 600_000, interval: 500 }).toEqual([]);
  expect(new Set(lines).size).toBe(lines.length);
}

/** A server that is killed and restarted while producers send texts, each until it is acknowledged. */
async function killedServer() {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder], onTestFinished);
  const { port, endpoint } = server;
  const s3 = s3Of(server);
  onTestFinished(() => s3.destroy());
  const options = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    // The test itself repeats requests without a response.
    maxAttempts: 1,
  };

  async function untilSent(send: (texts: string[], producer: string) => Promise<void>): Promise<void> {
    let isSent = false;
    const calls = Math.ceil(RECORDS / PRODUCERS / BATCH);
    const sending = Promise.all(
      Array.from({ length: PRODUCERS }, async (_, producer) => {
        for (let call = 0; call < calls; call++) {
          let attempt = 0;
          await untilAnswered(() => {
            attempt++;
            const texts = Array.from(
              { length: BATCH },
              (__, at) => `${producer}/${call * BATCH + at}/${attempt}`,
            );
            return send(texts, `producer-${producer}`);
          });
        }
      }),
    ).then(() => {
      isSent = true;
    });
    while (!isSent) {
      await Promise.race([sending, sleep(randomInt(BETWEEN_KILLS_MS))]);
      await server.end("SIGKILL");
      server = await launch(["--data", folder, "--port", String(port)], onTestFinished);
    }
  }

  return { options, s3, untilSent };
}

async function iteratorOf(kinesis: KinesisClient, ShardId: string): Promise<string> {
  const command = new GetShardIteratorCommand({ StreamName, ShardId, ShardIteratorType: "TRIM_HORIZON" });
  return (await kinesis.send(command)).ShardIterator!;
}

async function read(kinesis: KinesisClient, ShardIterator: string) {
  // Not a multiple of the batch size, so that reads stop within a batch.
  const answer = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 7 }));
  const records = answer.Records!.map(({ SequenceNumber, Data }) => ({
    sequence: SequenceNumber!,
    text: Buffer.from(Data!).toString(),
  }));
  return { records, next: answer.NextShardIterator! };
}

/** Reads a shard while its server is killed and restarted. */
async function follow(kinesis: KinesisClient, shard: string, isOver: () => boolean): Promise<Read[]> {
  const seen: Read[] = [];
  let iterator = await iteratorOf(kinesis, shard);
  while (!isOver()) {
    const answer = await read(kinesis, iterator).catch(() => undefined);
    if (answer) {
      seen.push(...answer.records);
      iterator = answer.next;
    }
    await sleep(20);
  }
  return seen;
}

async function all(kinesis: KinesisClient, shard: string): Promise<Read[]> {
  const reads: Read[] = [];
  for (let iterator = await iteratorOf(kinesis, shard); ; ) {
    const { records, next } = await read(kinesis, iterator);
    if (records.length === 0) return reads;
    reads.push(...records);
    iterator = next;
  }
}

/**
 * The numbers of a producer's records, in the order of first occurrence. Each is sent after the previous one's
 * response.
 */
function numbersOf(records: readonly Read[], producer: number): bigint[] {
  const numbers = records
    .map(({ text }) => text.split("/"))
    .flatMap(([by, number]) => (Number(by) === producer ? [BigInt(number!)] : []));
  return [...new Set(numbers)];
}

const outOfOrder = (numbers: readonly bigint[]) =>
  numbers.filter((number, at) => at > 0 && number <= numbers[at - 1]!);

async function linesIn(s3: S3Client): Promise<string[]> {
  const lines: string[] = [];
  for (let ContinuationToken: string | undefined; ; ) {
    const page = await s3.send(
      new ListObjectsV2Command({ Bucket, ...(ContinuationToken && { ContinuationToken }) }),
    );
    for (const { Key } of page.Contents ?? []) {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: Key! }));
      lines.push(...(await Body!.transformToString()).split("\n").filter(Boolean));
    }
    ContinuationToken = page.NextContinuationToken;
    if (!ContinuationToken) return lines;
  }
}
