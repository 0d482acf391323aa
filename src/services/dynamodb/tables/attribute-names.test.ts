import { expect, onTestFinished, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";

test.each(["constructor", "__proto__"])(
  "a key and an index may be named %s, like a member of every object",
  async (name) => {
    const { aws, close, advance } = await testCloud([dynamodb]);
    onTestFinished(close);
    const definition = (AttributeName: string) => ({ AttributeName, AttributeType: "S" }) as const;
    const keyOf = (AttributeName: string) => [{ AttributeName, KeyType: "HASH" }] as const;
    const create = (TableName: string, key: string) =>
      aws.dynamodb.CreateTable({
        TableName,
        AttributeDefinitions: [definition(key)],
        KeySchema: [...keyOf(key)],
        BillingMode: "PAY_PER_REQUEST",
      });
    const item = Object.fromEntries([[name, { S: "x" }]]);

    await create("named", name);
    await aws.dynamodb.PutItem({ TableName: "named", Item: item });
    expect((await aws.dynamodb.GetItem({ TableName: "named", Key: item })).Item).toEqual(item);

    await create("indexed", "id");
    await aws.dynamodb.UpdateTable({
      TableName: "indexed",
      AttributeDefinitions: [definition("id"), definition(name)],
      GlobalSecondaryIndexUpdates: [
        {
          Create: { IndexName: "index", KeySchema: [...keyOf(name)], Projection: { ProjectionType: "ALL" } },
        },
      ],
    });
    await advance("1m");
    await aws.dynamodb.PutItem({ TableName: "indexed", Item: { id: { S: "1" }, ...item } });
    const { Count } = await aws.dynamodb.Scan({ TableName: "indexed", IndexName: "index" });
    expect(Count).toBe(1);
  },
);

test.each(["constructor", "__proto__"])(
  "a table, its index and an attribute may be named %s",
  async (name) => {
    const { aws, close } = await testCloud([dynamodb]);
    onTestFinished(close);
    const { dynamodb: db } = aws;
    const key = (more: string) => [
      { AttributeName: name, KeyType: "HASH" as const },
      { AttributeName: more, KeyType: "RANGE" as const },
    ];
    const TableName = name;
    await db.CreateTable({
      TableName,
      AttributeDefinitions: [name, "s", "l"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
      KeySchema: key("s"),
      LocalSecondaryIndexes: [
        { IndexName: name, KeySchema: key("l"), Projection: { ProjectionType: "ALL" } },
      ],
      BillingMode: "PAY_PER_REQUEST",
    });
    const Key = Object.fromEntries([
      [name, { S: "k" }],
      ["s", { S: "1" }],
    ]);
    const collections = Object.fromEntries([
      [name, [{ ItemCollectionKey: Object.fromEntries([[name, { S: "k" }]]), SizeEstimateRangeGB: [0, 1] }]],
    ]);
    const written = await db.BatchWriteItem({
      RequestItems: Object.fromEntries([
        [name, [{ PutRequest: { Item: { ...Key, l: { S: "l" }, m: { M: {} } } } }]],
      ]),
      ReturnItemCollectionMetrics: "SIZE",
      ReturnConsumedCapacity: "INDEXES",
    });
    expect(written.ItemCollectionMetrics).toEqual(collections);
    const units = Object.entries(written.ConsumedCapacity![0]!.LocalSecondaryIndexes!);
    expect(units).toEqual([[name, { CapacityUnits: 1 }]]);

    const ExpressionAttributeNames = { "#n": name };
    const ExpressionAttributeValues = { ":v": { S: "v" } };
    const sent = { TableName, Key, ExpressionAttributeNames, ExpressionAttributeValues };
    const { ItemCollectionMetrics } = await db.TransactWriteItems({
      TransactItems: [{ Update: { ...sent, UpdateExpression: "SET m.#n = :v" } }],
      ReturnItemCollectionMetrics: "SIZE",
    });
    expect(ItemCollectionMetrics).toEqual(collections);
    await db.ExecuteStatement({ Statement: `UPDATE "${name}" SET x = 1 WHERE "${name}" = 'k' AND s = '1'` });
    const found = await db.Query({
      TableName,
      KeyConditionExpression: "#n = :v",
      ExpressionAttributeNames,
      ExpressionAttributeValues: { ":v": { S: "k" } },
    });
    const M = Object.fromEntries([[name, { S: "v" }]]);
    expect(found.Items).toEqual([{ ...Key, l: { S: "l" }, m: { M }, x: { N: "1" } }]);
  },
);

test("an update sets an attribute that is named like a member of every object", async () => {
  const { aws, close } = await testCloud([dynamodb]);
  onTestFinished(close);
  const TableName = "named";
  await aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  const Key = { p: { S: "a" } };
  const { Attributes } = await aws.dynamodb.UpdateItem({
    TableName,
    Key,
    UpdateExpression: "SET #n = :v",
    ExpressionAttributeNames: { "#n": "__proto__" },
    ExpressionAttributeValues: { ":v": { S: "v" } },
    ReturnValues: "UPDATED_NEW",
  });
  expect(Object.entries(Attributes!)).toEqual([["__proto__", { S: "v" }]]);
  const { Item } = await aws.dynamodb.GetItem({ TableName, Key });
  expect(Object.entries(Item!)).toEqual([
    ["p", { S: "a" }],
    ["__proto__", { S: "v" }],
  ]);
});
