import {
  BatchExecuteStatementCommand,
  BatchWriteItemCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  type DynamoDBClient,
  ExecuteStatementCommand,
  ExecuteTransactionCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, type Item, N, S } from "./client.ts";
import { AWAY, HOME, outcome, regionsOn } from "./replicas.ts";

const cloud = conformanceCloud();
const TableName = "written";
const { at, create, add, drop, put, get, settle } = regionsOn(cloud, TableName);

beforeAll(async () => {
  await create(TableName, HOME, {
    AttributeDefinitions: [
      { AttributeName: "p", AttributeType: "S" },
      { AttributeName: "s", AttributeType: "N" },
      { AttributeName: "l", AttributeType: "N" },
    ],
    LocalSecondaryIndexes: [
      {
        IndexName: "by-l",
        KeySchema: [
          { AttributeName: "p", KeyType: "HASH" },
          { AttributeName: "l", KeyType: "RANGE" },
        ],
        Projection: { ProjectionType: "KEYS_ONLY" },
      },
    ],
  });
  await add(AWAY);
  await settle();
});

const key = (p: string) => ({ p: S(p), s: N(1) });
type Way = [
  operation: string,
  write: (client: DynamoDBClient, p: string) => Promise<unknown>,
  left: Item | undefined,
];
const WAYS: Way[] = [
  [
    "PutItem",
    (client, p) => client.send(new PutItemCommand({ TableName, Item: { ...key(p), x: N(2) } })),
    { x: N(2) },
  ],
  [
    "UpdateItem",
    (client, p) =>
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: key(p),
          UpdateExpression: "ADD x :one SET y = :y",
          ExpressionAttributeValues: { ":one": N(1), ":y": S("new") },
        }),
      ),
    { x: N(2), y: S("new") },
  ],
  ["DeleteItem", (client, p) => client.send(new DeleteItemCommand({ TableName, Key: key(p) })), undefined],
  [
    "BatchWriteItem",
    (client, p) =>
      client.send(
        new BatchWriteItemCommand({
          RequestItems: { [TableName]: [{ PutRequest: { Item: { ...key(p), x: N(3) } } }] },
        }),
      ),
    { x: N(3) },
  ],
  [
    "TransactWriteItems",
    (client, p) =>
      client.send(new TransactWriteItemsCommand({ TransactItems: [{ Delete: { TableName, Key: key(p) } }] })),
    undefined,
  ],
  [
    "ExecuteStatement",
    (client, p) =>
      client.send(
        new ExecuteStatementCommand({
          Statement: `UPDATE "${TableName}" SET x = 4 WHERE p = '${p}' AND s = 1`,
        }),
      ),
    { x: N(4) },
  ],
  [
    "BatchExecuteStatement",
    (client, p) =>
      client.send(
        new BatchExecuteStatementCommand({
          Statements: [{ Statement: `DELETE FROM "${TableName}" WHERE p = '${p}' AND s = 1` }],
        }),
      ),
    undefined,
  ],
  [
    "ExecuteTransaction",
    (client, p) =>
      client.send(
        new ExecuteTransactionCommand({
          TransactStatements: [{ Statement: `UPDATE "${TableName}" SET x = 5 WHERE p = '${p}' AND s = 1` }],
        }),
      ),
    { x: N(5) },
  ],
];
for (const [operation, write, left] of WAYS)
  for (const [from, to] of [
    [HOME, AWAY],
    [AWAY, HOME],
  ] as const)
    behaviour(`${operation} in ${from} is replicated to ${to}`, api(operation), async () => {
      const p = `${operation}/${from}`;
      await put({ ...key(p), x: N(1) }, from);
      await settle();
      await write(at(from), p);
      await settle();
      const found = await get(p, to);
      if (left) expect(found).toEqual({ ...key(p), ...left });
      else expect(found).toBeUndefined();
    });

behaviour("every replica has the local secondary indexes", guide("V2globaltables_HowItWorks"), async () => {
  await put({ ...key("local"), l: N(7) });
  await settle();
  const { Items } = await at(AWAY).send(
    new QueryCommand({
      TableName,
      IndexName: "by-l",
      KeyConditionExpression: "p = :p AND l = :l",
      ExpressionAttributeValues: { ":p": S("local"), ":l": N(7) },
    }),
  );
  expect(Items).toEqual([{ ...key("local"), l: N(7) }]);
});

behaviour("a write whose condition fails is not replicated", api("PutItem"), async () => {
  await put({ ...key("kept"), x: N(1) });
  await settle();
  const refused = await outcome(
    at(HOME).send(
      new PutItemCommand({
        TableName,
        Item: { ...key("kept"), x: N(2) },
        ConditionExpression: "attribute_not_exists(p)",
      }),
    ),
  );
  expect((refused as string[])[0]).toBe("ConditionalCheckFailedException");
  await settle();
  expect(await get("kept", AWAY)).toMatchObject({ x: N(1) });
});

behaviour(
  "a replica that is being deleted is not deleted again",
  guide("V2globaltables.tutorial"),
  async () => {
    await at(AWAY).send(new DeleteTableCommand({ TableName }));
    expect(await outcome(drop(AWAY))).toEqual([
      "ResourceInUseException",
      "The resource which you are attempting to change is in use.",
    ]);
    expect((await outcome(at(AWAY).send(new DeleteTableCommand({ TableName }))))[0]).toBe(
      "ResourceInUseException",
    );
  },
);
