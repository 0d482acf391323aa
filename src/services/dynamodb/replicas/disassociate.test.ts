import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { dynamodb } from "../service.ts";
import { N, S, TableName } from "../testing.ts";

const [HOME, AWAY, THIRD] = ["us-east-1", "eu-west-1", "ap-southeast-2"] as const;

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function threeRegions() {
  const nube = await testCloud([dynamodb]);
  open.push(nube);
  const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
  await at(HOME).CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  for (const RegionName of [AWAY, THIRD]) {
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
