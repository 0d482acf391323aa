import {
  BatchWriteItemCommand,
  ExecuteStatementCommand,
  GetItemCommand,
  type Projection,
  PutItemCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, S } from "./client.ts";
import { outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);

const LIMIT = 400 * 1_024;
const items = `${guide("Constraints")}#limits-items`;
const withIndexes = `${guide("Constraints")}#limits-items-size-secondary-indexes`;
const attribute = (AttributeName: string, AttributeType: "S" | "N") => ({ AttributeName, AttributeType });
const local = (IndexName: string, sort: string, projection: Projection = { ProjectionType: "ALL" }) => ({
  IndexName,
  KeySchema: [
    { AttributeName: "p", KeyType: "HASH" as const },
    { AttributeName: sort, KeyType: "RANGE" as const },
  ],
  Projection: projection,
});

withTable("plain");
withTable("whole", {
  AttributeDefinitions: [attribute("p", "S"), attribute("s", "N"), attribute("l", "N"), attribute("m", "N")],
  LocalSecondaryIndexes: [local("by-l", "l"), local("by-m", "m")],
});
withTable("keys", {
  AttributeDefinitions: [attribute("p", "S"), attribute("s", "N"), attribute("l", "N")],
  LocalSecondaryIndexes: [local("by-l", "l", { ProjectionType: "KEYS_ONLY" })],
});

/** An item of the given size in bytes: two for `p`, three for each number and the rest for `x`. */
function itemOf(bytes: number, ...indexed: string[]): Item {
  const numbers = Object.fromEntries(["s", ...indexed].map((name) => [name, N(1)]));
  return { p: S("a"), ...numbers, x: S("x".repeat(bytes - 3 - 3 * (1 + indexed.length))) };
}

const refused = ["ValidationException", "Item size has exceeded the maximum allowed size"];
const notUpdated = ["ValidationException", "Item size to update has exceeded the maximum allowed size"];
const put = (TableName: string, Item: Item) => outcome(send(new PutItemCommand({ TableName, Item })));
const setX = (TableName: string, x: string) =>
  outcome(
    send(
      new UpdateItemCommand({
        TableName,
        Key: { p: S("a"), s: N(1) },
        UpdateExpression: "SET x = :x",
        ExpressionAttributeValues: { ":x": S(x) },
      }),
    ),
  );

behaviour("an item of 400 KB is accepted and a larger one refused", items, async () => {
  expect(await put("plain", itemOf(LIMIT + 1))).toEqual(refused);
  await put("plain", itemOf(LIMIT));
  const { Item } = await send(
    new GetItemCommand({ TableName: "plain", Key: { p: S("a"), s: N(1) }, ConsistentRead: true }),
  );
  expect(Item).toEqual(itemOf(LIMIT));
  expect(await setX("plain", "x".repeat(LIMIT - 5))).toEqual(notUpdated);
});

for (const [indexed, largest] of [
  [["l"], LIMIT / 2],
  [["l", "m"], Math.floor(LIMIT / 3)],
] as const)
  behaviour(
    `an item and its entries in ${indexed.length} local indexes take at most 400 KB together`,
    withIndexes,
    async () => {
      expect(await put("whole", itemOf(largest + 1, ...indexed))).toEqual(refused);
      expect(await put("whole", itemOf(largest, ...indexed))).toBe("accepted");
      expect(await setX("whole", `${itemOf(largest, ...indexed).x!.S}x`)).toEqual(notUpdated);
    },
  );

behaviour("a local index without an entry for the item does not count", withIndexes, async () => {
  expect(await put("whole", itemOf(LIMIT))).toBe("accepted");
});

behaviour("an attribute that a local index does not project is counted once", withIndexes, async () => {
  const entry = 2 + 3 + 3;
  expect(await put("keys", itemOf(LIMIT - entry + 1, "l"))).toEqual(refused);
  expect(await put("keys", itemOf(LIMIT - entry, "l"))).toBe("accepted");
});

behaviour("batches, transactions and statements have the same limit", withIndexes, async () => {
  const Item = itemOf(LIMIT / 2 + 1, "l");
  expect(
    await outcome(send(new BatchWriteItemCommand({ RequestItems: { whole: [{ PutRequest: { Item } }] } }))),
  ).toEqual(refused);
  expect(
    await outcome(
      send(
        new ExecuteStatementCommand({
          Statement: "INSERT INTO whole VALUE {'p': 'b', 's': 1, 'l': 1, 'x': ?}",
          Parameters: [Item.x!],
        }),
      ),
    ),
  ).toEqual(refused);
  await expect(
    send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName: "whole", Item } }] })),
  ).rejects.toMatchObject({
    name: "TransactionCanceledException",
    CancellationReasons: [{ Code: "ValidationError", Message: refused[1] }],
  });
});
