import { eraPrefix } from "#kernel/records/era.ts";
import { type TestCloud, type TestCloudOptions, testCloud } from "#kernel/testing.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { dynamodb, dynamodbStreams } from "./service.ts";
import type { Item, Value } from "./values/value.ts";

export const TableName = "things";
export const S = (text: string): Value => ({ S: text });
export const N = (number: number | string): Value => ({ N: String(number) });
export const key = (p: string, s: number): Item => ({ p: S(p), s: N(s) });

export interface WithTable extends TestCloud {
  put(p: string, s: number, more?: Item): Promise<object>;
  get(p: string, s: number): Promise<Item | undefined>;
}

/** A cloud with one table, whose key is `p` and `s`. Its index has the key `g` and projects `x`. */
export async function withTable(options: TestCloudOptions = {}): Promise<WithTable> {
  const nube = await testCloud([dynamodb, dynamodbStreams], options);
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "s", AttributeType: "N" },
      { AttributeName: "g", AttributeType: "S" },
    ],
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" },
      { AttributeName: "s", KeyType: "RANGE" },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: "by-g",
        KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
        Projection: { ProjectionType: "INCLUDE", NonKeyAttributes: ["x"] },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
  });
  return {
    ...nube,
    put: (p, s, more = {}) => nube.aws.dynamodb.PutItem({ TableName, Item: { ...key(p, s), ...more } }),
    get: async (p, s) => (await nube.aws.dynamodb.GetItem({ TableName, Key: key(p, s) })).Item,
  };
}

/** The names of DynamoDB's collections that have rows, one for each row. */
export async function collectionsIn(store: KeyValueStore): Promise<string[]> {
  const rows = await store.range({ start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 });
  const names = rows.map(({ key }) => Buffer.from(key.subarray(4, key.indexOf(0, 4))).toString());
  return names.filter((name) => name.startsWith("dynamodb/"));
}
