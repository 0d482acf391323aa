import {
  type AttributeValueUpdate,
  type Condition,
  type ExpectedAttributeValue,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, type Item, N, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
const TableName = "older";
withTable(TableName);

const legacy = (parameter: string) => guide(`LegacyConditionalParameters.${parameter}`);
const INVALID = "One or more parameter values were invalid: ";

/** Invalid elements of Expected, with the messages. */
const EXPECTED: [ExpectedAttributeValue, string][] = [
  [
    { Value: S("a"), AttributeValueList: [] },
    "Value and AttributeValueList cannot be used together for Attribute: a",
  ],
  [
    { ComparisonOperator: "LT", Exists: true },
    "Exists and ComparisonOperator cannot be used together for Attribute: a",
  ],
  [
    { ComparisonOperator: "EQ" },
    "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
  ],
  [
    { AttributeValueList: [] },
    "AttributeValueList can only be used with a ComparisonOperator for Attribute: a",
  ],
  [{}, "Value must be provided when Exists is null for Attribute: a"],
  [{ Exists: true }, "Value must be provided when Exists is true for Attribute: a"],
  [{ Exists: false, Value: S("a") }, "Value cannot be used when Exists is false for Attribute: a"],
  [
    { ComparisonOperator: "NULL", AttributeValueList: [S("a")] },
    "Invalid number of argument(s) for the NULL ComparisonOperator",
  ],
  [
    { ComparisonOperator: "BETWEEN", Value: S("a") },
    "Invalid number of argument(s) for the BETWEEN ComparisonOperator",
  ],
  [
    { ComparisonOperator: "LT", Value: { SS: ["a"] } },
    "ComparisonOperator LT is not valid for SS AttributeValue type",
  ],
  [
    { ComparisonOperator: "BEGINS_WITH", Value: N(1) },
    "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
  ],
];
for (const [operation, base] of [
  ["PutItem", { TableName: "abc", Item: {} }],
  ["DeleteItem", { TableName: "abc", Key: {} }],
  ["UpdateItem", { TableName: "abc", Key: {} }],
] as const) {
  refusals(legacy("Expected"), [
    ...EXPECTED.map(
      ([a, message]): Refusal => [operation, { ...base, Expected: { a } }, `${INVALID}${message}`],
    ),
    [
      operation,
      { ...base, ConditionalOperator: "OR" },
      "ConditionalOperator cannot be used without Filter or Expected",
    ],
    [
      operation,
      { ...base, ConditionalOperator: "OR", Expected: { a: { Exists: false } } },
      "ConditionalOperator can only be used when Filter or Expected has two or more elements",
    ],
  ]);
}

/** Operators with an invalid number of arguments. */
const ARGUMENTS: [NonNullable<Condition["ComparisonOperator"]>, number][] = [
  ["EQ", 2],
  ["NE", 0],
  ["LE", 0],
  ["LT", 2],
  ["GE", 0],
  ["GT", 2],
  ["CONTAINS", 0],
  ["NOT_CONTAINS", 2],
  ["BEGINS_WITH", 0],
  ["NULL", 1],
  ["NOT_NULL", 1],
  ["IN", 0],
  ["BETWEEN", 1],
];
for (const [operation, parameter, more] of [
  ["Scan", "ScanFilter", {}],
  [
    "Query",
    "QueryFilter",
    { KeyConditions: { p: { ComparisonOperator: "EQ", AttributeValueList: [S("a")] } } },
  ],
] as const)
  refusals(
    legacy(parameter),
    ARGUMENTS.map(
      ([ComparisonOperator, count]): Refusal => [
        operation,
        {
          TableName: "abc",
          ...more,
          [parameter]: { a: { ComparisonOperator, AttributeValueList: Array(count).fill(S("a")) } },
        },
        `${INVALID}Invalid number of argument(s) for the ${ComparisonOperator} ComparisonOperator`,
      ],
    ),
  );

/** Invalid elements of AttributeUpdates, with the messages. */
const UPDATES: [object, string][] = [
  [{}, "Only DELETE action is allowed when no attribute value is specified"],
  [{ Action: "ADD" }, "Only DELETE action is allowed when no attribute value is specified"],
  [{ Action: "DELETE", Value: S("a") }, "DELETE action with value is not supported for the type S"],
  [{ Action: "DELETE", Value: N(1) }, "DELETE action with value is not supported for the type N"],
  [{ Action: "ADD", Value: S("a") }, "ADD action is not supported for the type S"],
  [{ Action: "ADD", Value: { BOOL: true } }, "ADD action is not supported for the type BOOL"],
];
refusals(
  legacy("AttributeUpdates"),
  UPDATES.map(
    ([a, message]): Refusal => [
      "UpdateItem",
      { TableName: "abc", Key: {}, AttributeUpdates: { a } },
      `${INVALID}${message}`,
    ],
  ),
);

const stored: Item = {
  n: N(5),
  t: S("hello"),
  set: { SS: ["a", "b"] },
  list: { L: [N(1), S("x")] },
};

/** Conditions on one attribute of the stored item, and whether the item meets them. */
const HOLDS: [string, Condition, boolean][] = [
  ["n", { ComparisonOperator: "EQ", AttributeValueList: [N("5.0")] }, true],
  ["n", { ComparisonOperator: "EQ", AttributeValueList: [S("5")] }, false],
  ["n", { ComparisonOperator: "NE", AttributeValueList: [N(5)] }, false],
  ["n", { ComparisonOperator: "NE", AttributeValueList: [N(6)] }, true],
  ["none", { ComparisonOperator: "NE", AttributeValueList: [N(6)] }, true],
  ["n", { ComparisonOperator: "LT", AttributeValueList: [N(10)] }, true],
  ["n", { ComparisonOperator: "LE", AttributeValueList: [N(4)] }, false],
  ["n", { ComparisonOperator: "GT", AttributeValueList: [N(4)] }, true],
  ["n", { ComparisonOperator: "GE", AttributeValueList: [N(6)] }, false],
  ["n", { ComparisonOperator: "BETWEEN", AttributeValueList: [N(5), N(6)] }, true],
  ["n", { ComparisonOperator: "IN", AttributeValueList: [N(1), N(5)] }, true],
  ["n", { ComparisonOperator: "IN", AttributeValueList: [N(1)] }, false],
  ["t", { ComparisonOperator: "BEGINS_WITH", AttributeValueList: [S("he")] }, true],
  ["t", { ComparisonOperator: "CONTAINS", AttributeValueList: [S("ell")] }, true],
  ["t", { ComparisonOperator: "NOT_CONTAINS", AttributeValueList: [S("ell")] }, false],
  ["n", { ComparisonOperator: "NOT_CONTAINS", AttributeValueList: [S("ell")] }, true],
  ["none", { ComparisonOperator: "NOT_CONTAINS", AttributeValueList: [S("ell")] }, false],
  ["none", { ComparisonOperator: "CONTAINS", AttributeValueList: [S("ell")] }, false],
  ["set", { ComparisonOperator: "CONTAINS", AttributeValueList: [S("a")] }, true],
  ["list", { ComparisonOperator: "CONTAINS", AttributeValueList: [N(1)] }, true],
  ["none", { ComparisonOperator: "NULL" }, true],
  ["t", { ComparisonOperator: "NULL" }, false],
  ["t", { ComparisonOperator: "NOT_NULL" }, true],
];
for (const [name, condition, holds] of HOLDS) {
  const label = `${name} ${JSON.stringify(condition)}`;
  const p = `holds ${label}`;
  behaviour(
    `QueryFilter ${holds ? "keeps" : "drops"} an item by ${label}`,
    legacy("QueryFilter"),
    async () => {
      await send(new PutItemCommand({ TableName, Item: { p: S(p), s: N(1), ...stored } }));
      const { Count, ScannedCount } = await send(
        new QueryCommand({
          TableName,
          KeyConditions: { p: { ComparisonOperator: "EQ", AttributeValueList: [S(p)] } },
          QueryFilter: { [name]: condition },
        }),
      );
      expect([Count, ScannedCount]).toEqual([holds ? 1 : 0, 1]);
    },
  );
  behaviour(
    `PutItem ${holds ? "succeeds" : "fails"} where Expected is ${label}`,
    legacy("Expected"),
    async () => {
      await send(new PutItemCommand({ TableName, Item: { p: S(p), s: N(2), ...stored } }));
      const written = send(
        new PutItemCommand({ TableName, Item: { p: S(p), s: N(2) }, Expected: { [name]: condition } }),
      );
      if (holds) await written;
      else await expect(written).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
    },
  );
}

/** Updates of attribute `n` of the stored item, and the attributes returned. */
const CHANGES: [AttributeValueUpdate & { name?: string }, Item | undefined][] = [
  [{ Action: "PUT", Value: S("new") }, { n: S("new") }],
  [{ Value: S("new") }, { n: S("new") }],
  [{ Action: "DELETE" }, undefined],
  [{ Action: "ADD", Value: N("-1.5") }, { n: N("3.5") }],
];
for (const [change, after] of CHANGES)
  behaviour(
    `AttributeUpdates ${JSON.stringify(change)} changes an attribute`,
    legacy("AttributeUpdates"),
    async () => {
      const Key = { p: S(`changed ${JSON.stringify(change)}`), s: N(1) };
      await send(new PutItemCommand({ TableName, Item: { ...Key, ...stored } }));
      const { Attributes } = await send(
        new UpdateItemCommand({
          TableName,
          Key,
          AttributeUpdates: { n: change },
          ReturnValues: "UPDATED_NEW",
        }),
      );
      expect(Attributes).toEqual(after);
    },
  );

behaviour("ADD and DELETE add and remove elements of a set", legacy("AttributeUpdates"), async () => {
  const Key = { p: S("set"), s: N(1) };
  await send(
    new PutItemCommand({ TableName, Item: { ...Key, one: { SS: ["a", "b"] }, two: { SS: ["a"] } } }),
  );
  const { Attributes } = await send(
    new UpdateItemCommand({
      TableName,
      Key,
      AttributeUpdates: {
        one: { Action: "DELETE", Value: { SS: ["a", "x"] } },
        two: { Action: "ADD", Value: { SS: ["a", "c"] } },
        three: { Action: "ADD", Value: N(2) },
      },
      ReturnValues: "ALL_NEW",
    }),
  );
  expect(Attributes).toEqual({ ...Key, one: { SS: ["b"] }, two: { SS: ["a", "c"] }, three: N(2) });
});

behaviour("AttributesToGet projects attributes", legacy("AttributesToGet"), async () => {
  const Key = { p: S("chosen"), s: N(1) };
  await send(new PutItemCommand({ TableName, Item: { ...Key, ...stored } }));
  const { Item } = await send(new GetItemCommand({ TableName, Key, AttributesToGet: ["n", "none"] }));
  expect(Item).toEqual({ n: N(5) });
});

behaviour(
  "ConditionalOperator OR requires one of the conditions",
  legacy("ConditionalOperator"),
  async () => {
    await send(new PutItemCommand({ TableName, Item: { p: S("or"), s: N(77), ...stored } }));
    const scan = async (ConditionalOperator: "AND" | "OR") =>
      (
        await send(
          new ScanCommand({
            TableName,
            ConditionalOperator,
            ScanFilter: {
              s: { ComparisonOperator: "EQ", AttributeValueList: [N(77)] },
              t: { ComparisonOperator: "EQ", AttributeValueList: [S("other")] },
            },
          }),
        )
      ).Count;
    expect([await scan("AND"), await scan("OR")]).toEqual([0, 1]);
  },
);

for (const [operator, values, found] of [
  ["EQ", [2], [2]],
  ["LT", [2], [1]],
  ["LE", [2], [1, 2]],
  ["GT", [2], [3]],
  ["GE", [2], [2, 3]],
  ["BETWEEN", [2, 3], [2, 3]],
] as const)
  behaviour(
    `a query by KeyConditions with ${operator} returns the matching items`,
    legacy("KeyConditions"),
    async () => {
      const p = `keys ${operator}`;
      for (const s of [1, 2, 3]) await send(new PutItemCommand({ TableName, Item: { p: S(p), s: N(s) } }));
      const { Items } = await send(
        new QueryCommand({
          TableName,
          KeyConditions: {
            p: { ComparisonOperator: "EQ", AttributeValueList: [S(p)] },
            s: { ComparisonOperator: operator, AttributeValueList: values.map(N) },
          },
        }),
      );
      expect(Items!.map(({ s }) => Number(s!.N))).toEqual(found);
    },
  );
