import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { kinesis } from "./service.ts";

let nube: TestCloud;
const StreamName = "s";
beforeEach(async () => {
  nube = await testCloud([kinesis]);
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 2 });
});
afterEach(() => nube.close());

const put = (text: string, PartitionKey = "k") =>
  nube.aws.kinesis.PutRecord({ StreamName, Data: Buffer.from(text), PartitionKey });
const iterator = async (ShardId: string, ShardIteratorType: "TRIM_HORIZON" | "LATEST" = "TRIM_HORIZON") =>
  (await nube.aws.kinesis.GetShardIterator({ StreamName, ShardId, ShardIteratorType })).ShardIterator!;
const read = async (ShardIterator: string) => {
  const answer = await nube.aws.kinesis.GetRecords({ ShardIterator });
  const { Records } = answer;
  return { ...answer, Records, texts: Records.map(({ Data }) => Buffer.from(Data).toString()) };
};
const shardsOf = async () => (await nube.aws.kinesis.ListShards({ StreamName })).Shards!;

test("records of one key are returned in order", async () => {
  const told = [];
  for (const text of ["a", "b", "c"]) told.push(await put(text));
  const [ShardId] = new Set(told.map((one) => one.ShardId));
  const { texts, Records, MillisBehindLatest, NextShardIterator } = await read(await iterator(ShardId!));
  expect(texts).toEqual(["a", "b", "c"]);
  expect(Records.map((one) => one.SequenceNumber)).toEqual(told.map((one) => one.SequenceNumber));
  expect(BigInt(told[0]!.SequenceNumber) < BigInt(told[1]!.SequenceNumber)).toBe(true);
  expect(MillisBehindLatest).toBe(0);
  await put("d");
  expect((await read(NextShardIterator!)).texts).toEqual(["d"]);
});

test("records go to the shard of their hash key, partition or explicit", async () => {
  const Records = Array.from({ length: 40 }, (_, at) => ({
    Data: Buffer.from(String(at)),
    PartitionKey: `k${at}`,
  }));
  const { Records: told, FailedRecordCount } = await nube.aws.kinesis.PutRecords({ StreamName, Records });
  expect(FailedRecordCount).toBe(0);
  expect(new Set(told.map(({ ShardId }) => ShardId)).size).toBe(2);
  const last = await nube.aws.kinesis.PutRecord({
    StreamName,
    Data: Buffer.from("x"),
    PartitionKey: "k",
    ExplicitHashKey: (2n ** 128n - 1n).toString(),
  });
  expect(last.ShardId).toBe("shardId-000000000001");
});

describe("an iterator", () => {
  test("starts at the requested position", async () => {
    const { SequenceNumber, ShardId } = await put("a");
    await nube.advance("10s");
    await put("b");
    const from = async (more: object) =>
      (
        await read(
          (
            await nube.aws.kinesis.GetShardIterator({ StreamName, ShardId, ...more } as never)
          ).ShardIterator!,
        )
      ).texts;
    expect(
      await from({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: SequenceNumber }),
    ).toEqual(["a", "b"]);
    expect(
      await from({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: SequenceNumber }),
    ).toEqual(["b"]);
    expect(await from({ ShardIteratorType: "LATEST" })).toEqual([]);
    expect(
      await from({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date("2026-01-01T00:00:05Z") }),
    ).toEqual(["b"]);
  });

  test("expires after five minutes", async () => {
    const held = await iterator("shardId-000000000000");
    await nube.advance("6m");
    await expect(read(held)).rejects.toMatchObject({ code: "ExpiredIteratorException" });
    await expect(read("made-up")).rejects.toMatchObject({ code: "InvalidArgumentException" });
  });
});

describe("shards", () => {
  test("divide the hash key range evenly", async () => {
    const ranges = (await shardsOf()).map(({ HashKeyRange }) => HashKeyRange);
    expect(ranges).toEqual([
      { StartingHashKey: "0", EndingHashKey: (2n ** 127n - 1n).toString() },
      { StartingHashKey: (2n ** 127n).toString(), EndingHashKey: (2n ** 128n - 1n).toString() },
    ]);
  });

  test("can be split, and GetRecords returns the children of the closed shard", async () => {
    const { ShardId } = await nube.aws.kinesis.PutRecord({
      StreamName,
      Data: Buffer.from("a"),
      PartitionKey: "k",
      ExplicitHashKey: "1",
    });
    await nube.aws.kinesis.SplitShard({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: "1000" });
    const all = await shardsOf();
    expect(all.map(({ ShardId: id, ParentShardId }) => [id, ParentShardId])).toEqual([
      ["shardId-000000000000", undefined],
      ["shardId-000000000001", undefined],
      ["shardId-000000000002", ShardId],
      ["shardId-000000000003", ShardId],
    ]);
    expect(all[0]!.SequenceNumberRange.EndingSequenceNumber).toBeDefined();
    const { texts, NextShardIterator, ChildShards } = await read(await iterator(ShardId));
    expect(texts).toEqual(["a"]);
    expect(NextShardIterator).toBeUndefined();
    expect(ChildShards!.map((child) => child.ShardId)).toEqual([
      "shardId-000000000002",
      "shardId-000000000003",
    ]);
    await expect(
      nube.aws.kinesis.SplitShard({ StreamName, ShardToSplit: ShardId, NewStartingHashKey: "10" }),
    ).rejects.toMatchObject({ code: "InvalidArgumentException" });
  });

  test("can be merged if adjacent", async () => {
    await nube.aws.kinesis.MergeShards({
      StreamName,
      ShardToMerge: "shardId-000000000000",
      AdjacentShardToMerge: "shardId-000000000001",
    });
    expect((await shardsOf()).at(-1)).toMatchObject({
      ParentShardId: "shardId-000000000000",
      AdjacentParentShardId: "shardId-000000000001",
      HashKeyRange: { StartingHashKey: "0", EndingHashKey: (2n ** 128n - 1n).toString() },
    });
  });

  test("can at most be doubled in number", async () => {
    await expect(
      nube.aws.kinesis.UpdateShardCount({ StreamName, TargetShardCount: 5, ScalingType: "UNIFORM_SCALING" }),
    ).rejects.toMatchObject({ code: "InvalidArgumentException" });
    await nube.aws.kinesis.UpdateShardCount({
      StreamName,
      TargetShardCount: 4,
      ScalingType: "UNIFORM_SCALING",
    });
    const { StreamDescriptionSummary } = await nube.aws.kinesis.DescribeStreamSummary({ StreamName });
    expect(StreamDescriptionSummary.OpenShardCount).toBe(4);
  });
});

test("records are kept for the retention period", async () => {
  const { ShardId } = await put("old");
  await nube.aws.kinesis.IncreaseStreamRetentionPeriod({ StreamName, RetentionPeriodHours: 48 });
  await nube.advance("30h");
  await put("young");
  expect((await read(await iterator(ShardId))).texts).toEqual(["old", "young"]);
  await nube.advance("20h");
  expect((await read(await iterator(ShardId))).texts).toEqual(["young"]);
});

test("a subscription delivers new records and ends with its shard", async () => {
  const { StreamDescription } = await nube.aws.kinesis.DescribeStream({ StreamName });
  const { Consumer } = await nube.aws.kinesis.RegisterStreamConsumer({
    StreamARN: StreamDescription.StreamARN,
    ConsumerName: "c",
  });
  const { ShardId } = await put("a");
  const { EventStream } = await nube.aws.kinesis.SubscribeToShard({
    ConsumerARN: Consumer.ConsumerARN,
    ShardId,
    StartingPosition: { Type: "TRIM_HORIZON" },
  });
  const seen: string[] = [];
  for await (const { SubscribeToShardEvent: event } of EventStream) {
    seen.push(...event.Records.map(({ Data }) => Buffer.from(Data).toString()));
    if (seen.length === 1) await put("b");
    if (seen.length === 2 && event.Records.length > 0) {
      const [first, second] = await shardsOf();
      await nube.aws.kinesis.MergeShards({
        StreamName,
        ShardToMerge: first!.ShardId,
        AdjacentShardToMerge: second!.ShardId,
      });
    }
    if (event.ChildShards) seen.push(`then ${event.ChildShards[0]!.ShardId}`);
  }
  expect(seen).toEqual(["a", "b", "then shardId-000000000002"]);
});

test("a recreated stream has no records of the former one", async () => {
  await put("a");
  await nube.aws.kinesis.DeleteStream({ StreamName });
  await expect(put("b")).rejects.toMatchObject({
    code: "ResourceNotFoundException",
    message: "Stream s under account 000000000000 not found.",
  });
  await nube.aws.kinesis.CreateStream({ StreamName, ShardCount: 1 });
  expect((await read(await iterator("shardId-000000000000"))).texts).toEqual([]);
});
