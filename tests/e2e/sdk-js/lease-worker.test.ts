import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { expect, onTestFinished, test } from "vitest";
import { startServer } from "../harness.ts";
import { leaseWorker, type Processed } from "./lease-worker.ts";

const StreamName = "orders";
const TableName = "leases";
const KEYS = Array.from({ length: 8 }, (_, n) => `customer-${n}`);
/** Records of each key are sent before and after each change of the shards. */
const EACH = 12;
const shard = (index: number) => `shardId-${String(index).padStart(12, "0")}`;

test("workers with leases in a table process every record despite a crash, a split and a merge", async () => {
  const { endpoint } = await startServer("--ephemeral");
  const options = {
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const kinesis = new KinesisClient(options);
  const dynamodb = new DynamoDBClient(options);
  onTestFinished(() => {
    kinesis.destroy();
    dynamodb.destroy();
  });
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount: 2 }));
  await dynamodb.send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "leaseKey", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );

  const sent: { shard: string; sequence: string; key: string; text: string }[] = [];
  async function produce(round: number): Promise<void> {
    for (let number = 0; number < EACH; number++) {
      await Promise.all(
        KEYS.map(async (key) => {
          const text = String(round * EACH + number);
          const { ShardId, SequenceNumber } = await kinesis.send(
            new PutRecordCommand({ StreamName, PartitionKey: key, Data: Buffer.from(text) }),
          );
          sent.push({ shard: ShardId!, sequence: SequenceNumber!, key, text });
        }),
      );
    }
  }

  const processed: Processed[] = [];
  const worker = (name: string) =>
    leaseWorker({
      name,
      kinesis,
      dynamodb,
      StreamName,
      TableName,
      process: (one) => void processed.push(one),
    });
  const [mortal, survivor] = [worker("mortal"), worker("survivor")];
  let isOver = false;
  const working = [mortal, survivor].map(async ({ turn }) => {
    while (!isOver && (await turn()));
  });
  const isDone = () => {
    const known = new Set(processed.map(({ sequence }) => sequence));
    return sent.every(({ sequence }) => known.has(sequence));
  };

  await produce(0);
  await expect.poll(() => new Set(processed.map(({ worker: by }) => by)).size, { timeout: 30_000 }).toBe(2);
  mortal.die();
  await kinesis.send(
    new SplitShardCommand({ StreamName, ShardToSplit: shard(0), NewStartingHashKey: String(2n ** 126n) }),
  );
  await produce(1);
  await kinesis.send(
    new MergeShardsCommand({ StreamName, ShardToMerge: shard(3), AdjacentShardToMerge: shard(1) }),
  );
  await produce(2);
  await expect.poll(isDone, { timeout: 60_000 }).toBe(true);
  const ended = async () =>
    (await survivor.leases()).flatMap(({ leaseKey, checkpoint }) =>
      checkpoint === "SHARD_END" ? [leaseKey] : [],
    );
  await expect.poll(async () => (await ended()).sort(), { timeout: 30_000 }).toEqual([0, 1, 3].map(shard));
  isOver = true;
  await Promise.all(working);

  // Records that the crashed worker processed after its last checkpoint are processed again, all others once.
  const first = new Map<string, number>();
  for (const [at, { sequence }] of processed.entries()) if (!first.has(sequence)) first.set(sequence, at);
  const again = processed.filter(({ sequence }, at) => first.get(sequence) !== at);
  expect(again.length).toBeGreaterThan(0);
  expect(new Set(again.map(({ worker: by }) => by))).toEqual(new Set(["survivor"]));
  for (const key of KEYS) {
    const texts = processed.filter((one, at) => one.key === key && first.get(one.sequence) === at);
    expect(texts.map(({ text }) => Number(text))).toEqual(Array.from({ length: 3 * EACH }, (_, n) => n));
  }
  const placesOf = (index: number) =>
    processed.flatMap((one, at) =>
      one.shard === shard(index) && first.get(one.sequence) === at ? [at] : [],
    );
  for (const [child, parent] of [
    [2, 0],
    [3, 0],
    [4, 3],
    [4, 1],
  ] as const)
    expect(Math.min(...placesOf(child))).toBeGreaterThan(Math.max(...placesOf(parent)));
  expect((await survivor.leases()).map(({ leaseKey, parents }) => [leaseKey, parents]).sort()).toEqual([
    [shard(0), []],
    [shard(1), []],
    [shard(2), [shard(0)]],
    [shard(3), [shard(0)]],
    [shard(4), [shard(3), shard(1)]],
  ]);
});
