import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { dynamodb, dynamodbStreams } from "../service.ts";
import { N, S, TableName } from "../testing.ts";
import type { Item } from "../values/value.ts";

/** The most items that a batch may write; each is nearly as large as an item may be. */
const COUNT = 25;
const EXPIRED = N(Date.parse("2026-01-01T01:00Z") / 1_000);
const large = (at: number, letter: string): Item => ({
  p: S(`p${at}`),
  expires: EXPIRED,
  x: S(letter.repeat(409_000)),
});
const keys = Array.from({ length: COUNT }, (_, at) => at);

vi.setConfig({ testTimeout: 60_000 });

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([dynamodb, dynamodbStreams]);
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
    StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
  });
  await nube.aws.dynamodb.UpdateContinuousBackups({
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});
afterEach(() => nube.close());

const letters = async () => {
  const { Responses } = await nube.aws.dynamodb.BatchGetItem({
    RequestItems: { [TableName]: { Keys: keys.map((at) => ({ p: S(`p${at}`) })) } },
  });
  return Responses![TableName]!.map(({ x }) => x!.S![0]).join("");
};

test("a batch replaces the maximum number of the largest items, each with both images in the stream", async () => {
  const put = (letter: string) =>
    nube.aws.dynamodb.BatchWriteItem({
      RequestItems: { [TableName]: keys.map((at) => ({ PutRequest: { Item: large(at, letter) } })) },
      ReturnConsumedCapacity: "TOTAL",
    });
  await put("a");
  const { UnprocessedItems, ConsumedCapacity } = await put("b");
  expect(UnprocessedItems).toEqual({});
  expect(ConsumedCapacity).toEqual([{ TableName, CapacityUnits: COUNT * 400 }]);
  expect(await letters()).toBe("b".repeat(COUNT));
});

test("other requests get a turn between the items of a batch", async () => {
  let turns = 0;
  let isWriting = true;
  const count = () => {
    turns++;
    if (isWriting) setImmediate(count);
  };
  setImmediate(count);
  await nube.aws.dynamodb.BatchWriteItem({
    RequestItems: { [TableName]: keys.map((at) => ({ PutRequest: { Item: large(at, "a") } })) },
  });
  isWriting = false;
  expect(turns).toBeGreaterThan(COUNT);
});

test("a batch is refused once its table is replaced by one with another key", async () => {
  const isWritten = async () => {
    const { Item: first } = await nube.aws.dynamodb.GetItem({ TableName, Key: { p: S("p0") } });
    return first !== undefined;
  };
  const batch = nube.aws.dynamodb.BatchWriteItem({
    RequestItems: { [TableName]: keys.map((at) => ({ PutRequest: { Item: large(at, "a") } })) },
  });
  const refused = expect(batch).rejects.toMatchObject({ code: "ValidationException" });
  while (!(await isWritten())) await new Promise(setImmediate);
  await Promise.all([
    nube.aws.dynamodb.DeleteTable({ TableName }),
    nube.aws.dynamodb.CreateTable({
      TableName,
      AttributeDefinitions: [{ AttributeName: "q", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "q", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  ]);
  await refused;
});

test("a batch of statements changes the maximum number of the largest items", async () => {
  for (const at of keys) await nube.aws.dynamodb.PutItem({ TableName, Item: large(at, "a") });
  const { Responses } = await nube.aws.dynamodb.BatchExecuteStatement({
    Statements: keys.map((at) => ({
      Statement: `UPDATE ${TableName} SET x = ? WHERE p = ?`,
      Parameters: [large(at, "c").x!, S(`p${at}`)],
    })),
  });
  expect(Responses!.map((one) => one.Error?.Code)).toEqual(keys.map(() => undefined));
  expect(await letters()).toBe("c".repeat(COUNT));
});

test("any number of the largest items can expire at once", async () => {
  for (let at = 0; at < 2 * COUNT; at++) await nube.aws.dynamodb.PutItem({ TableName, Item: large(at, "a") });
  await nube.aws.dynamodb.UpdateTimeToLive({
    TableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: "expires" },
  });
  await nube.advance("1m");
  await nube.advance("2h");
  expect((await nube.aws.dynamodb.Scan({ TableName, Select: "COUNT" })).Count).toBe(0);
});

/** An item with random text, which compression does not shrink. */
const random = (at: number): Item => ({
  p: S(`p${at}`),
  x: S(randomBytes(306_750).toString("base64")),
});
const HERE = "us-east-1";
const THERE = "eu-west-1";
const replicate = async () => {
  await nube.aws.dynamodb.UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName: THERE } }] });
  await nube.advance("1m");
};
const countIn = async (region: string) => {
  const { dynamodb: db } = nube.as(rootOf(TEST_PLACE.account), { region });
  let count = 0;
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await db.Scan({
      TableName,
      Select: "COUNT",
      ...(ExclusiveStartKey && { ExclusiveStartKey }),
    });
    count += page.Count!;
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return count;
};

test("a transaction replaces ten of the largest items in a table with a stream, recovery and a replica", async () => {
  await replicate();
  const put = () =>
    nube.aws.dynamodb.TransactWriteItems({
      TransactItems: keys.slice(0, 10).map((at) => ({ Put: { TableName, Item: random(at) } })),
    });
  await put();
  await put();
  await nube.advance("1m");
  expect(await countIn(THERE)).toBe(10);
});

test("a transaction cannot replace more large items than a commit holds, even by small ones", async () => {
  for (let at = 0; at < 100; at++) await nube.aws.dynamodb.PutItem({ TableName, Item: random(at) });
  const write = (count: number) =>
    nube.aws.dynamodb.TransactWriteItems({
      TransactItems: Array.from({ length: count }, (_, at) => ({
        Put: { TableName, Item: { p: S(`p${at}`) } },
      })),
    });
  await expect(write(100)).rejects.toMatchObject({ code: "ValidationException" });
  await write(30);
  expect((await nube.aws.dynamodb.GetItem({ TableName, Key: { p: S("p0") } })).Item).toEqual({ p: S("p0") });
});

test("many large items are deleted in a replica, each with its image in the replica's stream", async () => {
  await replicate();
  for (let at = 0; at < 100; at++) await nube.aws.dynamodb.PutItem({ TableName, Item: random(at) });
  await nube.advance("1m");
  expect(await countIn(THERE)).toBe(100);
  for (let at = 0; at < 100; at++) await nube.aws.dynamodb.DeleteItem({ TableName, Key: { p: S(`p${at}`) } });
  await nube.advance("1m");
  expect([await countIn(HERE), await countIn(THERE)]).toEqual([0, 0]);
});
