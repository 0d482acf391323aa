import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  DynamoDBDocumentClient,
  ExecuteStatementCommand,
  GetCommand,
  PutCommand,
  paginateQuery,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ALL, onStores } from "../stores.ts";

onStores(ALL, (cloud) => {
  const TableName = "orders";
  let client: DynamoDBClient;
  let documents: DynamoDBDocumentClient;
  beforeAll(async () => {
    client = new DynamoDBClient({
      endpoint: cloud().endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    documents = DynamoDBDocumentClient.from(client);
    await client.send(
      new CreateTableCommand({
        TableName,
        AttributeDefinitions: [
          { AttributeName: "customer", AttributeType: "S" },
          { AttributeName: "at", AttributeType: "N" },
        ],
        KeySchema: [
          { AttributeName: "customer", KeyType: "HASH" },
          { AttributeName: "at", KeyType: "RANGE" },
        ],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName });
  });
  afterAll(() => client.destroy());

  test("a document is read as it was written", async () => {
    const Item = {
      customer: "ada",
      at: 1,
      total: 12.5,
      paid: true,
      note: null,
      lines: [{ sku: "a", count: 2 }, "gift"],
      tags: new Set(["new", "vip"]),
      blob: new Uint8Array([0, 255]),
    };
    await documents.send(new PutCommand({ TableName, Item }));
    const answer = await documents.send(new GetCommand({ TableName, Key: { customer: "ada", at: 1 } }));
    expect(answer.Item).toEqual(Item);
  });

  test("a counter is updated under a condition", async () => {
    const Key = { customer: "bob", at: 1 };
    const count = () =>
      documents.send(
        new UpdateCommand({
          TableName,
          Key,
          UpdateExpression: "ADD #n :one",
          ConditionExpression: "attribute_not_exists(#n) OR #n < :most",
          ExpressionAttributeNames: { "#n": "count" },
          ExpressionAttributeValues: { ":one": 1, ":most": 3 },
          ReturnValues: "ALL_NEW",
        }),
      );
    for (const expected of [1, 2, 3]) expect((await count()).Attributes).toMatchObject({ count: expected });
    await expect(count()).rejects.toMatchObject({ name: "ConditionalCheckFailedException" });
  });

  test("a query follows its pages", async () => {
    const orders = Array.from({ length: 25 }, (_, at) => ({ customer: "carol", at }));
    await documents.send(
      new BatchWriteCommand({
        RequestItems: { [TableName]: orders.map((Item) => ({ PutRequest: { Item } })) },
      }),
    );
    const query = {
      TableName,
      KeyConditionExpression: "customer = :c AND #at >= :from",
      ExpressionAttributeNames: { "#at": "at" },
      ExpressionAttributeValues: { ":c": "carol", ":from": 5 },
    };
    const found: unknown[] = [];
    for await (const page of paginateQuery({ client: documents, pageSize: 7 }, { ...query })) {
      found.push(...page.Items!);
    }
    expect(found).toEqual(orders.slice(5));
    const last = await documents.send(new QueryCommand({ ...query, ScanIndexForward: false, Limit: 1 }));
    expect(last.Items).toEqual([{ customer: "carol", at: 24 }]);
  });

  test("PartiQL statements take and return documents", async () => {
    const note = { lines: [{ sku: "b", count: 1 }], tags: new Set(["x"]) };
    await documents.send(
      new ExecuteStatementCommand({
        Statement: `INSERT INTO "${TableName}" VALUE {'customer': ?, 'at': ?, 'note': ?}`,
        Parameters: ["emma", 7, note],
      }),
    );
    const { Items } = await documents.send(
      new ExecuteStatementCommand({
        Statement: `SELECT note FROM "${TableName}" WHERE customer = ?`,
        Parameters: ["emma"],
      }),
    );
    expect(Items).toEqual([{ note }]);
  });

  test("a batch is read", async () => {
    await documents.send(new PutCommand({ TableName, Item: { customer: "fay", at: 1 } }));
    const Keys = [1, 2].map((at) => ({ customer: "fay", at }));
    const { Responses, UnprocessedKeys } = await documents.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys } } }),
    );
    expect([Responses![TableName], UnprocessedKeys]).toEqual([[{ customer: "fay", at: 1 }], {}]);
  });

  test("a transaction is applied completely or not at all", async () => {
    const put = (at: number, condition?: string) => ({
      Put: { TableName, Item: { customer: "dora", at }, ConditionExpression: condition },
    });
    await documents.send(new TransactWriteCommand({ TransactItems: [put(1), put(2)] }));
    await expect(
      documents.send(
        new TransactWriteCommand({ TransactItems: [put(3), put(1, "attribute_not_exists(customer)")] }),
      ),
    ).rejects.toMatchObject({
      name: "TransactionCanceledException",
      CancellationReasons: [{ Code: "None" }, { Code: "ConditionalCheckFailed" }],
    });
    const { Item } = await documents.send(new GetCommand({ TableName, Key: { customer: "dora", at: 3 } }));
    expect(Item).toBeUndefined();
  });
});
