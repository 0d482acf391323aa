import { conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, measured, type Refusal } from "./client.ts";
import { detected, fails, missing } from "./sentences.ts";

const cloud = conformanceCloud();
const { refusals } = dynamodbOn(cloud);

const INVALID = "One or more parameter values were invalid: ";
const REQUIRED = "The parameter 'TableName' is required but was not present in the request";
const LENGTH = "TableName must be at least 3 characters long and at most 255 characters long";

const wrongName = (name: string) =>
  fails("tableName", `'${name}'`, "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
const capacity = fails(
  "returnConsumedCapacity",
  "'hi'",
  "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]",
);
const metrics = fails(
  "returnItemCollectionMetrics",
  "'hi'",
  "Member must satisfy enum value set: [SIZE, NONE]",
);

/**
 * An invalid TableName alone is reported by itself; together with missing parameters all are reported, in the order
 * of a hash map.
 */
for (const [operation, paths] of [
  ["GetItem", ["key", "tableName"]],
  ["PutItem", ["item", "tableName"]],
  ["UpdateItem", ["tableName", "key"]],
  ["DeleteItem", ["key", "tableName"]],
  ["Query", ["tableName"]],
  ["Scan", ["tableName"]],
  ["DeleteTable", ["tableName"]],
  ["CreateTable", ["keySchema", "tableName", "attributeDefinitions"]],
  ["DescribeTimeToLive", ["tableName"]],
] as const) {
  refusals(api(operation), [
    [operation, {}, REQUIRED],
    [operation, { TableName: "" }, LENGTH],
    [operation, { TableName: "a;" }, LENGTH],
    [operation, { TableName: "x".repeat(256) }, LENGTH],
    [
      operation,
      { TableName: "abc;" },
      detected(...paths.map((path) => (path === "tableName" ? wrongName("abc;") : missing(path)))),
    ],
  ]);
}

const short = (path: string, name: string) =>
  fails(path, `'${name}'`, "Member must have length greater than or equal to 3");
for (const [operation, source] of [
  ["DescribeTable", "details/DDB-TABLE-457"],
  ["UpdateTable", "details/DDB-TABLE-442"],
] as const)
  refusals(measured(source), [
    [operation, {}, REQUIRED],
    [operation, { TableName: "ab" }, detected(short("tableName", "ab"))],
    [operation, { TableName: "" }, detected(short("tableName", ""), wrongName(""))],
    [operation, { TableName: "abc;" }, detected(wrongName("abc;"))],
    [
      operation,
      { TableName: "x".repeat(256) },
      detected(
        fails("tableName", `'${"x".repeat(256)}'`, "Member must have length less than or equal to 255"),
      ),
    ],
  ]);

refusals(api("GetItem"), [
  [
    "GetItem",
    { TableName: "abc;", ReturnConsumedCapacity: "hi", AttributesToGet: [] },
    detected(
      fails("attributesToGet", "'[]'", "Member must have length greater than or equal to 1"),
      capacity,
      missing("key"),
      wrongName("abc;"),
    ),
  ],
]);
refusals(api("PutItem"), [
  [
    "PutItem",
    { TableName: "abc", Item: {}, ReturnConsumedCapacity: "hi", ReturnItemCollectionMetrics: "hi" },
    detected(capacity, metrics),
  ],
  [
    "PutItem",
    { TableName: "abc", Item: {}, ReturnValues: "hi" },
    detected(
      fails(
        "returnValues",
        "'hi'",
        "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
      ),
    ),
  ],
]);
for (const [operation, base] of [
  ["PutItem", { TableName: "abc", Item: {} }],
  ["DeleteItem", { TableName: "abc", Key: {} }],
] as const)
  refusals(
    api(operation),
    ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"].map(
      (ReturnValues): Refusal => [
        operation,
        { ...base, ReturnValues },
        "ReturnValues can only be ALL_OLD or NONE",
      ],
    ),
  );

/** Expression parameters that are refused beside legacy parameters. */
const MIXED: [string, object, object, string, string][] = [
  ["GetItem", { TableName: "abc", Key: {} }, { AttributesToGet: ["a"] }, "ProjectionExpression", ""],
  ["PutItem", { TableName: "abc", Item: {} }, { Expected: {} }, "ConditionExpression", ""],
  [
    "DeleteItem",
    { TableName: "abc", Key: {} },
    { Expected: {}, ConditionalOperator: "OR" },
    "ConditionExpression",
    "",
  ],
  [
    "UpdateItem",
    { TableName: "abc", Key: {} },
    { AttributeUpdates: {}, Expected: {}, ConditionalOperator: "OR" },
    "UpdateExpression",
    "",
  ],
  [
    "Scan",
    { TableName: "abc" },
    { AttributesToGet: ["a"], ScanFilter: {}, ConditionalOperator: "OR" },
    "FilterExpression",
    "",
  ],
  [
    "Query",
    { TableName: "abc" },
    { AttributesToGet: ["a"], QueryFilter: {}, ConditionalOperator: "OR", KeyConditions: {} },
    "KeyConditionExpression",
    "",
  ],
];
for (const [operation, base, older, expression, text] of MIXED)
  refusals(api(operation), [
    [
      operation,
      { ...base, ...older, [expression]: text },
      `Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {${Object.keys(older).join(", ")}} Expression parameters: {${expression}}`,
    ],
  ]);

const NAMES_WITHOUT_EXPRESSION = "ExpressionAttributeNames can only be specified when using expressions";
const valuesWithoutExpression = (kinds: string) =>
  `ExpressionAttributeValues can only be specified when using expressions: ${kinds}`;
for (const [operation, base, expression, alone] of [
  ["GetItem", { TableName: "abc", Key: {} }, "ProjectionExpression", undefined],
  ["PutItem", { TableName: "abc", Item: {} }, "ConditionExpression", "ConditionExpression is null"],
  ["DeleteItem", { TableName: "abc", Key: {} }, "ConditionExpression", "ConditionExpression is null"],
  [
    "UpdateItem",
    { TableName: "abc", Key: {} },
    "UpdateExpression",
    "UpdateExpression and ConditionExpression are null",
  ],
  ["Scan", { TableName: "abc" }, "FilterExpression", "FilterExpression is null"],
  [
    "Query",
    {
      TableName: "abc",
      KeyConditions: { a: { ComparisonOperator: "EQ", AttributeValueList: [{ S: "a" }] } },
    },
    "FilterExpression",
    "FilterExpression and KeyConditionExpression are null",
  ],
] as const) {
  refusals(api(operation), [
    [operation, { ...base, ExpressionAttributeNames: {} }, NAMES_WITHOUT_EXPRESSION],
    [operation, { ...base, ExpressionAttributeNames: { "#a": "a" } }, NAMES_WITHOUT_EXPRESSION],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeNames: {} },
      "ExpressionAttributeNames must not be empty",
    ],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeNames: { a: "a" } },
      'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeNames: { [`${"a".repeat(255)}é`]: "a" } },
      "ExpressionAttributeNames contains invalid key: The expression attribute map contains a key that is too long; size of key: 257",
    ],
    [operation, { ...base, [expression]: "" }, `Invalid ${expression}: The expression can not be empty;`],
  ]);
  refusals("https://github.com/ExtendDB/extenddb/pull/181", [
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeNames: { "#a": "" } },
      "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
    ],
  ]);
  if (alone === undefined) continue;
  refusals(api(operation), [
    [operation, { ...base, ExpressionAttributeValues: {} }, valuesWithoutExpression(alone)],
    [operation, { ...base, ExpressionAttributeValues: { ":a": { S: "a" } } }, valuesWithoutExpression(alone)],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeValues: {} },
      "ExpressionAttributeValues must not be empty",
    ],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeValues: { a: { S: "b" } } },
      'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
    ],
    [
      operation,
      { ...base, [expression]: "", ExpressionAttributeValues: { [`:${"a".repeat(255)}`]: { S: "b" } } },
      "ExpressionAttributeValues contains invalid key: The expression attribute map contains a key that is too long;",
    ],
  ]);
}

/** Faults in the key or the item are reported before faults in placeholders. */
refusals(api("GetItem"), [
  [
    "GetItem",
    { TableName: "abc", Key: { a: {} }, ProjectionExpression: "", ExpressionAttributeNames: {} },
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
  ],
  [
    "UpdateItem",
    {
      TableName: "abc",
      Key: { a: { SS: [] } },
      UpdateExpression: "",
      ExpressionAttributeNames: { a: "a" },
      ExpressionAttributeValues: {},
    },
    `${INVALID}An string set  may not be empty`,
  ],
]);
refusals(api("GetItem"), [
  [
    "GetItem",
    { TableName: "abc", Key: {}, AttributesToGet: ["a", "b", "a"] },
    `${INVALID}Duplicate value in attribute name: a`,
  ],
  [
    "GetItem",
    { TableName: "no-such-table", Key: {} },
    "Requested resource not found",
    "ResourceNotFoundException",
  ],
]);

const KEYS = { ComparisonOperator: "EQ", AttributeValueList: [{ S: "a" }] };
refusals(api("Query"), [
  [
    "Query",
    { TableName: "abc" },
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
  ],
  ["Query", { TableName: "abc", KeyConditions: {} }, "Conditions can be of length 1 or 2 only"],
  [
    "Query",
    { TableName: "abc", KeyConditions: { a: KEYS, b: KEYS, c: KEYS } },
    "Conditions can be of length 1 or 2 only",
  ],
  [
    "Query",
    { TableName: "abc", KeyConditions: { a: { ComparisonOperator: "NULL" } } },
    "Attempted conditional constraint is not an indexable operation",
  ],
  [
    "Query",
    { TableName: "abc", KeyConditions: { a: KEYS }, Select: "SPECIFIC_ATTRIBUTES" },
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
  ],
  [
    "Query",
    { TableName: "abc", KeyConditions: { a: KEYS }, Limit: 0 },
    detected(fails("limit", "'0'", "Member must have value greater than or equal to 1")),
  ],
]);

/** Key conditions are validated last, except for their syntax. */
refusals(api("Query"), [
  [
    "Query",
    { TableName: "abc", AttributesToGet: ["a", "a"] },
    `${INVALID}Duplicate value in attribute name: a`,
  ],
  [
    "Query",
    { TableName: "abc", AttributesToGet: ["a", "a"], KeyConditions: {} },
    `${INVALID}Duplicate value in attribute name: a`,
  ],
  [
    "Query",
    { TableName: "abc", FilterExpression: "" },
    "Invalid FilterExpression: The expression can not be empty;",
  ],
  [
    "Query",
    { TableName: "abc", KeyConditions: {}, FilterExpression: "a = :a" },
    "Invalid FilterExpression: An expression attribute value used in expression is not defined; attribute value: :a",
  ],
  [
    "Query",
    {
      TableName: "abc",
      KeyConditionExpression: "a <> :a",
      FilterExpression: "b =",
      ExpressionAttributeValues: { ":a": { S: "a" } },
    },
    'Invalid FilterExpression: Syntax error; token: "<EOF>", near: "="',
  ],
  [
    "Query",
    {
      TableName: "abc",
      KeyConditionExpression: "a <> :a",
      ExpressionAttributeValues: { ":a": { S: "a" }, ":b": { S: "b" } },
    },
    "Value provided in ExpressionAttributeValues unused in expressions: keys: {:b}",
  ],
]);

/** The values of enumerations, in the order in which messages list them. */
const ENUMERATIONS: [operation: string, api: string, input: object, path: string, values: string][] = [
  [
    "Query",
    "Query",
    { TableName: "abc", Select: "hi" },
    "select",
    "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
  ],
  ["Scan", "Scan", { TableName: "abc", ConditionalOperator: "hi" }, "conditionalOperator", "OR, AND"],
  [
    "Scan",
    "Condition",
    { TableName: "abc", ScanFilter: { a: { ComparisonOperator: "hi" } } },
    "scanFilter.a.member.comparisonOperator",
    "IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS",
  ],
  [
    "UpdateItem",
    "AttributeValueUpdate",
    { TableName: "abc", Key: {}, AttributeUpdates: { a: { Action: "hi" } } },
    "attributeUpdates.a.member.action",
    "ADD, DELETE, PUT",
  ],
  [
    "CreateTable",
    "AttributeDefinition",
    {
      TableName: "abc",
      KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "a", AttributeType: "hi" }],
    },
    "attributeDefinitions.1.member.attributeType",
    "B, N, S",
  ],
  [
    "CreateTable",
    "Projection",
    {
      TableName: "abc",
      KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
      AttributeDefinitions: [],
      LocalSecondaryIndexes: [
        {
          IndexName: "abc",
          KeySchema: [{ AttributeName: "a", KeyType: "HASH" }],
          Projection: { ProjectionType: "hi" },
        },
      ],
    },
    "localSecondaryIndexes.1.member.projection.projectionType",
    "ALL, INCLUDE, KEYS_ONLY",
  ],
];
for (const [operation, page, input, path, values] of ENUMERATIONS)
  refusals(api(page), [
    [operation, input, detected(fails(path, "'hi'", `Member must satisfy enum value set: [${values}]`))],
  ]);

/** The message for a query has a prefix that the message for a scan lacks. */
for (const [operation, start, more] of [
  ["Query", "1 validation error detected: ", { KeyConditionExpression: "a = :a" }],
  ["Scan", "", { FilterExpression: "a = :a" }],
] as const)
  refusals(
    "https://github.com/ExtendDB/extenddb/pull/211",
    [
      ["COUNT", "only the Count"],
      ["ALL_ATTRIBUTES", "ALL_ATTRIBUTES"],
      ["ALL_PROJECTED_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES"],
    ].map(
      ([Select, got]): Refusal => [
        operation,
        {
          TableName: "abc",
          ...more,
          ExpressionAttributeValues: { ":a": { S: "a" } },
          ProjectionExpression: "b",
          Select,
        },
        `${start}Cannot specify the ProjectionExpression when choosing to get ${got}`,
      ],
    ),
  );

refusals(api("Scan"), [
  [
    "Scan",
    { TableName: "abc", Select: "SPECIFIC_ATTRIBUTES" },
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
  ],
  [
    "Scan",
    { TableName: "abc", TotalSegments: 1 },
    "The Segment parameter is required but was not present in the request when parameter TotalSegments is present",
  ],
  [
    "Scan",
    { TableName: "abc", Segment: 1 },
    "The TotalSegments parameter is required but was not present in the request when Segment parameter is present",
  ],
  [
    "Scan",
    { TableName: "abc", Segment: 1, TotalSegments: 1 },
    "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 1 is not less than TotalSegments: 1",
  ],
  [
    "Scan",
    { TableName: "abc", Segment: 1_000_000, TotalSegments: 1_000_001 },
    detected(
      fails("totalSegments", "'1000001'", "Member must have value less than or equal to 1000000"),
      fails("segment", "'1000000'", "Member must have value less than or equal to 999999"),
    ),
  ],
]);

refusals(api("ListTables"), [
  [
    "ListTables",
    { Limit: 0 },
    detected(fails("limit", "'0'", "Member must have value greater than or equal to 1")),
  ],
  [
    "ListTables",
    { Limit: 101 },
    detected(fails("limit", "'101'", "Member must have value less than or equal to 100")),
  ],
]);
refusals(measured("details/DDB-TABLE-457"), [
  [
    "ListTables",
    { ExclusiveStartTableName: "" },
    detected(
      fails(
        "exclusiveStartTableName",
        "''",
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
      ),
      short("exclusiveStartTableName", ""),
    ),
  ],
]);
