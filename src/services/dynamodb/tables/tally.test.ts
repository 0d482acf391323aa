import { expect, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dynamodb } from "../service.ts";
import { S, TableName, withTable } from "../testing.ts";

test("a table is counted every six hours, but not at every start", async () => {
  const store = openMemory();
  let nube = await testCloud([dynamodb], { store });
  const put = (p: string) => nube.aws.dynamodb.PutItem({ TableName, Item: { p: S(p) } });
  const count = async () => (await nube.aws.dynamodb.DescribeTable({ TableName })).Table!.ItemCount;
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  await put("a");
  await nube.advance("7h");
  expect(await count()).toBe(1);

  await put("b");
  await nube.close();
  nube = await testCloud([dynamodb], { store });
  await nube.advance("1h");
  expect(await count()).toBe(1);
  await nube.advance("6h");
  expect(await count()).toBe(2);
  await nube.close();
});

test("entries of indexes are counted with the table", async () => {
  const nube = await withTable();
  await nube.put("a", 1, { g: S("gg"), x: S("xxx"), y: S("not shown") });
  await nube.put("a", 2, { g: S("gg") });
  await nube.put("a", 3);
  const counts = async () => {
    const { Table: table } = await nube.aws.dynamodb.DescribeTable({ TableName });
    const [index] = table!.GlobalSecondaryIndexes!;
    return [table!.ItemCount, index!.ItemCount, index!.IndexSizeBytes];
  };
  expect(await counts()).toEqual([0, 0, 0]);
  await nube.advance("7h");
  // `p`, `s` and `g` take eight bytes together with their names, `x` takes four.
  expect(await counts()).toEqual([3, 2, 8 + 8 + 4]);
  await nube.close();
});
