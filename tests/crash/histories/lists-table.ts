import {
  type AttributeValue,
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  QueryCommand,
  UpdateTableCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";
import type { Read } from "./history.ts";

/** The table of all lists. Lists of one partition are read together by one query. */
export const TableName = "lists";
export const LISTS_OF_PARTITION = 4;

/** The index is checked, too, since Nube's indexes are always up to date. */
const IndexName = "again";

const KeySchema: CreateTableCommandInput["KeySchema"] = [
  { AttributeName: "p", KeyType: "HASH" },
  { AttributeName: "n", KeyType: "RANGE" },
];
const schema: CreateTableCommandInput = {
  TableName,
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "n", AttributeType: "N" },
  ],
  KeySchema,
  GlobalSecondaryIndexes: [{ IndexName, KeySchema, Projection: { ProjectionType: "ALL" } }],
  BillingMode: "PAY_PER_REQUEST",
  StreamSpecification: { StreamEnabled: true, StreamViewType: "NEW_AND_OLD_IMAGES" },
};

/** @returns the ARN of its stream */
export async function createLists(client: DynamoDBClient): Promise<string> {
  const { TableDescription } = await client.send(new CreateTableCommand(schema));
  return TableDescription!.LatestStreamArn!;
}

/** Makes the table strongly consistent in all Regions. The first of them has the table. */
export async function unite(port: number, [home, ...others]: readonly string[]): Promise<void> {
  const client = clientOf(port, home);
  await client.send(
    new UpdateTableCommand({
      TableName,
      MultiRegionConsistency: "STRONG",
      ReplicaUpdates: others.map((RegionName) => ({ Create: { RegionName } })),
    }),
  );
  client.destroy();
  for (const region of others) {
    const there = clientOf(port, region);
    await waitUntilTableExists({ client: there, maxWaitTime: 60, minDelay: 1 }, { TableName });
    there.destroy();
  }
}

/** Does not retry, since the outcome of a request without a response is unknown to the test. */
export const clientOf = (port: number, region = "us-east-1"): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
  });

export type Item = Record<string, AttributeValue>;

/** A list's name is `partition/number`. */
export function keyOf(name: string): Item {
  const [p, n] = name.split("/");
  return { p: { S: p! }, n: { N: n! } };
}

export const nameOf = ({ p, n }: Item): string => `${p!.S}/${n!.N}`;
export const nameIn = (partition: string, n: number): string => `${partition}/${n}`;

export const readOf = (item: Item): Read => ({ key: nameOf(item), read: elementsOf(item) });

/** The elements of an item, which may not exist yet. */
export const elementsOf = (item: Item | undefined): number[] =>
  item?.list?.L?.map(({ N }) => Number(N)) ?? [];

export const listOf = (elements: readonly number[]): AttributeValue => ({
  L: elements.map((element) => ({ N: String(element) })),
});

/** All lists of a partition, at one moment. */
export async function readPartition(
  client: DynamoDBClient,
  partition: string,
  from: "table" | "index" = "table",
): Promise<Read[]> {
  const { Items, LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName,
      ...(from === "table" ? { ConsistentRead: true } : { IndexName }),
      KeyConditionExpression: "p = :p",
      ExpressionAttributeValues: { ":p": { S: partition } },
    }),
  );
  if (LastEvaluatedKey) throw new Error("a partition is larger than a page, which is no moment's image");
  const itemsByName = new Map(Items!.map((item) => [nameOf(item), readOf(item)]));
  const names = Array.from({ length: LISTS_OF_PARTITION }, (_, n) => nameIn(partition, n));
  return names.map((key) => itemsByName.get(key) ?? { key, read: [] });
}
