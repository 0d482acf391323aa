import { GetItemCommand, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const key = {
  AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" as const }],
  KeySchema: [{ AttributeName: "p", KeyType: "HASH" as const }],
};
withTable("many", key);

/** The most that fit into 16 MB: an algorithm of quadratic time would exceed the timeout of a test. */
const MANY = 120_000;
const names = (count: number, start = "n") => Array.from({ length: count }, (_, at) => `${start}${at}`);
const index = (IndexName: string) => ({
  IndexName,
  KeySchema: key.KeySchema,
  Projection: { ProjectionType: "ALL" },
});
const INVALID = "One or more parameter values were invalid: ";

behaviour("GetItem projects as many attributes as a request holds", api("GetItem"), async () => {
  await send(new PutItemCommand({ TableName: "many", Item: { p: S("a"), n7: S("b") } }));
  const request = new GetItemCommand({ TableName: "many", Key: { p: S("a") }, AttributesToGet: names(MANY) });
  expect((await send(request)).Item).toEqual({ n7: S("b") });
});

behaviour(
  "ADD and DELETE change sets as large as an item",
  guide("Expressions.UpdateExpressions"),
  async () => {
    const on = { TableName: "many", Key: { p: S("s") }, ReturnValues: "UPDATED_NEW" as const };
    const change = (verb: string, set: string[]) =>
      send(
        new UpdateItemCommand({
          ...on,
          UpdateExpression: `${verb} s :v`,
          ExpressionAttributeValues: { ":v": { SS: set } },
        }),
      );
    const most = names(75_000, "");
    await change("ADD", most);
    expect((await change("ADD", ["x", ...most.slice(1)])).Attributes?.s?.SS).toHaveLength(75_001);
    expect((await change("DELETE", most.slice(1))).Attributes?.s?.SS).toEqual(["0", "x"]);
  },
);

behaviour(
  "an update sets hundreds of paths in one attribute",
  guide("Expressions.UpdateExpressions"),
  async () => {
    const on = { TableName: "many", Key: { p: S("m") } };
    const m = Object.fromEntries(names(30_000).map((name) => [name, { N: "1" }]));
    await send(new PutItemCommand({ TableName: "many", Item: { p: S("m"), m: { M: m } } }));
    const paths = names(400).map((name) => `m.${name}=:v`);
    await send(
      new UpdateItemCommand({
        ...on,
        UpdateExpression: `SET ${paths.join(",")}`,
        ExpressionAttributeValues: { ":v": { N: "2" } },
      }),
    );
    const { Item } = await send(new GetItemCommand(on));
    expect([Item?.m?.M?.n399, Item?.m?.M?.n400]).toEqual([{ N: "2" }, { N: "1" }]);
  },
);

refusals(api("CreateTable"), [
  [
    "CreateTable",
    {
      TableName: "abc",
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: key.KeySchema,
      AttributeDefinitions: [...names(MANY), "n1"].map((AttributeName) => ({
        AttributeName,
        AttributeType: "S",
      })),
    },
    "Attribute Name is duplicated: n1",
  ],
  [
    "CreateTable",
    {
      TableName: "abc",
      ...key,
      BillingMode: "PAY_PER_REQUEST",
      GlobalSecondaryIndexes: names(MANY, "index").map(index),
    },
    `${INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20`,
  ],
  [
    "UpdateTable",
    {
      TableName: "many",
      GlobalSecondaryIndexUpdates: [...names(MANY, "index"), "index1"].map((IndexName) => ({
        Delete: { IndexName },
      })),
    },
    `${INVALID}Only one global secondary index update per index is allowed simultaneously. Index: index1`,
  ],
] satisfies Refusal[]);

/** Only the message for a scan's filter contains the size. */
const LARGE = "x".repeat(4_097);
refusals("https://github.com/floci-io/floci/pull/3447", [
  [
    "Scan",
    { TableName: "abc", FilterExpression: LARGE },
    "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4097",
  ],
  ...(
    [
      ["Scan", "ProjectionExpression", {}],
      [
        "Query",
        "FilterExpression",
        { KeyConditionExpression: "a = :v", ExpressionAttributeValues: { ":v": { S: "a" } } },
      ],
      ["Query", "KeyConditionExpression", {}],
      ["GetItem", "ProjectionExpression", { Key: {} }],
      ["PutItem", "ConditionExpression", { Item: {} }],
      ["UpdateItem", "UpdateExpression", { Key: {} }],
    ] as const
  ).map(
    ([operation, kind, more]): Refusal => [
      operation,
      { TableName: "abc", ...more, [kind]: LARGE },
      `Invalid ${kind}: Expression size has exceeded the maximum allowed size;`,
    ],
  ),
]);
