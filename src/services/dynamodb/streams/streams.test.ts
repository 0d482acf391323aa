import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { key, N, S, TableName, type WithTable, withTable } from "../testing.ts";

let nube: WithTable;
beforeEach(async () => {
  nube = await withTable();
});
afterEach(() => nube.close());

describe("a stream", () => {
  const open = async (StreamViewType: "NEW_AND_OLD_IMAGES" | "KEYS_ONLY") => {
    const { TableDescription } = await nube.aws.dynamodb.UpdateTable({
      TableName,
      StreamSpecification: { StreamEnabled: true, StreamViewType },
    });
    return from(TableDescription!.LatestStreamArn!);
  };
  const from = async (StreamArn: string) => {
    const { StreamDescription } = await nube.aws["dynamodb-streams"].DescribeStream({ StreamArn });
    const ShardId = StreamDescription!.Shards![0]!.ShardId!;
    const { ShardIterator } = await nube.aws["dynamodb-streams"].GetShardIterator({
      StreamArn,
      ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    });
    return { StreamArn, iterator: ShardIterator! };
  };
  const records = async (ShardIterator: string) => {
    const { Records } = await nube.aws["dynamodb-streams"].GetRecords({ ShardIterator });
    return Records!;
  };

  test("contains every change in order, except for writes that change nothing", async () => {
    const { iterator } = await open("NEW_AND_OLD_IMAGES");
    await nube.put("a", 1, { x: S("1") });
    await nube.put("a", 1, { x: S("1") });
    await nube.put("a", 1, { x: S("2") });
    await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("a", 1) });
    const received = await records(iterator);
    expect(received.map(({ eventName }) => eventName)).toEqual(["INSERT", "MODIFY", "REMOVE"]);
    expect(received[1]!.dynamodb).toMatchObject({
      Keys: key("a", 1),
      OldImage: { x: S("1") },
      NewImage: { x: S("2") },
      StreamViewType: "NEW_AND_OLD_IMAGES",
    });
    const numbers = received.map(({ dynamodb: record }) => record!.SequenceNumber!);
    expect(numbers.toSorted()).toEqual(numbers);
  });

  test("contains the images of its view type", async () => {
    const { iterator } = await open("KEYS_ONLY");
    await nube.put("a", 1, { x: S("1") });
    const [received] = await records(iterator);
    expect(received!.dynamodb!.NewImage).toBeUndefined();
    expect(received!.dynamodb!.Keys).toEqual(key("a", 1));
  });

  test("ends when it is disabled, and is deleted after a day", async () => {
    const { StreamArn, iterator } = await open("KEYS_ONLY");
    await nube.put("a", 1);
    await nube.aws.dynamodb.UpdateTable({ TableName, StreamSpecification: { StreamEnabled: false } });
    await nube.put("a", 2);
    expect(await records(iterator)).toHaveLength(1);
    await nube.advance("2d");
    await expect(nube.aws["dynamodb-streams"].DescribeStream({ StreamArn })).rejects.toMatchObject({
      code: "ResourceNotFoundException",
    });
  });

  test("names the service as the deleter of expired items", async () => {
    const { StreamArn } = await open("NEW_AND_OLD_IMAGES");
    const expires = N(Date.parse("2026-01-01T01:00Z") / 1_000);
    await nube.put("early", 1, { expires });
    await nube.aws.dynamodb.UpdateTimeToLive({
      TableName,
      TimeToLiveSpecification: { Enabled: true, AttributeName: "expires" },
    });
    await nube.put("a", 1, { expires });
    await nube.put("b", 1, { expires: N(Date.parse("2026-01-03T00:00Z") / 1_000) });
    await nube.put("c", 1, { expires: S("never") });
    await nube.advance("10m");
    expect((await nube.aws.dynamodb.Scan({ TableName })).Count).toBe(4);
    await nube.advance("2h");
    const left = (await nube.aws.dynamodb.Scan({ TableName })).Items!.map((item) => item.p!.S);
    expect(left.toSorted()).toEqual(["b", "c"]);
    const received = await records((await from(StreamArn)).iterator);
    expect(received.at(-1)).toMatchObject({
      eventName: "REMOVE",
      userIdentity: { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" },
    });
  });
});

test("an index that is created later contains the existing items", async () => {
  for (let at = 0; at < 450; at++) await nube.put("many", at, { h: S(at % 2 ? "odd" : "even") });
  await nube.aws.dynamodb.UpdateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "h", AttributeType: "S" }],
    GlobalSecondaryIndexUpdates: [
      {
        Create: {
          IndexName: "by-h",
          KeySchema: [{ AttributeName: "h", KeyType: "HASH" }],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      },
    ],
  });
  await nube.advance("1s");
  const { Count } = await nube.aws.dynamodb.Query({
    TableName,
    IndexName: "by-h",
    KeyConditionExpression: "h = :h",
    ExpressionAttributeValues: { ":h": S("odd") },
  });
  expect(Count).toBe(225);
  const { Table } = await nube.aws.dynamodb.DescribeTable({ TableName });
  expect(Table!.GlobalSecondaryIndexes!.map(({ IndexStatus }) => IndexStatus)).toEqual(["ACTIVE", "ACTIVE"]);
});
