import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { tables } from "../store.ts";
import { N, S, TableName } from "../testing.ts";
import { startDisassociation } from "./disassociate.ts";
import { type Replicated, withReplica } from "./group.ts";
import { startJoining } from "./join.ts";

const [HOME, AWAY, THIRD] = ["us-east-1", "eu-west-1", "ap-southeast-2"] as const;

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

const threeRegions = () => replicated(AWAY, THIRD);

/** A table in the first Region, with a replica in each of these. */
async function replicated(...regions: string[]) {
  const nube = await testCloud([dynamodb]);
  open.push(nube);
  const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
  await at(HOME).CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  for (const RegionName of regions) {
    await at(HOME).UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName } }] });
    await nube.advance("1m");
  }
  await at(AWAY).UpdateTable({ TableName, DisassociationProtectionEnabled: false });
  const put = (region: string, p: string, x: number) =>
    at(region).PutItem({ TableName, Item: { p: S(p), x: N(x) } });
  const disassociate = () =>
    at(AWAY).UpdateTable({
      TableName,
      ReplicaUpdates: [{ Disassociate: { RegionName: AWAY, DisassociationMode: "WAIT_FOR_REPLICATION" } }],
    });
  const items = async (region: string) => {
    const { Items = [] } = await at(region).Scan({ TableName });
    return new Map(Items.map(({ p, x }) => [p!.S!, Number(x!.N)]));
  };
  return { ...nube, at, put, disassociate, items };
}

/** Each key is written in one Region at a time, so that no two writes conflict. */
const KEYS = [HOME, AWAY, THIRD];
const writesIn = (...regions: string[]) =>
  fc.array(fc.record({ region: fc.constantFrom(...regions), key: fc.constantFrom(...KEYS) }), {
    maxLength: 12,
  });

test("what was written before a disassociation is everywhere, and what is written during it stays on its side", async () => {
  const writes = [writesIn(HOME, AWAY, THIRD), writesIn(HOME, AWAY)] as const;
  await fc.assert(
    fc.asyncProperty(...writes, fc.boolean(), async (before, during, pauses) => {
      const nube = await threeRegions();
      const [apart, others] = [new Map<string, number>(), new Map<string, number>()];
      let x = 0;
      for (const { region } of before) {
        await nube.put(region, region, ++x);
        apart.set(region, x);
        others.set(region, x);
      }
      await nube.disassociate();
      // The other Regions learn of the disassociation a second later.
      await nube.advance("1s");
      for (const { region, key } of during) {
        await nube.put(region, key, ++x);
        (region === AWAY ? apart : others).set(key, x);
        if (pauses) await nube.advance("1s");
      }
      await nube.advance("1m");
      expect(await nube.items(AWAY)).toEqual(apart);
      expect(await nube.items(HOME)).toEqual(others);
      expect(await nube.items(THIRD)).toEqual(others);
      expect((await nube.at(AWAY).DescribeTable({ TableName })).Table).toMatchObject({
        TableStatus: "ACTIVE",
      });
      await nube.close();
      open.length = 0;
    }),
    { numRuns: 20 },
  );
});

test("while a replica is being disassociated, no other one is", async () => {
  const nube = await threeRegions();
  await nube.disassociate();
  const RegionName = THIRD;
  const change = nube.at(HOME).UpdateTable({ TableName, ReplicaUpdates: [{ Delete: { RegionName } }] });
  await expect(change).rejects.toMatchObject({ code: "ResourceInUseException" });
  await nube.advance("1m");
  await nube.at(AWAY).DeleteTable({ TableName });
  expect((await nube.at(HOME).DescribeTable({ TableName })).Table!.Replicas).toHaveLength(1);
});

test.each([
  ["the new replica", 0],
  ["the new replica", 400],
  ["the disassociation", 0],
  ["the disassociation", 400],
])("a replica is disassociated while another is created elsewhere, %s first by %i ms", async (first, gap) => {
  const nube = await replicated(AWAY);
  await nube.put(HOME, "home", 1);
  await nube.put(AWAY, "away", 2);
  // As if neither request had seen the other's change.
  const begin = async (region: string, change: (tx: Transaction, table: Replicated) => void) => {
    const place = { ...TEST_PLACE, region };
    const principal = rootOf(place.account);
    const ctx = nube.cloud.context({ service: dynamodb, principal, place, requestId: "r" });
    await ctx.transact(async (tx) => change(tx, (await tx.get(tables, [TableName])) as Replicated));
    await ctx.durable();
  };
  const create = () =>
    begin(HOME, (tx, table) => {
      const replica = { region: THIRD, status: "CREATING", source: HOME, since: tx.now() } as const;
      tx.put(tables, withReplica(table, table.group, replica));
      startJoining(tx, table, THIRD, undefined);
    });
  const changes = [create, () => begin(AWAY, startDisassociation)];
  if (first === "the disassociation") changes.reverse();
  await changes[0]!();
  await nube.advance(`${gap}ms`);
  await changes[1]!();
  await nube.advance("1m");
  const replicas = async (region: string) => {
    const { TableStatus, Replicas } = (await nube.at(region).DescribeTable({ TableName })).Table!;
    return [TableStatus, Replicas?.map(({ RegionName, ReplicaStatus }) => [RegionName, ReplicaStatus])];
  };
  expect(await replicas(AWAY)).toEqual(["ACTIVE", undefined]);
  expect(await replicas(HOME)).toEqual(["ACTIVE", [[THIRD, "ACTIVE"]]]);
  expect(await replicas(THIRD)).toEqual(["ACTIVE", [[HOME, "ACTIVE"]]]);
  const all = new Map([
    ["home", 1],
    ["away", 2],
  ]);
  for (const region of [HOME, AWAY, THIRD]) expect(await nube.items(region)).toEqual(all);
});
