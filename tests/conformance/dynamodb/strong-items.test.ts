import {
  BatchGetItemCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from "@aws-sdk/client-dynamodb-streams";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { guide, type Item, N, S } from "./client.ts";
import { invalid, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const REGIONS = ["us-east-1", "us-east-2", "us-west-2"] as const;
const [HOME, SECOND, THIRD] = REGIONS;
const TableName = "strong";
const { at, create, change, put, settle } = regionsOn(cloud, TableName);
const how = guide("V2globaltables_HowItWorks");

const key = (p: string, s = 1): Item => ({ p: S(p), s: N(s) });
const latest = async (p: string, region: string) =>
  (await at(region).send(new GetItemCommand({ TableName, Key: key(p), ConsistentRead: true }))).Item;

beforeAll(async () => {
  await create(TableName);
  await change({
    MultiRegionConsistency: "STRONG",
    ReplicaUpdates: [{ Create: { RegionName: SECOND } }, { Create: { RegionName: THIRD } }],
  });
  await settle();
});

behaviour("a strongly consistent read in any Region returns the last write in any Region", how, async () => {
  let x = 0;
  for (const written of REGIONS) {
    await put({ ...key("a"), x: N(++x) }, written);
    for (const region of REGIONS) {
      expect((await latest("a", region))?.x).toEqual(N(x));
      const query = {
        TableName,
        KeyConditionExpression: "p = :p",
        ExpressionAttributeValues: { ":p": S("a") },
        ConsistentRead: true,
      };
      expect((await at(region).send(new QueryCommand(query))).Items?.[0]?.x).toEqual(N(x));
      const scanned = await at(region).send(new ScanCommand({ TableName, ConsistentRead: true }));
      expect(scanned.Items?.map((item) => item.x)).toEqual([N(x)]);
      const RequestItems = { [TableName]: { Keys: [key("a")], ConsistentRead: true } };
      const { Responses } = await at(region).send(new BatchGetItemCommand({ RequestItems }));
      expect(Responses?.[TableName]?.[0]?.x).toEqual(N(x));
      const Statement = `SELECT * FROM "${TableName}" WHERE p = 'a' AND s = 1`;
      const selected = await at(region).send(
        new ExecuteStatementCommand({ Statement, ConsistentRead: true }),
      );
      expect(selected.Items?.[0]?.x).toEqual(N(x));
    }
  }
});

behaviour("a deletion is seen at once as well", how, async () => {
  await put(key("gone"), HOME);
  await at(THIRD).send(new DeleteItemCommand({ TableName, Key: key("gone") }));
  expect(await latest("gone", SECOND)).toBeUndefined();
});

behaviour("eventually consistent reads show a write in the end", how, async () => {
  await put({ ...key("late"), x: N(1) }, SECOND);
  await settle();
  for (const region of REGIONS) {
    const { Item } = await at(region).send(new GetItemCommand({ TableName, Key: key("late") }));
    expect(Item?.x).toEqual(N(1));
  }
});

behaviour("conditions are evaluated against the latest version", how, async () => {
  const claim = (region: string) =>
    at(region).send(
      new PutItemCommand({
        TableName,
        Item: { ...key("lock"), owner: S(region) },
        ConditionExpression: "attribute_not_exists(p)",
      }),
    );
  await claim(THIRD);
  for (const region of REGIONS)
    expect((await outcome(claim(region)))[0]).toBe("ConditionalCheckFailedException");
  const renamed = await at(SECOND).send(
    new UpdateItemCommand({
      TableName,
      Key: key("lock"),
      UpdateExpression: "SET #o = :mine",
      ConditionExpression: "#o = :theirs",
      ExpressionAttributeNames: { "#o": "owner" },
      ExpressionAttributeValues: { ":mine": S(SECOND), ":theirs": S(THIRD) },
      ReturnValues: "ALL_OLD",
    }),
  );
  expect(renamed.Attributes?.owner).toEqual(S(THIRD));
  expect((await latest("lock", HOME))?.owner).toEqual(S(SECOND));
});

behaviour("all Regions increment a counter at the same time, and no update is lost", how, async () => {
  const increments = REGIONS.flatMap((region) => Array.from({ length: 20 }, () => region));
  const results = await Promise.all(
    increments.map((region) =>
      at(region).send(
        new UpdateItemCommand({
          TableName,
          Key: key("counter"),
          UpdateExpression: "ADD x :one",
          ExpressionAttributeValues: { ":one": N(1) },
          ReturnValues: "UPDATED_NEW",
        }),
      ),
    ),
  );
  const values = results.map(({ Attributes }) => Number(Attributes!.x!.N)).sort((one, other) => one - other);
  expect(values).toEqual(increments.map((_, index) => index + 1));
  for (const region of REGIONS) expect((await latest("counter", region))?.x).toEqual(N(increments.length));
});

behaviour("BatchWriteItem writes in any Region", how, async () => {
  const puts = ["b1", "b2"].map((p) => ({ PutRequest: { Item: key(p) } }));
  const RequestItems = { [TableName]: puts };
  const { UnprocessedItems, ConsumedCapacity } = await at(SECOND).send(
    new BatchWriteItemCommand({ RequestItems, ReturnConsumedCapacity: "TOTAL" }),
  );
  expect(UnprocessedItems).toEqual({});
  expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 2 }]);
  for (const p of ["b1", "b2"]) expect(await latest(p, THIRD)).toEqual(key(p));
});

behaviour("transactions are refused", how, async () => {
  const Key = key("t");
  const Statement = `INSERT INTO "${TableName}" VALUE {'p': 't', 's': 1}`;
  const select = `SELECT * FROM "${TableName}" WHERE p = 't' AND s = 1`;
  const refused = invalid(
    "Transaction operations are not supported for global tables with MultiRegionConsistency set to STRONG.",
  );
  for (const region of [HOME, SECOND]) {
    const there = at(region);
    const calls = [
      there.send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: Key } }] })),
      there.send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key } }] })),
      there.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement }] })),
      there.send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement: select }] })),
    ];
    for (const call of calls) expect(await outcome(call)).toEqual(refused);
  }
  expect(await latest("t", HOME)).toBeUndefined();
});

/** The records of a replica's stream. */
async function streamed(region: string) {
  const client = new DynamoDBStreamsClient(cloud.client({ region }));
  const { Table } = await at(region).send(new DescribeTableCommand({ TableName }));
  const StreamArn = Table!.LatestStreamArn!;
  const { StreamDescription } = await client.send(new DescribeStreamCommand({ StreamArn }));
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamArn,
      ShardId: StreamDescription!.Shards![0]!.ShardId,
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  client.destroy();
  return { StreamArn, Records };
}

behaviour("the streams of all replicas have the same records in the same order", how, async () => {
  for (const region of REGIONS)
    await change(
      { StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" } },
      TableName,
      region,
    );
  await settle();
  for (let x = 0; x < 9; x++) await put({ ...key(`s${x % 2}`), x: N(x) }, REGIONS[x % 3]!);
  await at(SECOND).send(new DeleteItemCommand({ TableName, Key: key("s0") }));
  await settle();
  const seen = [];
  for (const region of REGIONS) {
    const { StreamArn, Records } = await streamed(region);
    expect(StreamArn).toContain(`:dynamodb:${region}:`);
    expect(Records.map(({ awsRegion }) => awsRegion)).toEqual(Records.map(() => region));
    seen.push(
      Records.map(({ eventName, dynamodb }) => [
        eventName,
        dynamodb!.OldImage?.x?.N,
        dynamodb!.NewImage?.x?.N,
      ]),
    );
  }
  const [first] = seen;
  expect(first).toHaveLength(10);
  expect(first?.slice(0, 3)).toEqual([
    ["INSERT", undefined, "0"],
    ["INSERT", undefined, "1"],
    ["MODIFY", "0", "2"],
  ]);
  expect(first?.at(-1)).toEqual(["REMOVE", "8", undefined]);
  for (const other of seen) expect(other).toEqual(first);
});
