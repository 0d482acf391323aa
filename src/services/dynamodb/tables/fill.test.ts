import { expect, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { S } from "../testing.ts";

test("an index is filled over many pages, by keys of bytes too", async () => {
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
