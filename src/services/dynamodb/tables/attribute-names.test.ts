import { expect, onTestFinished, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";

test.each(["constructor", "__proto__"])(
  "a key and an index may be called %s, which every object has",
  async (name) => {
    const { aws, close, advance } = await testCloud([dynamodb]);
    onTestFinished(close);
    const definition = (AttributeName: string) => ({ AttributeName, AttributeType: "S" }) as const;
    const keyOf = (AttributeName: string) => [{ AttributeName, KeyType: "HASH" }] as const;
    const create = (TableName: string, key: string) =>
      aws.dynamodb.CreateTable({
        TableName,
        AttributeDefinitions: [definition(key)],
        KeySchema: [...keyOf(key)],
        BillingMode: "PAY_PER_REQUEST",
      });
    const item = Object.fromEntries([[name, { S: "x" }]]);

    await create("named", name);
    await aws.dynamodb.PutItem({ TableName: "named", Item: item });
    expect((await aws.dynamodb.GetItem({ TableName: "named", Key: item })).Item).toEqual(item);

    await create("indexed", "id");
    await aws.dynamodb.UpdateTable({
      TableName: "indexed",
      AttributeDefinitions: [definition("id"), definition(name)],
      GlobalSecondaryIndexUpdates: [
        {
          Create: { IndexName: "index", KeySchema: [...keyOf(name)], Projection: { ProjectionType: "ALL" } },
        },
      ],
    });
    await advance("1m");
    await aws.dynamodb.PutItem({ TableName: "indexed", Item: { id: { S: "1" }, ...item } });
    const { Count } = await aws.dynamodb.Scan({ TableName: "indexed", IndexName: "index" });
    expect(Count).toBe(1);
  },
);
