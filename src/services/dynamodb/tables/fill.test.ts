import { expect, test } from "vitest";
import type { GlobalSecondaryIndexUpdate } from "#aws/contract/types/dynamodb.ts";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { key, N, S, TableName, withTable } from "../testing.ts";
import type { Value } from "../values/value.ts";

test("an index is backfilled in many pages, also with binary keys", async () => {
  const nube = await testCloud([dynamodb]);
  const { aws } = nube;
  const TableName = "bytes";
  await aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "B" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  for (let at = 0; at < 250; at++)
    await aws.dynamodb.PutItem({ TableName, Item: { p: { B: Buffer.from([at]) }, g: S("red") } });
  await aws.dynamodb.UpdateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "g", AttributeType: "S" }],
    GlobalSecondaryIndexUpdates: [
      {
        Create: {
          IndexName: "by-g",
          KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
          Projection: { ProjectionType: "KEYS_ONLY" },
        },
      },
    ],
  });
  await nube.advance("1m");
  const { Table } = await aws.dynamodb.DescribeTable({ TableName });
  expect(Table!.GlobalSecondaryIndexes![0]!.IndexStatus).toBe("ACTIVE");
  const { Count } = await aws.dynamodb.Query({
    TableName,
    IndexName: "by-g",
    KeyConditionExpression: "g = :g",
    ExpressionAttributeValues: { ":g": S("red") },
  });
  expect(Count).toBe(250);
  await nube.close();
});

const byH: GlobalSecondaryIndexUpdate = {
  Create: {
    IndexName: "by-h",
    KeySchema: [{ AttributeName: "h", KeyType: "HASH" }],
    Projection: { ProjectionType: "KEYS_ONLY" },
  },
};
const addIndex = {
  TableName,
  AttributeDefinitions: [{ AttributeName: "h", AttributeType: "S" as const }],
  GlobalSecondaryIndexUpdates: [byH],
};

test("an index cannot be read while it is backfilled", async () => {
  const nube = await withTable();
  for (let at = 0; at < 450; at++) await nube.put("a", at, { h: S("red") });
  await nube.aws.dynamodb.UpdateTable(addIndex);
  const query = () =>
    nube.aws.dynamodb.Query({
      TableName,
      IndexName: "by-h",
      KeyConditionExpression: "h = :h",
      ExpressionAttributeValues: { ":h": S("red") },
    });
  const scan = () => nube.aws.dynamodb.Scan({ TableName, IndexName: "by-h" });
  const outcomes = await Promise.allSettled([query(), scan()]);
  expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.message)).toEqual([
    "Cannot read from backfilling global secondary index",
    "Cannot read from backfilling global secondary index",
  ]);
  await nube.advance("1s");
  expect([(await query()).Count, (await scan()).Count]).toEqual([450, 450]);
  await nube.close();
});

test("an index omits items with invalid values for its key, and these can be replaced and deleted", async () => {
  const nube = await withTable();
  const wrong: Value[] = [
    N(1),
    S(""),
    S("x".repeat(2_049)),
    { L: [] },
    { BOOL: true },
    { M: { S: S("red") } },
  ];
  for (const [at, h] of wrong.entries()) await nube.put("wrong", at, { h });
  await nube.put("right", 1, { h: S("red") });
  await nube.aws.dynamodb.UpdateTable(addIndex);
  await nube.put("wrong", 0, { h: S("blue") });
  await nube.advance("1s");
  const { Table } = await nube.aws.dynamodb.DescribeTable({ TableName });
  expect(Table!.GlobalSecondaryIndexes!.map(({ IndexStatus }) => IndexStatus)).toEqual(["ACTIVE", "ACTIVE"]);
  const indexed = async () => {
    const { Items } = await nube.aws.dynamodb.Scan({ TableName, IndexName: "by-h" });
    return Items!.map(({ h }) => h!.S).toSorted();
  };
  expect(await indexed()).toEqual(["blue", "red"]);
  for (const at of wrong.keys()) await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("wrong", at) });
  expect(await indexed()).toEqual(["red"]);
  await nube.close();
});
