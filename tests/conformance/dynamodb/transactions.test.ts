import {
  type CancellationReason,
  GetItemCommand,
  PutItemCommand,
  TransactGetItemsCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, type Item, N, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "transactions";
withTable(TableName, {
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "g", AttributeType: "S" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "global",
      KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    },
  ],
});

withTable("collections", {
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "l", AttributeType: "S" },
  ],
  LocalSecondaryIndexes: [
    {
      IndexName: "local",
      KeySchema: [
        { AttributeName: "p", KeyType: "HASH" },
        { AttributeName: "l", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "ALL" },
    },
  ],
});

const key = (p: string, s = 1): Item => ({ p: S(p), s: N(s) });
const write = (...TransactItems: TransactWriteItem[]) =>
  send(new TransactWriteItemsCommand({ TransactItems }));
const put = (Item: Item, more: object = {}): TransactWriteItem => ({ Put: { TableName, Item, ...more } });

/** Expects a transaction to be canceled with the given reasons. */
const cancelled = (outcome: Promise<unknown>, ...reasons: CancellationReason[]) =>
  expect(outcome).rejects.toMatchObject({
    name: "TransactionCanceledException",
    message: `Transaction cancelled, please refer cancellation reasons for specific reasons [${reasons.map(({ Code }) => Code).join(", ")}]`,
    CancellationReasons: reasons,
  });
const wrong = (Message: string): CancellationReason => ({ Code: "ValidationError", Message });
const none: CancellationReason = { Code: "None" };

const INVALID = "One or more parameter values were invalid: ";
const MISMATCH = "The provided key element does not match the schema";

/** Actions that cancel a transaction beside a valid action, with the reasons. */
const REASONS: [string, TransactWriteItem, CancellationReason][] = [
  ["a put without its key", put({ p: S("a") }), wrong(`${INVALID}Missing the key s in the item`)],
  [
    "a put with a key of another type",
    put({ p: N(1), s: N(1) }),
    wrong(`${INVALID}Type mismatch for key p expected: S actual: N`),
  ],
  [
    "a put with an index key of another type",
    put({ ...key("a"), g: N(1) }),
    wrong(`${INVALID}Type mismatch for Index Key g Expected: S Actual: N IndexName: global`),
  ],
  ["a delete with a partial key", { Delete: { TableName, Key: { p: S("a") } } }, wrong(MISMATCH)],
  [
    "a check of a key of another type",
    {
      ConditionCheck: {
        TableName,
        Key: { p: N(1), s: N(1) },
        ConditionExpression: "attribute_exists(p)",
      },
    },
    wrong(MISMATCH),
  ],
  [
    "an update that refers to a missing attribute",
    { Update: { TableName, Key: key("a"), UpdateExpression: "SET x = y" } },
    wrong("The provided expression refers to an attribute that does not exist in the item"),
  ],
  [
    "an update of an invalid path",
    { Update: { TableName, Key: key("a"), UpdateExpression: "REMOVE x.y" } },
    wrong("The document path provided in the update expression is invalid for update"),
  ],
  [
    "a condition that fails",
    put(key("a"), { ConditionExpression: "attribute_exists(p)" }),
    { Code: "ConditionalCheckFailed", Message: "The conditional request failed" },
  ],
];
for (const [what, action, reason] of REASONS)
  behaviour(`${what} cancels a transaction with its reason`, api("TransactWriteItems"), async () => {
    const Key = key(what);
    await cancelled(write(put(Key), action), none, reason);
    expect((await send(new GetItemCommand({ TableName, Key }))).Item).toBeUndefined();
  });

const EMPTY =
  "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p";
const transaction = (action: object, message: string, code?: string): Refusal => [
  "TransactWriteItems",
  { TransactItems: [action] },
  message,
  ...(code ? ([code] as const) : ([] as const)),
];
const nowhere = { TableName: "not-there" };
refusals(api("TransactWriteItems"), [
  transaction({ Put: { TableName, Item: key("") } }, EMPTY),
  transaction({ Delete: { TableName, Key: key("") } }, EMPTY),
  transaction({ Update: { TableName, Key: key(""), UpdateExpression: "REMOVE x" } }, EMPTY),
  transaction(
    { Put: { ...nowhere, Item: key("a") } },
    "Requested resource not found",
    "ResourceNotFoundException",
  ),
  transaction(
    { Put: { TableName, Item: { ...key("a"), x: {} } } },
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
  ),
  transaction(
    { Put: { TableName, Item: key("a"), ConditionExpression: "" } },
    "Invalid ConditionExpression: The expression can not be empty;",
  ),
  [
    "TransactWriteItems",
    { TransactItems: [put(key("a")), { Delete: { TableName, Key: key("a") } }] },
    "Transaction request cannot include multiple operations on one item",
  ],
]);
refusals(api("BatchWriteItem"), [
  ["BatchWriteItem", { RequestItems: { [TableName]: [{ PutRequest: { Item: {} } }] } }, MISMATCH],
  [
    "BatchWriteItem",
    { RequestItems: { [TableName]: [{ PutRequest: { Item: { p: N(1), s: N(1) } } }] } },
    MISMATCH,
  ],
  [
    "TransactWriteItems",
    { TransactItems: [{ Put: { TableName: "abc;", Item: {} } }] },
    "1 validation error detected: Value 'abc;' at 'transactItems.1.member.put.tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
  ],
  [
    "TransactGetItems",
    { TransactItems: [{ Get: { TableName: "ab", Key: {} } }] },
    "TableName must be at least 3 characters long and at most 255 characters long",
  ],
  [
    "BatchWriteItem",
    { RequestItems: { [TableName]: [1, 2].map(() => ({ DeleteRequest: { Key: key("a") } })) } },
    "Provided list of item keys contains duplicates",
  ],
]);

behaviour("a cancellation reason returns the item on request", api("CancellationReason"), async () => {
  const Item = { ...key("shown"), x: S("old") };
  await send(new PutItemCommand({ TableName, Item }));
  await cancelled(
    write(
      put(key("shown"), {
        ConditionExpression: "attribute_not_exists(p)",
        ReturnValuesOnConditionCheckFailure: "ALL_OLD",
      }),
    ),
    { Code: "ConditionalCheckFailed", Message: "The conditional request failed", Item },
  );
});

behaviour("a condition check is evaluated and writes nothing", api("ConditionCheck"), async () => {
  await send(new PutItemCommand({ TableName, Item: key("checked") }));
  await write(
    {
      ConditionCheck: { TableName, Key: key("checked"), ConditionExpression: "attribute_exists(p)" },
    },
    put(key("checked", 2)),
  );
  const { Item } = await send(new GetItemCommand({ TableName, Key: key("checked", 2) }));
  expect(Item).toEqual(key("checked", 2));
});

behaviour("TransactGetItems returns items in the order of the request", api("TransactGetItems"), async () => {
  await write(put({ ...key("read", 1), x: S("x"), y: S("y") }), put(key("read", 2)));
  const get = (s: number, more: object = {}) => ({ Get: { TableName, Key: key("read", s), ...more } });
  const { Responses } = await send(
    new TransactGetItemsCommand({
      TransactItems: [get(2), get(3), get(1, { ProjectionExpression: "x" })],
    }),
  );
  expect(Responses).toEqual([{ Item: key("read", 2) }, {}, { Item: { x: S("x") } }]);
});

behaviour("TransactGetItems refuses to read an item twice", api("TransactGetItems"), async () => {
  const get = (p: string) => ({ Get: { TableName, Key: key(p) } });
  const read = send(new TransactGetItemsCommand({ TransactItems: [get("a"), get("b"), get("a")] }));
  await expect(read).rejects.toMatchObject({
    name: "ValidationException",
    message: "Transaction request cannot include multiple operations on one item",
  });
});

behaviour("a client token identifies one request for ten minutes", guide("transaction-apis"), async () => {
  const add = (n: number) =>
    send(
      new TransactWriteItemsCommand({
        ClientRequestToken: "the-token",
        TransactItems: [
          {
            Update: {
              TableName,
              Key: key("token"),
              UpdateExpression: "ADD n :n",
              ExpressionAttributeValues: { ":n": N(n) },
            },
          },
        ],
      }),
    );
  const count = async () => (await send(new GetItemCommand({ TableName, Key: key("token") }))).Item!.n;
  await add(1);
  await add(1);
  expect(await count()).toEqual(N(1));
  await expect(add(2)).rejects.toMatchObject({ name: "IdempotentParameterMismatchException" });
  await cloud.advance(601_000);
  await add(2);
  expect(await count()).toEqual(N(3));
});

behaviour(
  "the order of members and attributes does not distinguish requests with the same token",
  "https://github.com/localstack/localstack/issues/6529",
  async () => {
    const put = (Item: Item, more: object = {}) =>
      send(
        new TransactWriteItemsCommand({
          ClientRequestToken: "in-any-order",
          TransactItems: [{ Put: { ...more, TableName, Item } }],
        }),
      );
    const names = {
      ExpressionAttributeNames: { "#x": "x" },
      ConditionExpression: "attribute_not_exists(#x)",
    };
    await put({ ...key("order"), x: { M: { a: N(1), b: S("b") } } }, names);
    await put({ x: { M: { b: S("b"), a: N(1) } }, ...key("order") }, { ...names });
    await expect(put({ ...key("order"), x: { M: { a: N(2), b: S("b") } } }, names)).rejects.toMatchObject({
      name: "IdempotentParameterMismatchException",
    });
  },
);

behaviour("a repeated transaction consumes read units", api("TransactWriteItems"), async () => {
  const once = () =>
    send(
      new TransactWriteItemsCommand({
        ClientRequestToken: "counted",
        TransactItems: [put({ ...key("counted"), x: S("x".repeat(1_500)) })],
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
  expect((await once()).ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 4, WriteCapacityUnits: 4 }]);
  expect((await once()).ConsumedCapacity).toEqual([{ TableName, CapacityUnits: 2, ReadCapacityUnits: 2 }]);
});

behaviour(
  "TransactWriteItems returns the item collection metrics of all written items",
  api("TransactWriteItems"),
  async () => {
    const writeWithMetrics = (...TransactItems: TransactWriteItem[]) =>
      send(new TransactWriteItemsCommand({ TransactItems, ReturnItemCollectionMetrics: "SIZE" }));
    const item = { Item: key("collected"), TableName: "collections" };
    expect((await writeWithMetrics({ Put: item }, put(key("collected")))).ItemCollectionMetrics).toEqual({
      collections: [{ ItemCollectionKey: { p: S("collected") }, SizeEstimateRangeGB: [0, 1] }],
    });
    expect((await writeWithMetrics(put(key("collected")))).ItemCollectionMetrics).toEqual({});
  },
);

behaviour("a transaction writes at most 4 MB", guide("transaction-apis"), async () => {
  const items = (count: number) =>
    Array.from({ length: count }, (_, n) => put({ ...key("large", n), x: S("x".repeat(399 * 1_024)) }));
  await expect(write(...items(11))).rejects.toMatchObject({ name: "ValidationException" });
  const first = new GetItemCommand({ TableName, Key: key("large", 0) });
  expect((await send(first)).Item).toBeUndefined();
  await write(...items(10));
});

behaviour(
  "a transaction accepts unused names and values",
  "https://github.com/ExtendDB/extenddb/pull/169",
  async () => {
    const idle = {
      ExpressionAttributeNames: { "#x": "x" },
      ExpressionAttributeValues: { ":x": S("x") },
    };
    await write(put(key("idle"), idle));
    const Get = { TableName, Key: key("idle"), ExpressionAttributeNames: { "#x": "x" } };
    const { Responses } = await send(new TransactGetItemsCommand({ TransactItems: [{ Get }] }));
    expect(Responses).toEqual([{ Item: key("idle") }]);
  },
);
