import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeEndpointsCommand,
  DescribeLimitsCommand,
  DescribeTableCommand,
  PutItemCommand,
  UpdateTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, measured, type Refusal, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, refusals, withTable } = dynamodbOn(cloud);
withTable("there");

const INVALID = "One or more parameter values were invalid: ";
const names = (...of: string[]) => of.map((AttributeName) => ({ AttributeName, AttributeType: "S" }));
const keys = (...of: string[]) =>
  of.map((AttributeName, at) => ({ AttributeName, KeyType: at === 0 ? "HASH" : "RANGE" }));
const units = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
const all = { ProjectionType: "ALL" };

const base = {
  TableName: "abc",
  AttributeDefinitions: names("a"),
  KeySchema: keys("a"),
  ProvisionedThroughput: units,
};
const two = { ...base, AttributeDefinitions: names("a", "b"), KeySchema: keys("a", "b") };
const local = (more: object = {}) => ({
  ...two,
  LocalSecondaryIndexes: [{ IndexName: "abc", KeySchema: keys("a", "b"), Projection: all, ...more }],
});
const global = (more: object = {}) => ({
  ...two,
  GlobalSecondaryIndexes: [
    { IndexName: "abc", KeySchema: keys("b"), Projection: all, ProvisionedThroughput: units, ...more },
  ],
});

const included = (IndexName: string) => ({
  IndexName,
  KeySchema: keys("a", "b"),
  Projection: {
    ProjectionType: "INCLUDE",
    NonKeyAttributes: Array.from({ length: 20 }, (_, n) => `${IndexName}${n}`),
  },
});

/** Invalid inputs of CreateTable, with the messages. */
const TABLES: [object, string][] = [
  [
    { ...base, ProvisionedThroughput: undefined },
    `${INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED`,
  ],
  [
    { ...base, BillingMode: "PAY_PER_REQUEST" },
    `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST`,
  ],
  [
    { ...base, ProvisionedThroughput: { ReadCapacityUnits: 1_000_000_000_001, WriteCapacityUnits: 1 } },
    "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
  ],
  [
    { ...base, ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1_000_000_000_001 } },
    "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
  ],
  [
    { ...base, KeySchema: [{ AttributeName: "a", KeyType: "RANGE" }] },
    "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
  ],
  [
    {
      ...two,
      KeySchema: [
        { AttributeName: "a", KeyType: "HASH" },
        { AttributeName: "b", KeyType: "HASH" },
      ],
    },
    "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
  ],
  [
    { ...base, KeySchema: keys("a", "a") },
    "Both the Hash Key and the Range Key element in the KeySchema have the same name",
  ],
  [
    { ...base, KeySchema: keys("b") },
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [b], AttributeDefinitions: [a]`,
  ],
  [{ ...base, KeySchema: keys("a", "b") }, "Invalid KeySchema: Some index key attribute have no definition"],
  [
    {
      ...two,
      LocalSecondaryIndexes: Array.from({ length: 5 }, (_, n) => included(`abc${n}`)),
      GlobalSecondaryIndexes: [{ ...included("abc"), ProvisionedThroughput: units }],
    },
    `${INVALID}Number of NonKeyAttributes exceeds the limit of 100`,
  ],
  [
    { ...base, AttributeDefinitions: names("a", "b") },
    `${INVALID}Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions`,
  ],
  [{ ...base, LocalSecondaryIndexes: [] }, `${INVALID}List of LocalSecondaryIndexes is empty`],
  [{ ...base, GlobalSecondaryIndexes: [] }, `${INVALID}List of GlobalSecondaryIndexes is empty`],
  [
    {
      ...local(),
      AttributeDefinitions: names("a", "b"),
      KeySchema: keys("a"),
    },
    `${INVALID}Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex`,
  ],
  [
    local({ KeySchema: keys("b", "a") }),
    `${INVALID}Index KeySchema does not have the same leading hash key as table KeySchema for index: abc. index hash key: b, table hash key: a`,
  ],
  [local({ KeySchema: keys("a") }), `${INVALID}Index KeySchema does not have a range key for index: abc`],
  [local({ Projection: {} }), `${INVALID}Unknown ProjectionType: null`],
  [
    local({ Projection: { ProjectionType: "ALL", NonKeyAttributes: ["c"] } }),
    `${INVALID}ProjectionType is ALL, but NonKeyAttributes is specified`,
  ],
  [
    local({ Projection: { ProjectionType: "KEYS_ONLY", NonKeyAttributes: ["c"] } }),
    `${INVALID}ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified`,
  ],
  [
    local({ Projection: { ProjectionType: "INCLUDE" } }),
    `${INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified`,
  ],
  [
    { ...local(), GlobalSecondaryIndexes: global().GlobalSecondaryIndexes },
    `${INVALID}Duplicate index name: abc`,
  ],
  [
    global({ ProvisionedThroughput: undefined }),
    `${INVALID}ProvisionedThroughput is not specified for index: abc`,
  ],
  [
    { ...global(), BillingMode: "PAY_PER_REQUEST", ProvisionedThroughput: undefined },
    `${INVALID}ProvisionedThroughput should not be specified for index: abc when BillingMode is PAY_PER_REQUEST`,
  ],
  [
    global({ ProvisionedThroughput: { ReadCapacityUnits: 1_000_000_000_001, WriteCapacityUnits: 1 } }),
    "Given value 1000000000001 for ReadCapacityUnits is out of bounds for index abc",
  ],
  [
    {
      ...two,
      LocalSecondaryIndexes: Array.from({ length: 6 }, (_, n) => ({
        IndexName: `abc${n}`,
        KeySchema: keys("a", "b"),
        Projection: all,
      })),
    },
    `${INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5`,
  ],
  [
    {
      ...two,
      GlobalSecondaryIndexes: Array.from({ length: 21 }, (_, n) => ({
        IndexName: `abc${n}`,
        KeySchema: keys("b"),
        Projection: all,
        ProvisionedThroughput: units,
      })),
    },
    `${INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20`,
  ],
];
refusals(
  api("CreateTable"),
  TABLES.map(([input, message]): Refusal => ["CreateTable", input, message]),
);
/** Attribute definitions are validated by their number, and messages list them in the order of hash maps. */
refusals("https://github.com/getmoto/moto/pull/4428", [
  [
    "CreateTable",
    { ...base, AttributeDefinitions: names("b"), KeySchema: keys("a", "b") },
    "Invalid KeySchema: Some index key attribute have no definition",
  ],
  [
    "CreateTable",
    { ...base, AttributeDefinitions: names("a", "c"), KeySchema: keys("a", "b") },
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [a, b], AttributeDefinitions: [a, c]`,
  ],
]);
const unused = (defined: string, used: string) =>
  `${INVALID}Some AttributeDefinitions are not used. AttributeDefinitions: [${defined}], keys used: [${used}]`;
refusals(measured("table-indexes"), [
  [
    "CreateTable",
    {
      ...global({ KeySchema: keys("q") }),
      AttributeDefinitions: names("pk", "sk"),
      KeySchema: keys("pk", "sk"),
    },
    `${INVALID}Some index key attributes are not defined in AttributeDefinitions. Keys: [q], AttributeDefinitions: [sk, pk]`,
  ],
  // Other faults of an index are reported later.
  [
    "CreateTable",
    {
      ...global({ KeySchema: keys("a"), Projection: {}, ProvisionedThroughput: undefined }),
      AttributeDefinitions: names("pk", "sk", "a", "b", "c"),
      KeySchema: keys("pk", "sk"),
    },
    unused("sk, a, b, pk, c", "a, sk, pk"),
  ],
]);
refusals("https://github.com/aws-samples/aws-batch-processing-job-repo/pull/4", [
  [
    "CreateTable",
    {
      ...global({ KeySchema: keys("ProductName") }),
      AttributeDefinitions: names("ProductId", "ProductName", "CreatedTime", "ProductDescription"),
      KeySchema: keys("ProductId", "CreatedTime"),
    },
    unused("ProductId, CreatedTime, ProductDescription, ProductName", "CreatedTime, ProductName, ProductId"),
  ],
]);
refusals("https://github.com/aws/aws-sdk-java/issues/335", [
  [
    "CreateTable",
    {
      ...global({ KeySchema: keys("index") }),
      AttributeDefinitions: names("hash", "index", "extra"),
      KeySchema: keys("hash"),
    },
    unused("index, hash, extra", "index, hash"),
  ],
]);
refusals(api("CreateTable"), [
  ["CreateTable", { ...base, TableName: "there" }, "Table already exists: there", "ResourceInUseException"],
]);

const gone = (name: string) => `Requested resource not found: Table: ${name} not found`;
refusals(api("UpdateTable"), [
  [
    "UpdateTable",
    {
      TableName: "there",
      ProvisionedThroughput: { ReadCapacityUnits: 1_000_000_000_001, WriteCapacityUnits: 1 },
    },
    "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
  ],
  [
    "UpdateTable",
    {
      TableName: "there",
      GlobalSecondaryIndexUpdates: [1, 2].map(() => ({
        Update: { IndexName: "abc", ProvisionedThroughput: units },
      })),
    },
    `${INVALID}Only one global secondary index update per index is allowed simultaneously. Index: abc`,
  ],
  [
    "UpdateTable",
    { TableName: "not-there", ProvisionedThroughput: units },
    gone("not-there"),
    "ResourceNotFoundException",
  ],
]);
for (const operation of ["DescribeTable", "DeleteTable", "DescribeTimeToLive"])
  refusals(api(operation), [
    [operation, { TableName: "not-there" }, gone("not-there"), "ResourceNotFoundException"],
  ]);
for (const [operation, more] of [
  ["GetItem", { Key: {} }],
  ["DeleteItem", { Key: {} }],
  ["UpdateItem", { Key: {} }],
  ["PutItem", { Item: {} }],
  ["Scan", {}],
] as const)
  refusals(api(operation), [
    [
      operation,
      { TableName: "not-there", ...more },
      "Requested resource not found",
      "ResourceNotFoundException",
    ],
  ]);

/** Keys that do not match the table's key, a string `p` and a number `s`. */
const MISMATCH = "The provided key element does not match the schema";
const KEYS: [object, string][] = [
  [{}, MISMATCH],
  [{ p: S("a") }, MISMATCH],
  [{ p: S("a"), s: S("b") }, MISMATCH],
  [{ p: S("a"), s: { N: "1" }, x: S("a") }, MISMATCH],
  [{ p: S("a"), t: { N: "1" } }, MISMATCH],
  [
    { p: S(""), s: { N: "1" } },
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: p",
  ],
  [
    { p: S("x".repeat(2_049)), s: { N: "1" } },
    `${INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes`,
  ],
];
for (const operation of ["GetItem", "DeleteItem", "UpdateItem"])
  refusals(
    api(operation),
    KEYS.map(([Key, message]): Refusal => [operation, { TableName: "there", Key }, message]),
  );
refusals(
  api("BatchGetItem"),
  KEYS.map(
    ([key, message]): Refusal => ["BatchGetItem", { RequestItems: { there: { Keys: [key] } } }, message],
  ),
);
refusals(api("PutItem"), [
  ["PutItem", { TableName: "there", Item: {} }, `${INVALID}Missing the key p in the item`],
  ["PutItem", { TableName: "there", Item: { p: S("a") } }, `${INVALID}Missing the key s in the item`],
  [
    "PutItem",
    { TableName: "there", Item: { p: { N: "1" }, s: { N: "1" } } },
    `${INVALID}Type mismatch for key p expected: S actual: N`,
  ],
]);

const tagged = (account: string, region: string) => `arn:aws:dynamodb:${region}:${account}:table/there`;
const OTHERS = tagged("111122223333", "us-east-1");
refusals(api("ListTagsOfResource"), [
  [
    "ListTagsOfResource",
    { ResourceArn: OTHERS },
    `User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: ${OTHERS} because no resource-based policy allows the dynamodb:ListTagsOfResource action`,
    "AccessDeniedException",
  ],
  [
    "ListTagsOfResource",
    { ResourceArn: tagged("000000000000", "eu-west-1") },
    `Invalid TableArn: Invalid ResourceArn provided as input ${tagged("000000000000", "eu-west-1")}`,
  ],
]);
refusals("https://github.com/ExtendDB/extenddb/pull/227", [
  [
    "ListTagsOfResource",
    { ResourceArn: "arn:aws:s3:::there" },
    "User: arn:aws:iam::000000000000:root is not authorized to perform: dynamodb:ListTagsOfResource on resource: arn:aws:s3:::there because no resource-based policy allows the dynamodb:ListTagsOfResource action",
    "AccessDeniedException",
  ],
]);
const ELSEWHERE = tagged("000000000000", "eu-west-1");
refusals(
  measured("details/DDB-TABLE-442"),
  (
    [
      ["BatchGetItem", { RequestItems: { [ELSEWHERE]: { Keys: [{ p: { S: "a" } }] } } }],
      ["BatchWriteItem", { RequestItems: { [ELSEWHERE]: [{ DeleteRequest: { Key: { p: { S: "a" } } } }] } }],
      ["TransactGetItems", { TransactItems: [{ Get: { TableName: ELSEWHERE, Key: { p: { S: "a" } } } }] }],
      [
        "TransactWriteItems",
        { TransactItems: [{ Delete: { TableName: ELSEWHERE, Key: { p: { S: "a" } } } }] },
      ],
    ] as const
  ).map(
    ([operation, input]): Refusal => [
      operation,
      input,
      `1 validation error detected: Invalid AWS region in '${ELSEWHERE}'`,
    ],
  ),
);
refusals(
  measured("details/DDB-TABLE-442"),
  ["DescribeTable", "DescribeTimeToLive", "DescribeContinuousBackups", "DescribeContributorInsights"].map(
    (operation): Refusal => [
      operation,
      { TableName: tagged("000000000000", "eu-west-1") },
      `1 validation error detected: Invalid AWS region in '${tagged("000000000000", "eu-west-1")}'`,
    ],
  ),
);

behaviour("time to live cannot be changed again soon", api("UpdateTimeToLive"), async () => {
  const change = (Enabled: boolean, AttributeName = "e") =>
    send(
      new UpdateTimeToLiveCommand({
        TableName: "there",
        TimeToLiveSpecification: { Enabled, AttributeName },
      }),
    );
  const refused = (message: string) => ({ name: "ValidationException", message });
  await expect(change(false)).rejects.toMatchObject(refused("TimeToLive is already disabled"));
  await change(true);
  await expect(change(true)).rejects.toMatchObject(refused("TimeToLive is already enabled"));
  await expect(change(false, "f")).rejects.toMatchObject(
    refused("TimeToLive is active on a different AttributeName: current AttributeName is e"),
  );
  await expect(change(false)).rejects.toMatchObject(
    refused("Time to live has been modified multiple times within a fixed interval"),
  );
  await cloud.advance(3_600_000);
  await change(false);
});

behaviour(
  "the item count and size of a table are updated within six hours",
  api("TableDescription"),
  async () => {
    const TableName = "counted";
    await send(
      new CreateTableCommand({ ...base, TableName } as ConstructorParameters<typeof CreateTableCommand>[0]),
    );
    await send(new PutItemCommand({ TableName, Item: { a: S("1234"), b: S("1234") } }));
    const counts = async () => {
      const { Table } = await send(new DescribeTableCommand({ TableName }));
      return [Table!.ItemCount, Table!.TableSizeBytes];
    };
    expect(await counts()).toEqual([0, 0]);
    await cloud.advance(6 * 3_600_000);
    expect(await counts()).toEqual([1, 10]);
  },
);

behaviour("a protected table cannot be deleted", api("DeleteTable"), async () => {
  const TableName = "protected";
  await send(
    new CreateTableCommand({
      ...base,
      TableName,
      DeletionProtectionEnabled: true,
    } as ConstructorParameters<typeof CreateTableCommand>[0]),
  );
  await expect(send(new DeleteTableCommand({ TableName }))).rejects.toMatchObject({
    name: "ValidationException",
  });
});

behaviour("DescribeLimits returns the limits of the account", api("DescribeLimits"), async () => {
  expect(await send(new DescribeLimitsCommand({}))).toMatchObject({
    AccountMaxReadCapacityUnits: 80_000,
    TableMaxWriteCapacityUnits: 40_000,
  });
});

behaviour(
  "DescribeEndpoints returns an endpoint to cache for a day",
  guide("Programming.SDKs.endpoint"),
  async () => {
    const { Endpoints } = await send(new DescribeEndpointsCommand({}));
    expect(Endpoints).toEqual([{ Address: new URL(cloud.endpoint).host, CachePeriodInMinutes: 1_440 }]);
  },
);
