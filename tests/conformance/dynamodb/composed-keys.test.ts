import {
  type AttributeValue,
  CreateTableCommand,
  DeleteItemCommand,
  DescribeTableCommand,
  ExecuteStatementCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, measured, N, type Refusal, S } from "./client.ts";

const { send, refusals } = dynamodbOn(conformanceCloud());
const PAGE = guide("GSI.DesignPattern.MultiAttributeKeys");
const TableName = "matches";
const IndexName = "by-place";

const definition = (AttributeName: string, AttributeType: "S" | "N" = "S") => ({
  AttributeName,
  AttributeType,
});
const element = (AttributeName: string, KeyType: "HASH" | "RANGE") => ({ AttributeName, KeyType });
const KeySchema = [
  element("cup", "HASH"),
  element("region", "HASH"),
  element("round", "RANGE"),
  element("table", "RANGE"),
  element("game", "RANGE"),
];
const table = {
  AttributeDefinitions: [
    ...["id", "cup", "region", "round"].map((name) => definition(name)),
    definition("table", "N"),
    definition("game", "N"),
  ],
  KeySchema: [element("id", "HASH")],
  BillingMode: "PAY_PER_REQUEST" as const,
};

const put = (id: string, cup: string, region: string, round: string, at: number, game: number) =>
  send(
    new PutItemCommand({
      TableName,
      Item: { id: S(id), cup: S(cup), region: S(region), round: S(round), table: N(at), game: N(game) },
    }),
  );
beforeAll(async () => {
  await send(
    new CreateTableCommand({
      TableName,
      ...table,
      GlobalSecondaryIndexes: [{ IndexName, KeySchema, Projection: { ProjectionType: "ALL" } }],
    }),
  );
  await put("a", "world", "eu", "final", 1, 1);
  await put("b", "world", "eu", "final", 2, 10);
  await put("c", "world", "eu", "final", 2, 9);
  await put("d", "world", "eu", "semi", 1, 1);
  await put("e", "world", "us", "final", 1, 1);
  await put("f", "worldeu", "", "final", 1, 1).catch(() => {});
  await send(new PutItemCommand({ TableName, Item: { id: S("g"), cup: S("world"), region: S("eu") } }));
});

const query = async (KeyConditionExpression: string, more: Partial<QueryCommandInput> = {}) => {
  const values: Item = {
    ":cup": S("world"),
    ":eu": S("eu"),
    ":final": S("final"),
    ":f": S("f"),
    ":one": N(1),
    ":two": N(2),
    ":nine": N(9),
  };
  const names: Record<string, string> = { "#region": "region", "#table": "table" };
  const { Items } = await send(
    new QueryCommand({
      TableName,
      IndexName,
      KeyConditionExpression,
      ExpressionAttributeNames: used(names, KeyConditionExpression),
      ExpressionAttributeValues: used(values, KeyConditionExpression),
      ...more,
    }),
  );
  return Items!.map(({ id }) => id!.S).join("");
};
function used<T extends string | AttributeValue>(
  all: Record<string, T>,
  source: string,
): Record<string, T> | undefined {
  const found = Object.entries(all).filter(([name]) => new RegExp(`${name}\\b`).test(source));
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

const PLACE = "cup = :cup AND #region = :eu";
/** What a query of the index selects, its key condition and the ids found, in order. */
const FOUND: [string, string, string][] = [
  ["all items of a partition, ordered by the sort attributes", PLACE, "acbd"],
  ["by the first sort attribute", `${PLACE} AND round = :final`, "acb"],
  ["by a prefix of the first sort attribute", `${PLACE} AND begins_with(round, :f)`, "acb"],
  ["by a range of the second sort attribute", `${PLACE} AND round = :final AND #table > :one`, "cb"],
  ["by the first two sort attributes", `${PLACE} AND round = :final AND #table = :two`, "cb"],
  [
    "by a range of the last sort attribute",
    `${PLACE} AND round = :final AND #table = :two AND game > :nine`,
    "b",
  ],
  [
    "by all sort attributes",
    `${PLACE} AND round = :final AND #table = :two AND game BETWEEN :one AND :nine`,
    "c",
  ],
];
for (const [what, condition, ids] of FOUND)
  behaviour(`a query by a multi-attribute key selects ${what}`, PAGE, async () => {
    expect(await query(condition)).toBe(ids);
  });

behaviour("a query by a multi-attribute key reads backwards", PAGE, async () => {
  expect(await query(PLACE, { ScanIndexForward: false })).toBe("dbca");
});

/** Key conditions that a query of the index refuses. */
const REFUSED: [string, string][] = [
  ["cup = :cup", "Query condition missed key schema element: region"],
  [`cup = :cup AND #region > :eu`, "Query key condition not supported"],
  [`${PLACE} AND #table = :one`, "Query condition missed key schema element: round"],
  [`${PLACE} AND round > :final AND #table = :one`, "Query key condition not supported"],
];
for (const [condition, message] of REFUSED)
  behaviour(`a query by a multi-attribute key refuses ${condition}`, PAGE, async () => {
    await expect(query(condition)).rejects.toThrow(message);
  });

behaviour("a query by a multi-attribute key continues after LastEvaluatedKey", PAGE, async () => {
  const seen: string[] = [];
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await send(
      new QueryCommand({
        TableName,
        IndexName,
        KeyConditionExpression: "cup = :cup AND #region = :eu AND round = :final",
        ExpressionAttributeNames: { "#region": "region" },
        ExpressionAttributeValues: { ":cup": S("world"), ":eu": S("eu"), ":final": S("final") },
        Limit: 1,
        ExclusiveStartKey,
      }),
    );
    seen.push(...page.Items!.map(({ id }) => id!.S!));
    ExclusiveStartKey = page.LastEvaluatedKey;
    if (ExclusiveStartKey)
      expect(Object.keys(ExclusiveStartKey).toSorted()).toEqual([
        "cup",
        "game",
        "id",
        "region",
        "round",
        "table",
      ]);
  } while (ExclusiveStartKey);
  expect(seen).toEqual(["a", "c", "b"]);
});

behaviour("an index contains only the items that have all attributes of its key", PAGE, async () => {
  const { Items } = await send(new ScanCommand({ TableName, IndexName }));
  expect(Items!.map(({ id }) => id!.S).toSorted()).toEqual(["a", "b", "c", "d", "e"]);
});

behaviour("an item moves in the index when any attribute of the index key changes", PAGE, async () => {
  await put("h", "world", "eu", "third", 1, 1);
  await send(
    new UpdateItemCommand({
      TableName,
      Key: { id: S("h") },
      UpdateExpression: "SET #region = :us",
      ExpressionAttributeNames: { "#region": "region" },
      ExpressionAttributeValues: { ":us": S("us") },
    }),
  );
  expect(await query(PLACE)).toBe("acbd");
  await send(new DeleteItemCommand({ TableName, Key: { id: S("h") } }));
});

behaviour("DescribeTable returns all attributes of an index key", PAGE, async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName }));
  expect(Table!.GlobalSecondaryIndexes![0]!.KeySchema).toEqual(KeySchema);
});

const INVALID = "One or more parameter values were invalid: ";
const letters = ["a", "b", "c", "d", "e"];
const making = (schema: object[], message: string): Refusal => [
  "CreateTable",
  {
    TableName: "composed",
    AttributeDefinitions: ["id", ...letters].map((name) => definition(name)),
    KeySchema: [element("id", "HASH")],
    BillingMode: "PAY_PER_REQUEST",
    GlobalSecondaryIndexes: [{ IndexName, KeySchema: schema, Projection: { ProjectionType: "ALL" } }],
  },
  message,
];
refusals(measured("table-indexes"), [
  making(
    letters.map((name) => element(name, "HASH")),
    `${INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes`,
  ),
  making(
    [element("id", "HASH"), ...letters.map((name) => element(name, "RANGE"))],
    `${INVALID}The KeySchema exceeds the maximum allowed number of RANGE key attributes`,
  ),
  making(
    [element("a", "HASH"), element("b", "RANGE"), element("c", "HASH")],
    `${INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema`,
  ),
  making(
    [element("a", "HASH"), element("b", "HASH"), element("a", "RANGE")],
    "The KeySchema contains multiple key attributes with the same name",
  ),
]);

/** WHERE clauses on the index, with the ids found, in order, read one item a page. */
const STATEMENTS: [string, string][] = [
  ["cup = 'world' AND region = 'eu' ORDER BY round DESC", "dbca"],
  ["cup = 'world' AND region IN ['us', 'eu'] AND round = 'final'", "eacb"],
  ["cup = 'world' AND region = 'eu' AND round = 'final' AND \"table\" = 2 AND game < 10", "c"],
  ["cup = 'world' AND region = 'eu' AND \"table\" = 2", "cb"],
];
for (const [where, found] of STATEMENTS)
  behaviour(`a statement finds items WHERE ${where}`, guide("ql-reference.select"), async () => {
    let ids = "";
    let pages = 0;
    let NextToken: string | undefined;
    do {
      const page = await send(
        new ExecuteStatementCommand({
          Statement: `SELECT id FROM "${TableName}"."${IndexName}" WHERE ${where}`,
          Limit: 1,
          ...(NextToken && { NextToken }),
        }),
      );
      ids += page.Items!.map(({ id }) => id!.S).join("");
      pages++;
      ({ NextToken } = page);
    } while (NextToken);
    expect(ids).toBe(found);
    // A scan of the whole index would take six pages.
    expect(pages).toBeLessThan(6);
  });

behaviour("a statement refuses more than 50 combinations of key values", guide("ql-operators"), async () => {
  const texts = (count: number) => Array.from({ length: count }, (_, at) => `'${at}'`).join(", ");
  const Statement = `SELECT id FROM "${TableName}"."${IndexName}" WHERE cup IN [${texts(11)}] AND region IN [${texts(5)}]`;
  await expect(send(new ExecuteStatementCommand({ Statement }))).rejects.toMatchObject({
    name: "ValidationException",
  });
});
