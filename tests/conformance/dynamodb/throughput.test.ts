import {
  BatchExecuteStatementCommand,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  CreateTableCommand,
  type CreateTableCommandInput,
  DeleteItemCommand,
  ExecuteTransactionCommand,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  TransactGetItemsCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  UpdateTableCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, S } from "./client.ts";

const cloud = conformanceCloud({ limits: ["dynamodb"] });
const { send } = dynamodbOn(cloud);

beforeAll(() => cloud.freeze());

const units = (read: number, write: number) => ({ ReadCapacityUnits: read, WriteCapacityUnits: write });
const SECOND = 1_000;
const ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/";
let made = 0;

/** Creates a table with one read and one write unit, by default. */
async function table(more: Partial<CreateTableCommandInput> = {}): Promise<string> {
  const TableName = `metered-${++made}`;
  await send(
    new CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      ...(more.BillingMode !== "PAY_PER_REQUEST" && { ProvisionedThroughput: units(1, 1) }),
      ...more,
    }),
  );
  return TableName;
}

const indexed = (read: number, write: number): Partial<CreateTableCommandInput> => ({
  AttributeDefinitions: ["p", "g"].map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-g",
      KeySchema: [{ AttributeName: "g", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
      ProvisionedThroughput: units(read, write),
    },
  ],
  ProvisionedThroughput: units(10, 10),
});

const put = (TableName: string, p = "a", more: object = {}) =>
  send(new PutItemCommand({ TableName, Item: { p: S(p), ...more } }));
const get = (TableName: string, ConsistentRead = true) =>
  send(new GetItemCommand({ TableName, Key: { p: S("a") }, ConsistentRead }));

const TABLE =
  "The level of configured provisioned throughput for the table was exceeded. Consider increasing your provisioning level with the UpdateTable API.";
const INDEX =
  "The level of configured provisioned throughput for one or more global secondary indexes of the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary indexes with the UpdateTable API";
const exceeded = (message: string, reason: string, resource: string) => ({
  name: "ProvisionedThroughputExceededException",
  message,
  ThrottlingReasons: [{ reason, resource }],
});
const writesExceeded = (TableName: string) =>
  exceeded(TABLE, "TableWriteProvisionedThroughputExceeded", ARN + TableName);
const readsExceeded = (TableName: string) =>
  exceeded(TABLE, "TableReadProvisionedThroughputExceeded", ARN + TableName);

const capacity = guide("provisioned-capacity-mode");
const burst = guide("burst-adaptive-capacity");

for (const [what, again] of [
  ["PutItem", (TableName: string) => put(TableName)],
  ["UpdateItem", (TableName: string) => send(new UpdateItemCommand({ TableName, Key: { p: S("a") } }))],
  ["DeleteItem", (TableName: string) => send(new DeleteItemCommand({ TableName, Key: { p: S("a") } }))],
] as const)
  behaviour(
    `${what} is throttled beyond the table's write units, until they are replenished`,
    capacity,
    async () => {
      const TableName = await table();
      await put(TableName);
      await expect(again(TableName)).rejects.toMatchObject(writesExceeded(TableName));
      await cloud.advance(SECOND);
      await again(TableName);
    },
  );

for (const [what, read] of [
  ["GetItem", (TableName: string) => get(TableName)],
  ["Scan", (TableName: string) => send(new ScanCommand({ TableName, ConsistentRead: true }))],
  [
    "Query",
    (TableName: string) =>
      send(
        new QueryCommand({
          TableName,
          ConsistentRead: true,
          KeyConditionExpression: "p = :p",
          ExpressionAttributeValues: { ":p": S("a") },
        }),
      ),
  ],
] as const)
  behaviour(`${what} is throttled beyond the table's read units`, capacity, async () => {
    const TableName = await table();
    await read(TableName);
    await expect(read(TableName)).rejects.toMatchObject(readsExceeded(TableName));
  });

behaviour("an eventually consistent read consumes half a unit", capacity, async () => {
  const TableName = await table();
  await get(TableName, false);
  await get(TableName, false);
  await expect(get(TableName, false)).rejects.toMatchObject(readsExceeded(TableName));
});

behaviour("unused capacity is kept for five minutes", burst, async () => {
  const TableName = await table();
  await cloud.advance(3_600 * SECOND);
  for (let n = 0; n < 300; n++) await put(TableName, `${n}`);
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
});

behaviour("a write that overdraws the capacity delays later writes", burst, async () => {
  const TableName = await table();
  await put(TableName, "a", { x: S("x".repeat(2_900)) });
  await cloud.advance(2 * SECOND);
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
  await cloud.advance(SECOND);
  await put(TableName, "b");
});

behaviour("a write whose condition fails consumes a unit", guide("read-write-operations"), async () => {
  const TableName = await table();
  const conditional = new PutItemCommand({
    TableName,
    Item: { p: S("a") },
    ConditionExpression: "attribute_exists(p)",
  });
  await expect(send(conditional)).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
});

behaviour("an index without units throttles the writes that update it", guide("GSI"), async () => {
  const TableName = await table(indexed(1, 1));
  await put(TableName, "a", { g: S("a") });
  await expect(put(TableName, "b", { g: S("a") })).rejects.toMatchObject(
    exceeded(INDEX, "IndexWriteProvisionedThroughputExceeded", `${ARN}${TableName}/index/by-g`),
  );
  await put(TableName, "c");
});

behaviour("a read of an index consumes the units of the index", guide("GSI"), async () => {
  const TableName = await table(indexed(1, 1));
  const read = () => send(new ScanCommand({ TableName, IndexName: "by-g" }));
  await read();
  await read();
  await expect(read()).rejects.toMatchObject(
    exceeded(INDEX, "IndexReadProvisionedThroughputExceeded", `${ARN}${TableName}/index/by-g`),
  );
  await get(TableName);
});

const batch = (TableName: string) =>
  new BatchWriteItemCommand({
    RequestItems: {
      [TableName]: Array.from({ length: 8 }, (_, n) => ({ PutRequest: { Item: { p: S(`${n}`) } } })),
    },
  });

behaviour(
  "BatchWriteItem writes what the capacity permits and returns the rest as unprocessed",
  api("BatchWriteItem"),
  async () => {
    const TableName = await table({ ProvisionedThroughput: units(1, 5) });
    const { UnprocessedItems } = await send(batch(TableName));
    expect(UnprocessedItems![TableName]).toEqual(
      ["5", "6", "7"].map((p) => ({ PutRequest: { Item: { p: S(p) } } })),
    );
  },
);

behaviour("BatchWriteItem is throttled if it can write nothing", api("BatchWriteItem"), async () => {
  const TableName = await table();
  await put(TableName);
  await expect(send(batch(TableName))).rejects.toMatchObject(writesExceeded(TableName));
});

const keys = (TableName: string) =>
  new BatchGetItemCommand({
    RequestItems: {
      [TableName]: { Keys: ["0", "1", "2"].map((p) => ({ p: S(p) })), ConsistentRead: true },
    },
  });

behaviour(
  "BatchGetItem reads what the capacity permits and returns the rest as unprocessed",
  api("BatchGetItem"),
  async () => {
    const TableName = await table({ ProvisionedThroughput: units(2, 1) });
    const { UnprocessedKeys } = await send(keys(TableName));
    expect(UnprocessedKeys![TableName]).toEqual({ Keys: [{ p: S("2") }], ConsistentRead: true });
  },
);

behaviour("BatchGetItem is throttled if it can read nothing", api("BatchGetItem"), async () => {
  const TableName = await table();
  await get(TableName);
  await expect(send(keys(TableName))).rejects.toMatchObject(readsExceeded(TableName));
});

const cancelled = (...Codes: [string, string?][]) => ({
  name: "TransactionCanceledException",
  CancellationReasons: Codes.map(([Code, Message]) => (Message ? { Code, Message } : { Code })),
});

behaviour("a transaction consumes twice the units", guide("transaction-apis"), async () => {
  const TableName = await table({ ProvisionedThroughput: units(1, 2) });
  await send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: { p: S("a") } } }] }));
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
});

behaviour(
  "TransactWriteItems without capacity is canceled as a whole",
  api("TransactWriteItems"),
  async () => {
    const [full, empty] = [await table(), await table()];
    await put(empty);
    const TransactItems = [full, empty].map((TableName) => ({ Put: { TableName, Item: { p: S("b") } } }));
    await expect(send(new TransactWriteItemsCommand({ TransactItems }))).rejects.toMatchObject(
      cancelled(["None"], ["ProvisionedThroughputExceeded", TABLE]),
    );
    expect((await get(full)).Item).toBeUndefined();
  },
);

behaviour("TransactGetItems without capacity is canceled", api("TransactGetItems"), async () => {
  const TableName = await table();
  await get(TableName);
  await expect(
    send(new TransactGetItemsCommand({ TransactItems: [{ Get: { TableName, Key: { p: S("a") } } }] })),
  ).rejects.toMatchObject(cancelled(["ProvisionedThroughputExceeded", TABLE]));
});

behaviour("ExecuteTransaction without capacity is canceled", api("ExecuteTransaction"), async () => {
  const TableName = await table();
  await put(TableName);
  const Statement = `INSERT INTO "${TableName}" VALUE {'p': 'b'}`;
  await expect(
    send(new ExecuteTransactionCommand({ TransactStatements: [{ Statement }] })),
  ).rejects.toMatchObject(cancelled(["ProvisionedThroughputExceeded", TABLE]));
});

behaviour(
  "BatchExecuteStatement reports throttling per statement",
  api("BatchExecuteStatement"),
  async () => {
    const TableName = await table();
    const Statements = ["b", "c"].map((p) => ({
      Statement: `INSERT INTO "${TableName}" VALUE {'p': '${p}'}`,
    }));
    const { Responses } = await send(new BatchExecuteStatementCommand({ Statements }));
    expect(Responses!.map(({ Error: error }) => error)).toEqual([
      undefined,
      { Code: "ProvisionedThroughputExceeded", Message: TABLE },
    ]);
  },
);

behaviour("raised units apply to later requests", api("UpdateTable"), async () => {
  const TableName = await table();
  await put(TableName);
  await send(new UpdateTableCommand({ TableName, ProvisionedThroughput: units(1, 5) }));
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
  await cloud.advance(SECOND);
  for (let n = 0; n < 5; n++) await put(TableName, `${n}`);
  await expect(put(TableName)).rejects.toMatchObject(writesExceeded(TableName));
});

const onDemand = guide("on-demand-capacity-mode-max-throughput");
const unitLimits = { MaxReadRequestUnits: 1, MaxWriteRequestUnits: 1 };
const MAXIMUM = "Throughput exceeds the maximum OnDemandThroughput configured on table or index";
const beyond = (reason: string, resource: string) => ({
  name: "ThrottlingException",
  message: MAXIMUM,
  throttlingReasons: [{ reason, resource }],
});

behaviour("an on-demand table is limited to its maximum throughput", onDemand, async () => {
  const TableName = await table({ BillingMode: "PAY_PER_REQUEST", OnDemandThroughput: unitLimits });
  await put(TableName);
  await expect(put(TableName)).rejects.toMatchObject(
    beyond("TableWriteMaxOnDemandThroughputExceeded", ARN + TableName),
  );
  await get(TableName);
  await expect(get(TableName)).rejects.toMatchObject(
    beyond("TableReadMaxOnDemandThroughputExceeded", ARN + TableName),
  );
});

behaviour("an on-demand index is limited to its maximum throughput", onDemand, async () => {
  const { AttributeDefinitions, GlobalSecondaryIndexes } = indexed(1, 1);
  const TableName = await table({
    BillingMode: "PAY_PER_REQUEST",
    AttributeDefinitions,
    ProvisionedThroughput: undefined,
    GlobalSecondaryIndexes: GlobalSecondaryIndexes!.map(({ ProvisionedThroughput: _, ...index }) => ({
      ...index,
      OnDemandThroughput: unitLimits,
    })),
  });
  await put(TableName, "a", { g: S("a") });
  await expect(put(TableName, "b", { g: S("a") })).rejects.toMatchObject(
    beyond("IndexWriteMaxOnDemandThroughputExceeded", `${ARN}${TableName}/index/by-g`),
  );
});

behaviour("a transaction on an on-demand table is canceled with ThrottlingError", onDemand, async () => {
  const TableName = await table({ BillingMode: "PAY_PER_REQUEST", OnDemandThroughput: unitLimits });
  await put(TableName);
  await expect(
    send(new TransactWriteItemsCommand({ TransactItems: [{ Put: { TableName, Item: { p: S("b") } } }] })),
  ).rejects.toMatchObject(cancelled(["ThrottlingError", MAXIMUM]));
});

behaviour("an on-demand table without a maximum is not throttled", onDemand, async () => {
  const TableName = await table({ BillingMode: "PAY_PER_REQUEST" });
  for (let n = 0; n < 20; n++) await put(TableName, `${n}`);
});
