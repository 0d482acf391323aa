import { expect, test } from "vitest";
import { eraPrefix } from "#kernel/records/era.ts";
import { testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dynamodb } from "../service.ts";
import { N, S } from "../testing.ts";

const TableName = "counters";

async function withCounters() {
  const store = openMemory();
  const nube = await testCloud([dynamodb], { store });
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  const Key = { p: S("a") };
  return {
    nube,
    add: (ClientRequestToken: string, by = 1) =>
      nube.aws.dynamodb.TransactWriteItems({
        ClientRequestToken,
        TransactItems: [
          {
            Update: {
              TableName,
              Key,
              UpdateExpression: "ADD x :by",
              ExpressionAttributeValues: { ":by": N(by) },
            },
          },
        ],
      }),
    count: async () => (await nube.aws.dynamodb.GetItem({ TableName, Key })).Item?.x?.N,
    async tokens() {
      const rows = await store.range({ start: eraPrefix(1), end: eraPrefix(2), limit: 1_000 });
      return rows.filter(({ key }) => Buffer.from(key).includes("dynamodb/token")).length;
    },
  };
}

test("a token identifies its request for ten minutes, at any time", async () => {
  for (const minutes of [0, 1, 5, 9]) {
    const { nube, add, count } = await withCounters();
    await nube.advance(`${minutes}m`);
    await add("token");
    await nube.advance("9m");
    await add("token");
    expect(await count()).toBe("1");
    await expect(add("token", 2)).rejects.toMatchObject({ code: "IdempotentParameterMismatchException" });
    await nube.advance("1m");
    await add("token");
    expect(await count()).toBe("2");
    await nube.close();
  }
});

test("expired tokens are deleted, also while new ones arrive", async () => {
  const { nube, add, tokens } = await withCounters();
  for (let n = 0; n < 60; n++) {
    await add(`token-${n}`);
    await nube.advance("1m");
  }
  expect(await tokens()).toBeLessThanOrEqual(30);
  await nube.advance("30m");
  expect(await tokens()).toBe(0);
  await nube.close();
});
