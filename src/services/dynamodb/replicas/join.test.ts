import { afterEach, expect, test, vi } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, TEST_START, type TestCloud, testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { type Table, tables } from "../store.ts";
import { N, S, TableName } from "../testing.ts";
import { withReplica } from "./group.ts";
import { startJoining } from "./join.ts";

const [HOME, AWAY, THIRD, FOURTH] = ["us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2"] as const;

let nube: TestCloud;
afterEach(() => nube.close());

test("replicas that two Regions create at the same time know each other", async () => {
  const wall = { now: TEST_START };
  nube = await testCloud([dynamodb], { wall: () => wall.now });
  const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
  await at(HOME).CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  await at(HOME).UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName: AWAY } }] });
  await nube.advance("1m");
  // As if neither request had seen the other's change.
  const create = async (from: string, region: string) => {
    const place = { ...TEST_PLACE, region: from };
    const principal = rootOf(place.account);
    const ctx = nube.cloud.context({ service: dynamodb, principal, place, requestId: "r" });
    await ctx.transact(async (tx) => {
      const table = (await tx.get(tables, [TableName])) as Table;
      const replica = { region, status: "CREATING", source: from, since: tx.now() } as const;
      tx.put(tables, withReplica(table, table.group!, replica));
      startJoining(tx, table, region, undefined);
    });
    await ctx.durable();
  };
  await create(HOME, THIRD);
  await create(AWAY, FOURTH);
  const others = async (region: string) => {
    const { Replicas = [] } = (await at(region).DescribeTable({ TableName })).Table!;
    return Replicas.filter(({ ReplicaStatus }) => ReplicaStatus === "ACTIVE").map((one) => one.RegionName);
  };
  // Where time runs by itself, both jobs run at once, and a change is what makes them look at it.
  await vi.waitFor(async () => {
    wall.now += 500;
    await at(HOME).PutItem({ TableName, Item: { p: S("x"), x: N(1) } });
    for (const region of [HOME, AWAY]) expect(await others(region)).toHaveLength(3);
  });
  const all = [HOME, AWAY, THIRD, FOURTH];
  for (const region of all)
    expect(new Set(await others(region))).toEqual(new Set(all.filter((other) => other !== region)));
});
