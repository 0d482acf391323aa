import { afterAll, beforeAll, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { settles, testDisk } from "#kernel/testing-disk.ts";
import { dynamodb, dynamodbStreams } from "../service.ts";
import { collectionRows, tables } from "../store.ts";
import { key, S, TableName } from "../testing.ts";
import type { Item } from "../values/value.ts";
import { rowKey } from "./keys.ts";

/*
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */

const GIB = 2 ** 30;
const SIZE_BYTES = 6;

const disk = testDisk();
let nube: TestCloud;
/** The bytes to record as the size of the collection of `p`; `undefined` removes the record. */
let claim: { table: string; p: string; bytes: number | undefined };
/** The size that was recorded before, in bytes. */
let counted: number | undefined;

/** A service whose `DescribeLimits` records the size in `claim`, so that no test has to write ten gigabytes. */
const claiming = {
  ...dynamodb,
  operations: new Map(dynamodb.operations).set("DescribeLimits", async (ctx) => {
    await ctx.transact(async (tx) => {
      const table = (await tx.get(tables, [claim.table]))!;
      const collection = rowKey(table.number, table.key, key(claim.p, 0)).slice(0, 2);
      const stored = await tx.getBytes(collectionRows, collection);
      counted = stored && Buffer.from(stored).readUIntBE(0, SIZE_BYTES);
      const bytes = Buffer.alloc(SIZE_BYTES);
      bytes.writeUIntBE(claim.bytes ?? 0, 0, SIZE_BYTES);
      if (claim.bytes === undefined) tx.deleteBytes(collectionRows, collection);
      else tx.putBytes(collectionRows, collection, bytes);
    });
    return {};
  }),
};

beforeAll(async () => {
  nube = await testCloud([claiming, dynamodbStreams], { store: disk.store });
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "s", AttributeType: "N" },
      { AttributeName: "l", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" },
      { AttributeName: "s", KeyType: "RANGE" },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: "by-l",
        KeySchema: [
          { AttributeName: "p", KeyType: "HASH" },
          { AttributeName: "l", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
  });
});

afterAll(() => nube.close());

async function claimed(p: string, bytes: number | undefined, table = TableName, { dynamodb } = nube.aws) {
  claim = { table, p, bytes };
  await dynamodb.DescribeLimits({});
}

const put = (p: string, s: number, more: Item = {}) =>
  nube.aws.dynamodb.PutItem({
    TableName,
    Item: { ...key(p, s), ...more },
    ReturnItemCollectionMetrics: "SIZE",
  });

/** The `SizeEstimateRangeGB` of a collection, as `DeleteItem` of an item that does not exist returns it. */
async function gigabytes(p: string): Promise<number[] | undefined> {
  const { ItemCollectionMetrics: metrics } = await nube.aws.dynamodb.DeleteItem({
    TableName,
    Key: key(p, 999),
    ReturnItemCollectionMetrics: "SIZE",
  });
  return metrics?.SizeEstimateRangeGB;
}

const TOO_LARGE = {
  code: "ItemCollectionSizeLimitExceededException",
  message: "Collection size exceeded.",
};

test("the size of a collection is reported as a range of whole gigabytes", async () => {
  expect((await put("told", 1)).ItemCollectionMetrics).toEqual({
    ItemCollectionKey: { p: S("told") },
    SizeEstimateRangeGB: [0, 1],
  });
  await claimed("told", 3.5 * GIB);
  expect((await put("told", 2)).ItemCollectionMetrics?.SizeEstimateRangeGB).toEqual([3, 4]);
});

test("entries of local indexes count until they are deleted", async () => {
  const x = S("x".repeat(1_000));
  await claimed("counted", 2 * GIB - 1_500);
  await put("counted", 1, { x });
  expect(await gigabytes("counted")).toEqual([1, 2]);
  await put("counted", 1, { x, l: S("shown") });
  expect(await gigabytes("counted")).toEqual([2, 3]);
  await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("counted", 1) });
  expect(await gigabytes("counted")).toEqual([1, 2]);
});

test("a collection without a recorded size is counted at its next change", async () => {
  for (let s = 1; s <= 120; s++) await put("older", s, { x: S("x".repeat(1_000)), l: S("shown") });
  await claimed("older", undefined);
  const all = counted!;
  expect(all).toBeGreaterThan(2 * 120 * 1_000);
  await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("older", 1) });
  await claimed("older", undefined);
  expect(counted).toBeCloseTo((all * 119) / 120, -2);
});

test("a collection of ten gigabytes cannot grow, and all other writes succeed", async () => {
  await put("full", 1, { x: S("xx") });
  await claimed("full", 10 * GIB - 10);
  await expect(put("full", 2, { x: S("x".repeat(100)) })).rejects.toMatchObject(TOO_LARGE);
  const grow = {
    TableName,
    Key: key("full", 1),
    UpdateExpression: "SET y = :y",
    ExpressionAttributeValues: { ":y": S("y".repeat(100)) },
  };
  await expect(nube.aws.dynamodb.UpdateItem(grow)).rejects.toMatchObject(TOO_LARGE);
  const item = { ...key("full", 3), x: S("x".repeat(100)) };
  await expect(
    nube.aws.dynamodb.BatchWriteItem({ RequestItems: { [TableName]: [{ PutRequest: { Item: item } }] } }),
  ).rejects.toMatchObject(TOO_LARGE);
  const { Items } = await nube.aws.dynamodb.Query({
    TableName,
    KeyConditionExpression: "p = :p",
    ExpressionAttributeValues: { ":p": S("full") },
  });
  expect(Items).toEqual([{ ...key("full", 1), x: S("xx") }]);

  await put("full", 1, { x: S("x") });
  await put("beside", 1, { x: S("x".repeat(100)) });
  await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("full", 1) });
});

test("a transaction is cancelled, and its reasons show which action exceeds the limit", async () => {
  await claimed("together", 10 * GIB - 10);
  const putting = (p: string) => ({ Put: { TableName, Item: { ...key(p, 1), x: S("x".repeat(100)) } } });
  await expect(
    nube.aws.dynamodb.TransactWriteItems({ TransactItems: [putting("apart"), putting("together")] }),
  ).rejects.toMatchObject({
    code: "TransactionCanceledException",
    members: {
      CancellationReasons: [
        { Code: "None" },
        { Code: "ItemCollectionSizeLimitExceeded", Message: "Collection size exceeded." },
      ],
    },
  });
  expect((await nube.aws.dynamodb.GetItem({ TableName, Key: key("apart", 1) })).Item).toBeUndefined();
});

test("the limit applies to PartiQL, where only the exceeding statement of a batch fails", async () => {
  await claimed("spoken", 10 * GIB - 10);
  const insert = (p: string) => ({
    Statement: `INSERT INTO ${TableName} VALUE {'p': '${p}', 's': 1, 'x': '${"x".repeat(100)}'}`,
  });
  await expect(nube.aws.dynamodb.ExecuteStatement(insert("spoken"))).rejects.toMatchObject(TOO_LARGE);
  const { Responses } = await nube.aws.dynamodb.BatchExecuteStatement({
    Statements: [insert("spoken"), insert("unspoken")],
  });
  expect(Responses).toEqual([
    {
      TableName,
      Error: { Code: "ItemCollectionSizeLimitExceeded", Message: "Collection size exceeded." },
    },
    { TableName },
  ]);
});

test("the limit does not apply to restores and replication", async () => {
  const elsewhere = nube.as(rootOf(TEST_PLACE.account), { region: "eu-west-1" });
  await put("copied", 1, { x: S("x".repeat(100)) });
  const { BackupDetails } = await nube.aws.dynamodb.CreateBackup({ TableName, BackupName: "first" });
  await nube.advance("1m");
  disk.hold();
  const { BackupArn } = BackupDetails!;
  const restored = nube.aws.dynamodb.RestoreTableFromBackup({ BackupArn, TargetTableName: "restored" });
  await settles(restored);
  // The copy begins once the table's record is durable.
  const full = claimed("copied", 10 * GIB, "restored");
  await settles(full);
  disk.release();
  await Promise.all([restored, full]);
  const ReplicaUpdates = [{ Create: { RegionName: "eu-west-1" } }];
  await nube.aws.dynamodb.UpdateTable({ TableName, ReplicaUpdates });
  await nube.advance("1m");
  await claimed("copied", 10 * GIB, TableName, elsewhere);
  await put("copied", 2, { x: S("x".repeat(100)) });
  await nube.advance("1m");
  for (const [{ dynamodb: there }, table, s] of [
    [nube.aws, "restored", 1],
    [elsewhere, TableName, 2],
  ] as const) {
    expect((await there.GetItem({ TableName: table, Key: key("copied", s) })).Item).toBeDefined();
    await expect(
      there.PutItem({ TableName: table, Item: { ...key("copied", 3), x: S("x") } }),
    ).rejects.toMatchObject(TOO_LARGE);
  }
});
