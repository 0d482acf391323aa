import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Bytes } from "#kernel/records/transaction.ts";
import { TEST_PLACE, type TestCloud, type TestCloudOptions, testCloud } from "#kernel/testing.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dynamodb } from "../service.ts";
import { journalRows, versionRows } from "../store.ts";
import { N, S } from "../testing.ts";

const [HOME, AWAY, THIRD] = ["us-east-1", "eu-west-1", "ap-southeast-2"] as const;
const TableName = "everywhere";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function regions(options: TestCloudOptions = {}) {
  const nube = await testCloud([dynamodb], options);
  open.push(nube);
  const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
  const get = async (region: string, p: string) =>
    (await at(region).GetItem({ TableName, Key: { p: S(p) } })).Item?.x?.N;
  const put = (region: string, p: string, x: number) =>
    at(region).PutItem({ TableName, Item: { p: S(p), x: N(x) } });
  const change = (region: string, action: "Create" | "Delete", RegionName: string) =>
    at(region).UpdateTable({ TableName, ReplicaUpdates: [{ [action]: { RegionName } }] });
  const make = () =>
    at(HOME).CreateTable({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
  const items = async (region: string) => {
    const { Items = [] } = await at(region).Scan({ TableName });
    return new Map(Items.map(({ p, x }) => [p!.S!, Number(x!.N)]));
  };
  return { ...nube, at, get, put, change, make, items };
}

test("a later write has a later version everywhere, even with a stopped clock", async () => {
  const nube = await regions();
  nube.cloud.time.freeze();
  await nube.make();
  await nube.change(HOME, "Create", AWAY);
  await nube.advance("1m");
  for (let x = 0; x < 10; x++) {
    await nube.put(x % 2 ? HOME : AWAY, "a", x);
    await nube.advance("0ms");
    expect([await nube.get(HOME, "a"), await nube.get(AWAY, "a")]).toEqual([String(x), String(x)]);
  }
});

test("a change of settings is later than those from before a restart with a stopped clock", async () => {
  const store = openMemory();
  const first = await regions({ store });
  await first.make();
  await first.change(HOME, "Create", AWAY);
  await first.advance("1m");
  const set = (nube: typeof first, MaxReadRequestUnits: number) =>
    nube.at(HOME).UpdateTable({ TableName, OnDemandThroughput: { MaxReadRequestUnits } });
  for (const units of [1, 2, 3]) await set(first, units);
  await first.advance("0ms");
  await open.pop()!.close();
  const second = await regions({ store });
  await set(second, 4);
  await second.advance("1s");
  const { Table } = await second.at(AWAY).DescribeTable({ TableName });
  expect(Table!.OnDemandThroughput!.MaxReadRequestUnits).toBe(4);
});

test("a replica receives all pages of a large table", async () => {
  const nube = await regions();
  await nube.make();
  for (let x = 0; x < 230; x++) await nube.put(HOME, `p${x}`, x);
  await nube.change(HOME, "Create", AWAY);
  await nube.advance("1m");
  expect(await nube.items(AWAY)).toEqual(await nube.items(HOME));
  expect((await nube.items(AWAY)).size).toBe(230);
});

test("replicas converge after any writes in any Region", async () => {
  const writes = fc.array(
    fc.record({
      region: fc.constantFrom(HOME, AWAY, THIRD),
      p: fc.constantFrom("a", "b", "c"),
      isDelete: fc.boolean(),
      pause: fc.boolean(),
    }),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(writes, async (sequence) => {
      const nube = await regions();
      await nube.make();
      for (const region of [AWAY, THIRD]) {
        await nube.change(HOME, "Create", region);
        await nube.advance("1m");
      }
      for (const [x, { region, p, isDelete, pause }] of sequence.entries()) {
        if (isDelete) await nube.at(region).DeleteItem({ TableName, Key: { p: S(p) } });
        else await nube.put(region, p, x);
        if (pause) await nube.advance("1s");
      }
      await nube.advance("1m");
      const home = await nube.items(HOME);
      expect(await nube.items(AWAY)).toEqual(home);
      expect(await nube.items(THIRD)).toEqual(home);
      await nube.close();
      open.length = 0;
    }),
    { numRuns: 25 },
  );
});

test("writes acknowledged in any Region before a power failure are in all Regions after it", async () => {
  const disk = testDisk();
  const taken = new Map<string, number>();
  const cuts: { store: Promise<KeyValueStore>; taken: Map<string, number> }[] = [];
  disk.failing(() => {
    cuts.push({ store: disk.copy(), taken: new Map(taken) });
    return false;
  });
  const nube = await regions({ store: disk.store });
  const put = async (region: string, p: string, x: number) => {
    await nube.put(region, p, x);
    taken.set(p, x);
  };
  await nube.make();
  await put(HOME, "first", 1);
  await nube.change(HOME, "Create", AWAY);
  await put(HOME, "joining", 1);
  await nube.advance("10s");
  await put(HOME, "here", 1);
  await put(AWAY, "there", 1);
  await put(HOME, "both", 1);
  await nube.advance("1s");
  await put(AWAY, "both", 2);
  await nube.change(HOME, "Delete", AWAY);
  await nube.advance("10s");
  await put(HOME, "after", 1);

  expect(cuts.length).toBeGreaterThan(20);
  for (const cut of cuts) {
    const next = await regions({ store: await cut.store });
    await next.advance("1m");
    const { Table } = await next
      .at(HOME)
      .DescribeTable({ TableName })
      .catch(() => ({ Table: undefined }));
    if (!Table) continue;
    const known = [HOME, ...(Table.Replicas ?? []).map(({ RegionName }) => RegionName!)];
    for (const region of known) {
      const items = await next.items(region);
      for (const [p, x] of cut.taken) expect([p, (items.get(p) ?? 0) >= x]).toEqual([p, true]);
      expect(items).toEqual(await next.items(HOME));
    }
    expect(Table.TableStatus).toBe("ACTIVE");
  }
});

test("two replicas can be deleted at the same time", async () => {
  const nube = await regions();
  await nube.make();
  await nube.change(HOME, "Create", AWAY);
  await nube.advance("2d");
  await Promise.all([HOME, AWAY].map((region) => nube.at(region).DeleteTable({ TableName })));
  await nube.advance("1m");
  for (const region of [HOME, AWAY]) expect((await nube.at(region).ListTables({})).TableNames).toEqual([]);
});

test("an index is backfilled separately in each Region", async () => {
  const nube = await regions();
  await nube.make();
  for (let x = 0; x < 450; x++) await nube.put(HOME, `p${x}`, x);
  await nube.change(HOME, "Create", AWAY);
  await nube.advance("1m");
  await nube.at(HOME).UpdateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "x", AttributeType: "N" }],
    GlobalSecondaryIndexUpdates: [
      {
        Create: {
          IndexName: "by-x",
          KeySchema: [{ AttributeName: "x", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      },
    ],
  });
  await nube.at(HOME).UpdateTimeToLive({
    TableName,
    TimeToLiveSpecification: { Enabled: true, AttributeName: "until" },
  });
  await nube.advance("1m");
  for (const region of [HOME, AWAY]) {
    const { Table } = await nube.at(region).DescribeTable({ TableName });
    expect(Table!.GlobalSecondaryIndexes![0]!.IndexStatus).toBe("ACTIVE");
    const { Count } = await nube.at(region).Scan({ TableName, IndexName: "by-x" });
    expect(Count).toBe(450);
  }
});

test("an index may be named like a member of every object", async () => {
  const nube = await regions();
  await nube.at(HOME).CreateTable({
    TableName,
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    GlobalSecondaryIndexes: [
      {
        IndexName: "constructor",
        KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    ],
    BillingMode: "PAY_PER_REQUEST",
  });
  await nube.change(HOME, "Create", AWAY);
  await nube.advance("1m");
  await nube.at(HOME).UpdateTable({
    TableName,
    ReplicaUpdates: [{ Update: { RegionName: AWAY, TableClassOverride: "STANDARD" } }],
  });
  await nube.advance("1m");
  const { Table } = await nube.at(HOME).DescribeTable({ TableName });
  const [index] = Table!.Replicas![0]!.GlobalSecondaryIndexes!;
  expect(index!.ProvisionedThroughputOverride).toBeUndefined();
});

test("versions and changes are kept only as long as they may be needed", async () => {
  const nube = await regions();
  const ctx = () =>
    nube.cloud.context({
      service: dynamodb,
      principal: rootOf(TEST_PLACE.account),
      place: TEST_PLACE,
      requestId: "test",
    });
  const kept = async () => {
    const rowsOf = (kind: Bytes) => ctx().read((tx) => tx.listBytes(kind, { limit: 10 }));
    return { versions: (await rowsOf(versionRows)).length, changes: (await rowsOf(journalRows)).length };
  };
  await nube.make();
  await nube.put(HOME, "before", 1);
  expect(await kept()).toEqual({ versions: 0, changes: 0 });
  await nube.change(HOME, "Create", AWAY);
  await nube.put(HOME, "a", 1);
  expect(await kept()).toEqual({ versions: 1, changes: 1 });
  await nube.advance("1m");
  expect(await kept()).toEqual({ versions: 1, changes: 0 });
  await nube.advance("2d");
  expect(await kept()).toEqual({ versions: 0, changes: 0 });
  await nube.put(HOME, "b", 1);
  await nube.change(HOME, "Delete", AWAY);
  await nube.advance("1m");
  expect(await kept()).toEqual({ versions: 0, changes: 0 });
});
