import { gunzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { defineService } from "#kernel/service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import type { Body } from "#lib/body.ts";
import { dynamodb, dynamodbStreams } from "../service.ts";
import { N, S, TableName } from "../testing.ts";
import type { Item } from "../values/value.ts";

/**
 * Items whose JSON is six times their DynamoDB size, and too large for a row. A single item has many small elements; of
 * several items, all but the first have a string of escaped characters, which is stored alike and parsed faster.
 */
const ELEMENTS = 160_000;
const ESCAPES = 360_000;
const keys = ["p0", "p1", "p2"];
const elementsOf = (p: string) => (keys.indexOf(p) > 0 ? 1 : ELEMENTS);
const dense = (p: string, bool: boolean): Item => ({
  p: S(p),
  g: S("all"),
  list: { L: Array(elementsOf(p)).fill({ BOOL: bool }) },
  text: S(elementsOf(p) === ELEMENTS ? "" : "\u0001".repeat(ESCAPES)),
});

vi.setConfig({ testTimeout: 60_000 });

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function cloudWithTable() {
  const files: string[] = [];
  const s3 = defineService({
    id: "s3",
    scope: "partition",
    operations: [
      {
        async PutObject(_, { Key, Body }) {
          const bytes = Body ? await (Body as Body).bytes(2 ** 27) : Buffer.alloc(0);
          if (Key.includes("/data/")) files.push(gunzipSync(bytes).toString());
          return { ETag: '"x"' };
        },
      },
    ],
    access: { PutObject: () => [] },
  });
  const nube = await testCloud([dynamodb, dynamodbStreams, s3]);
  open.push(nube);
  const { dynamodb: db } = nube.aws;
  const { TableDescription } = await db.CreateTable({
    TableName,
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "g", AttributeType: "S" },
    ],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-g",
        KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  });
  await db.UpdateContinuousBackups({
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  const put = (p: string, bool: boolean) => db.PutItem({ TableName, Item: dense(p, bool) });
  /** The last element of each item's list, by partition key. */
  const found = async (table = TableName, region = TEST_PLACE.region) => {
    const at = nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
    const all = new Map<string, boolean>();
    let ExclusiveStartKey: Item | undefined;
    do {
      const page = await at.Scan({ TableName: table, ...(ExclusiveStartKey && { ExclusiveStartKey }) });
      for (const { p, list } of page.Items!) {
        expect(list!.L).toHaveLength(elementsOf(p!.S!));
        all.set(p!.S!, list!.L!.at(-1)!.BOOL!);
      }
      ExclusiveStartKey = page.LastEvaluatedKey;
    } while (ExclusiveStartKey);
    return all;
  };
  const arn = TableDescription!.TableArn!;
  return { nube, db, put, found, files, arn, stream: TableDescription!.LatestStreamArn! };
}
const all = (bool: boolean) => new Map(keys.map((p) => [p, bool]));
const sorted = (map: Map<string, boolean>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

test("dense items are written, read, queried, updated, streamed and expired", async () => {
  const { nube, db, put, stream } = await cloudWithTable();
  await put("a", true);
  await put("b", true);
  const { Item: got } = await db.GetItem({ TableName, Key: { p: S("a") } });
  expect(got).toEqual(dense("a", true));
  const { Items, ConsumedCapacity } = await db.Query({
    TableName,
    IndexName: "by-g",
    KeyConditionExpression: "g = :all",
    ExpressionAttributeValues: { ":all": S("all") },
    ReturnConsumedCapacity: "TOTAL",
  });
  expect(Items!.map(({ p }) => p!.S).toSorted()).toEqual(["a", "b"]);
  expect(ConsumedCapacity!.CapacityUnits).toBe(78.5);
  const { Attributes } = await db.UpdateItem({
    TableName,
    Key: { p: S("a") },
    UpdateExpression: "SET #list[0] = :false, expires = :now",
    ExpressionAttributeNames: { "#list": "list" },
    ExpressionAttributeValues: { ":false": { BOOL: false }, ":now": N(Date.UTC(2026, 0, 1) / 1_000) },
    ReturnValues: "ALL_NEW",
  });
  expect(Attributes!.list!.L!.slice(0, 2)).toEqual([{ BOOL: false }, { BOOL: true }]);
  await db.UpdateTimeToLive({
    TableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: "expires" },
  });
  await nube.advance("1h");
  expect((await db.Scan({ TableName, Select: "COUNT" })).Count).toBe(1);
  const { StreamDescription } = await nube.aws["dynamodb-streams"].DescribeStream({ StreamArn: stream });
  let { ShardIterator } = await nube.aws["dynamodb-streams"].GetShardIterator({
    StreamArn: stream,
    ShardId: StreamDescription!.Shards![0]!.ShardId!,
    ShardIteratorType: "TRIM_HORIZON",
  });
  const elements = (image: Item | undefined) => image?.list?.L?.length ?? 0;
  const records: (string | number | undefined)[][] = [];
  for (let at = 0; at < 5; at++) {
    const { Records, NextShardIterator } = await nube.aws["dynamodb-streams"].GetRecords({
      ShardIterator: ShardIterator!,
    });
    // One record is larger than a page of `GetRecords`.
    expect(Records!.length).toBeLessThanOrEqual(1);
    for (const { eventName, dynamodb: record } of Records!)
      records.push([eventName, elements(record!.OldImage), elements(record!.NewImage)]);
    ShardIterator = NextShardIterator;
  }
  expect(records).toEqual([
    ["INSERT", 0, ELEMENTS],
    ["INSERT", 0, ELEMENTS],
    ["MODIFY", ELEMENTS, ELEMENTS],
    ["REMOVE", ELEMENTS, 0],
  ]);
  // Records older than a day are deleted, a few at a time.
  await nube.advance("2d");
  const { Records } = await nube.aws["dynamodb-streams"]
    .GetRecords({ ShardIterator: ShardIterator! })
    .catch(() => ({ Records: [] }));
  expect(Records).toEqual([]);
});

test("batches overwrite dense items, and read them", async () => {
  const { db, found } = await cloudWithTable();
  for (const bool of [true, false]) {
    const { UnprocessedItems } = await db.BatchWriteItem({
      RequestItems: { [TableName]: keys.map((p) => ({ PutRequest: { Item: dense(p, bool) } })) },
    });
    expect(UnprocessedItems).toEqual({});
  }
  expect(sorted(await found())).toEqual(sorted(all(false)));
  const { Responses } = await db.BatchGetItem({
    RequestItems: { [TableName]: { Keys: keys.map((p) => ({ p: S(p) })) } },
  });
  expect(Responses![TableName]!.toSorted((a, b) => (a.p!.S! < b.p!.S! ? -1 : 1))).toEqual(
    keys.map((p) => dense(p, false)),
  );
});

test("a transaction replaces dense items", async () => {
  const { db, found } = await cloudWithTable();
  for (const bool of [true, false])
    await db.TransactWriteItems({
      TransactItems: keys.map((p) => ({ Put: { TableName, Item: dense(p, bool) } })),
    });
  expect(sorted(await found())).toEqual(sorted(all(false)));
});

test("dense items are copied while any number of them change", async () => {
  const { nube, db, put, found, files, arn } = await cloudWithTable();
  for (const p of keys) await put(p, true);
  await nube.advance("1m");
  const from = nube.cloud.clock.now();
  const { BackupDetails } = await db.CreateBackup({ TableName, BackupName: "first" });
  for (const p of keys) await put(p, false);
  await nube.advance("20m");
  const until = nube.cloud.clock.now();
  for (const p of keys) await put(p, true);
  await db.ExportTableToPointInTime({ TableArn: arn, S3Bucket: "bucket", ExportTime: new Date(until - 1) });
  await nube.advance("1m");
  const linesOf = () =>
    files
      .splice(0)
      .flatMap((file) => file.split("\n").filter(Boolean))
      .map((line) => JSON.parse(line));
  const full = linesOf();
  expect(full.map(({ Item: { p, list } }) => [p.S, list.L.at(-1).BOOL]).toSorted()).toEqual(
    sorted(all(false)),
  );
  await db.ExportTableToPointInTime({
    TableArn: arn,
    S3Bucket: "bucket",
    ExportType: "INCREMENTAL_EXPORT",
    IncrementalExportSpecification: { ExportFromTime: new Date(from), ExportToTime: new Date(until) },
  });
  await nube.advance("1m");
  const changes = linesOf().map(({ Keys, OldImage, NewImage }) => [
    Keys.p.S,
    OldImage.list.L.at(-1).BOOL,
    NewImage.list.L.at(-1).BOOL,
  ]);
  expect(changes.toSorted()).toEqual(keys.toSorted().map((p) => [p, true, false]));
  await db.RestoreTableFromBackup({ BackupArn: BackupDetails!.BackupArn, TargetTableName: "again" });
  await db.RestoreTableToPointInTime({
    SourceTableName: TableName,
    TargetTableName: "earlier",
    RestoreDateTime: new Date(until - 1),
  });
  await nube.advance("1m");
  expect(sorted(await found("again"))).toEqual(sorted(all(true)));
  expect(sorted(await found("earlier"))).toEqual(sorted(all(false)));
});

test("a replica receives dense items and their changes, and deletions of many at once", async () => {
  const { nube, db, put, found } = await cloudWithTable();
  for (const p of keys) await put(p, true);
  await db.UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }] });
  await nube.advance("1m");
  expect(sorted(await found(TableName, "eu-west-1"))).toEqual(sorted(all(true)));
  for (const p of keys) await put(p, false);
  await nube.advance("1m");
  expect(sorted(await found(TableName, "eu-west-1"))).toEqual(sorted(all(false)));
  for (const p of keys) await db.DeleteItem({ TableName, Key: { p: S(p) } });
  await nube.advance("1m");
  expect(await found(TableName, "eu-west-1")).toEqual(new Map());
});
