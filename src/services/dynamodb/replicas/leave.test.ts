import { afterEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dynamodb } from "../service.ts";
import { type CopyHolder, tables } from "../store.ts";
import { collectionsIn, S, TableName } from "../testing.ts";

let nube: TestCloud;
afterEach(() => nube.close());

let copies: CopyHolder[] = [];
/** A service whose `DescribeLimits` begins and ends a copy, so that a test decides how long the copy takes. */
const copying = {
  ...dynamodb,
  operations: new Map(dynamodb.operations).set("DescribeLimits", async (ctx) => {
    await ctx.transact(async (tx) => tx.put(tables, { ...(await tx.get(tables, [TableName]))!, copies }));
    return {};
  }),
};

test("a replica is deleted once the copies that were begun of it are complete", async () => {
  nube = await testCloud([copying]);
  const there = nube.as(rootOf(TEST_PLACE.account), { region: "eu-west-1" }).dynamodb;
  await nube.aws.dynamodb.CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  const RegionName = "eu-west-1";
  await nube.aws.dynamodb.UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] });
  await nube.advance("1m");
  copies = [1];
  await there.DescribeLimits({});
  await nube.aws.dynamodb.UpdateTable({ TableName, ReplicaUpdates: [{ Delete: { RegionName } }] });
  await nube.advance("1m");
  expect((await there.DescribeTable({ TableName })).Table!.TableStatus).toBe("DELETING");
  copies = [];
  await there.DescribeLimits({});
  await nube.advance("1m");
  await expect(there.DescribeTable({ TableName })).rejects.toMatchObject({
    code: "ResourceNotFoundException",
  });
});

test("replicas that are deleted leave nothing behind, in any order", async () => {
  for (const first of ["us-east-1", "eu-west-1"]) {
    const store = openMemory();
    nube = await testCloud([dynamodb], { store });
    const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
    await nube.aws.dynamodb.CreateTable({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    await nube.aws.dynamodb.UpdateTable({
      TableName,
      ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }],
    });
    await nube.advance("1m");
    for (const region of ["us-east-1", "eu-west-1"])
      await at(region).PutItem({ TableName, Item: { p: S(region) } });
    // Until then, the source of a replica is not deleted.
    await nube.advance("1d");
    const last = first === "us-east-1" ? "eu-west-1" : "us-east-1";
    for (const region of [first, last]) {
      await at(region).DeleteTable({ TableName });
      await nube.advance("1m");
    }
    // Their streams stay readable for a day.
    await nube.advance("2d");
    expect(await collectionsIn(store)).toEqual([]);
    await nube.close();
  }
});
