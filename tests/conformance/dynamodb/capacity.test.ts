import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  type ConsumedCapacity,
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "capacity";
withTable(TableName, {
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "g", AttributeType: "S" },
    { AttributeName: "l", AttributeType: "N" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "global",
      KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
      Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["x"] },
    },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: "local",
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "l", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    },
  ],
});

const units = guide("read-write-operations");
const total = (answer: { ConsumedCapacity?: ConsumedCapacity | undefined }) =>
  answer.ConsumedCapacity!.CapacityUnits;
const big = (kilobytes: number) => ({ big: S("x".repeat(kilobytes * 1_024)) });

for (const [kilobytes, write, read] of [
  [0, 1, 1],
  [1, 2, 1],
  [3, 4, 1],
  [4, 5, 2],
  [10, 11, 3],
] as const)
  behaviour(
    `an item of ${kilobytes} KB and its key takes ${write} units to write and ${read} to read`,
    units,
    async () => {
      const Key = { p: S(`${kilobytes} KB`), s: N(1) };
      const request = { TableName, ReturnConsumedCapacity: "TOTAL" } as const;
      const Item = { ...Key, ...big(kilobytes) };
      expect(total(await send(new PutItemCommand({ ...request, Item })))).toBe(write);
      expect(total(await send(new GetItemCommand({ ...request, Key, ConsistentRead: true })))).toBe(read);
      expect(total(await send(new GetItemCommand({ ...request, Key })))).toBe(read / 2);
      expect(total(await send(new DeleteItemCommand({ ...request, Key })))).toBe(write);
    },
  );

behaviour("a missing item takes one unit to delete and half a unit to read", units, async () => {
  const request = { TableName, ReturnConsumedCapacity: "TOTAL", Key: { p: S("none"), s: N(1) } } as const;
  expect(total(await send(new GetItemCommand(request)))).toBe(0.5);
  expect(total(await send(new DeleteItemCommand(request)))).toBe(1);
});

/** The write units that indexes consume when one item replaces another. */
const WRITES: [string, object, object, Record<string, number>][] = [
  ["an entry is created", {}, { g: S("1") }, { global: 1 }],
  ["two entries are created", {}, { g: S("1"), l: N(1) }, { global: 1, local: 1 }],
  ["an entry is deleted", { g: S("1") }, {}, { global: 1 }],
  ["an entry moves", { g: S("1") }, { g: S("2") }, { global: 2 }],
  ["a projected attribute changes", { g: S("1") }, { g: S("1"), x: S("x") }, { global: 1 }],
  ["only an attribute that is not projected changes", { g: S("1") }, { g: S("1"), y: S("y") }, {}],
];
for (const [what, before, after, indexes] of WRITES)
  behaviour(`where ${what}, the indexes consume ${JSON.stringify(indexes)}`, guide("GSI"), async () => {
    const Key = { p: S(what), s: N(1) };
    await send(new PutItemCommand({ TableName, Item: { ...Key, ...before } }));
    const { ConsumedCapacity } = await send(
      new PutItemCommand({ TableName, Item: { ...Key, ...after }, ReturnConsumedCapacity: "INDEXES" }),
    );
    const { global, local } = indexes;
    expect(ConsumedCapacity).toEqual({
      TableName,
      CapacityUnits: 1 + (global ?? 0) + (local ?? 0),
      Table: { CapacityUnits: 1 },
      ...(global && { GlobalSecondaryIndexes: { global: { CapacityUnits: global } } }),
      ...(local && { LocalSecondaryIndexes: { local: { CapacityUnits: local } } }),
    });
  });

behaviour(
  "a transaction consumes twice the units and reports reads and writes separately",
  guide("transaction-apis"),
  async () => {
    const Key = { p: S("transaction"), s: N(1) };
    const written = await send(
      new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName, Item: Key } },
          { Put: { TableName, Item: { p: S("transaction"), s: N(2), g: S("g") } } },
        ],
        ReturnConsumedCapacity: "INDEXES",
      }),
    );
    expect(written.ConsumedCapacity).toEqual([
      {
        TableName,
        CapacityUnits: 6,
        WriteCapacityUnits: 6,
        Table: { CapacityUnits: 4, WriteCapacityUnits: 4 },
        GlobalSecondaryIndexes: { global: { CapacityUnits: 2, WriteCapacityUnits: 2 } },
      },
    ]);
    const read = await send(
      new TransactGetItemsCommand({
        TransactItems: [{ Get: { TableName, Key } }],
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    expect(read.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 2, ReadCapacityUnits: 2 }]);
  },
);

behaviour("a batch rounds the units of each item up separately", api("BatchGetItem"), async () => {
  const keys = [1, 2, 3].map((s) => ({ p: S("batch"), s: N(s) }));
  const written = await send(
    new BatchWriteItemCommand({
      RequestItems: { [TableName]: keys.map((Item) => ({ PutRequest: { Item } })) },
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  expect(written.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 3 }]);
  const read = await send(
    new BatchGetItemCommand({
      RequestItems: { [TableName]: { Keys: keys } },
      ReturnConsumedCapacity: "TOTAL",
    }),
  );
  expect(read.ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 1.5 }]);
});

behaviour("a query rounds up the total size of its items", api("Query"), async () => {
  for (const s of [1, 2, 3, 4])
    await send(new PutItemCommand({ TableName, Item: { p: S("together"), s: N(s), ...big(1) } }));
  const request = {
    TableName,
    KeyConditionExpression: "p = :p",
    ExpressionAttributeValues: { ":p": S("together") },
    ReturnConsumedCapacity: "TOTAL",
  } as const;
  expect(total(await send(new QueryCommand(request)))).toBe(1);
  expect(total(await send(new QueryCommand({ ...request, ConsistentRead: true })))).toBe(2);
});

behaviour("a query of an index consumes capacity only for projected attributes", guide("GSI"), async () => {
  await send(new PutItemCommand({ TableName, Item: { p: S("shown"), s: N(1), g: S("shown"), ...big(9) } }));
  const { ConsumedCapacity, Items } = await send(
    new QueryCommand({
      TableName,
      IndexName: "global",
      KeyConditionExpression: "g = :g",
      ExpressionAttributeValues: { ":g": S("shown") },
      ReturnConsumedCapacity: "INDEXES",
    }),
  );
  expect(Items).toEqual([{ p: S("shown"), s: N(1), g: S("shown") }]);
  expect(ConsumedCapacity).toEqual({
    TableName,
    CapacityUnits: 0.5,
    Table: { CapacityUnits: 0 },
    GlobalSecondaryIndexes: { global: { CapacityUnits: 0.5 } },
  });
});

behaviour(
  "a query of a local index fetches other attributes from the table, at the table's cost",
  guide("LSI"),
  async () => {
    await send(new PutItemCommand({ TableName, Item: { p: S("fetched"), s: N(1), l: N(1), y: S("y") } }));
    const { ConsumedCapacity, Items } = await send(
      new QueryCommand({
        TableName,
        IndexName: "local",
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": S("fetched") },
        ProjectionExpression: "y",
        ReturnConsumedCapacity: "INDEXES",
      }),
    );
    expect(Items).toEqual([{ y: S("y") }]);
    expect(ConsumedCapacity).toEqual({
      TableName,
      CapacityUnits: 1,
      Table: { CapacityUnits: 0.5 },
      LocalSecondaryIndexes: { local: { CapacityUnits: 0.5 } },
    });
  },
);

behaviour("a global index returns only projected attributes", guide("GSI"), async () => {
  const request = {
    TableName,
    IndexName: "global",
    KeyConditionExpression: "g = :g",
    ExpressionAttributeValues: { ":g": S("shown") },
  };
  const refused = (more: object, message: string) =>
    expect(send(new QueryCommand({ ...request, ...more }))).rejects.toMatchObject({
      message: `One or more parameter values were invalid: ${message}`,
    });
  await refused({ ProjectionExpression: "y" }, "Global secondary index global does not project [y]");
  await refused(
    { Select: "ALL_ATTRIBUTES" },
    "Select type ALL_ATTRIBUTES is not supported for global secondary index global because its projection type is not ALL",
  );
  await expect(send(new QueryCommand({ ...request, ConsistentRead: true }))).rejects.toMatchObject({
    message: "Consistent reads are not supported on global secondary indexes",
  });
});

behaviour("Select: COUNT returns the count without items", api("Query"), async () => {
  for (const s of [1, 2, 3]) await send(new PutItemCommand({ TableName, Item: { p: S("count"), s: N(s) } }));
  const answer = await send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: "p = :p",
      FilterExpression: "attribute_exists(x)",
      ExpressionAttributeValues: { ":p": S("count") },
      Select: "COUNT",
      Limit: 2,
    }),
  );
  expect(answer).toMatchObject({
    Count: 0,
    ScannedCount: 2,
    LastEvaluatedKey: { p: S("count"), s: N(2) },
  });
  expect(answer.Items).toBeUndefined();
});

behaviour(
  "ItemCollectionMetrics are returned for a table with local indexes",
  api("ItemCollectionMetrics"),
  async () => {
    const Key = { p: S("collection"), s: N(1) };
    const request = { TableName, ReturnItemCollectionMetrics: "SIZE" } as const;
    const metrics = { ItemCollectionKey: { p: S("collection") }, SizeEstimateRangeGB: [0, 1] };
    const put = await send(new PutItemCommand({ ...request, Item: Key }));
    expect(put.ItemCollectionMetrics).toEqual(metrics);
    const updated = await send(new UpdateItemCommand({ ...request, Key }));
    expect(updated.ItemCollectionMetrics).toEqual(metrics);
    const batch = await send(
      new BatchWriteItemCommand({
        RequestItems: { [TableName]: [{ DeleteRequest: { Key } }] },
        ReturnItemCollectionMetrics: "SIZE",
      }),
    );
    expect(batch.ItemCollectionMetrics).toEqual({ [TableName]: [metrics] });
  },
);

behaviour("BatchGetItem returns the keys beyond 16 MB as unprocessed", api("BatchGetItem"), async () => {
  const keys = Array.from({ length: 45 }, (_, s) => ({ p: S("large"), s: N(s) }));
  for (const key of keys) await send(new PutItemCommand({ TableName, Item: { ...key, ...big(390) } }));
  const { Responses, UnprocessedKeys } = await send(
    new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: keys } } }),
  );
  const [found, left] = [Responses![TableName]!.length, UnprocessedKeys![TableName]!.Keys!.length];
  // 42 items of 390 KB and their keys are smaller than 16 MB, 43 are larger.
  expect([found, left]).toEqual([42, 3]);
});

behaviour("a scan of an index returns projected attributes", api("Scan"), async () => {
  await send(new PutItemCommand({ TableName, Item: { p: S("scan"), s: N(1), g: S("scan"), y: S("y") } }));
  const { Items } = await send(
    new ScanCommand({
      TableName,
      IndexName: "global",
      FilterExpression: "g = :g",
      ExpressionAttributeValues: { ":g": S("scan") },
    }),
  );
  expect(Items).toEqual([{ p: S("scan"), s: N(1), g: S("scan") }]);
});
