import { afterEach, describe, expect, test, vi } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, type TestCloud, type TestCloudOptions, testCloud } from "#kernel/testing.ts";
import { settles, testDisk } from "#kernel/testing-disk.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { dynamodb } from "../service.ts";
import { tables } from "../store.ts";
import { collectionsIn, N, S } from "../testing.ts";
import { deliverNext } from "./journal.ts";

vi.setConfig({ testTimeout: 30_000 });

const [FIRST, SECOND, THIRD] = ["us-east-1", "us-east-2", "us-west-2"] as const;
const REGIONS = [FIRST, SECOND, THIRD];
const TableName = "everywhere";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

async function regions(options: TestCloudOptions = {}) {
  const nube = await testCloud([dynamodb], options);
  open.push(nube);
  const at = (region: string) => nube.as(rootOf(TEST_PLACE.account), { region }).dynamodb;
  const make = (name = TableName, region: string = FIRST) =>
    at(region).CreateTable({
      TableName: name,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
  const unite = () =>
    at(FIRST).UpdateTable({
      TableName,
      MultiRegionConsistency: "STRONG",
      ReplicaUpdates: [{ Create: { RegionName: SECOND } }, { Create: { RegionName: THIRD } }],
    });
  /** Deletes the replicas in all Regions but one. */
  const dissolve = (left: string) =>
    at(left).UpdateTable({
      TableName,
      ReplicaUpdates: REGIONS.filter((region) => region !== left).map((RegionName) => ({
        Delete: { RegionName },
      })),
    });
  const put = (region: string, p: string, x: number) =>
    at(region).PutItem({ TableName, Item: { p: S(p), x: N(x) } });
  const get = async (region: string, p: string, ConsistentRead = true) =>
    (await at(region).GetItem({ TableName, Key: { p: S(p) }, ConsistentRead })).Item?.x?.N;
  const items = async (region: string) => {
    const { Items = [] } = await at(region).Scan({ TableName, ConsistentRead: true });
    return new Map(Items.map(({ p, x }) => [p!.S!, Number(x!.N)]));
  };
  const contextIn = (region: string) => {
    const place = { ...TEST_PLACE, region };
    const principal = rootOf(TEST_PLACE.account);
    return nube.cloud.context({ service: dynamodb, principal, place, requestId: "test" });
  };
  /** The home according to the replica in a Region. */
  const homeIn = (region: string) =>
    contextIn(region).read(async (tx) => (await tx.get(tables, [TableName]))?.group?.strong?.home);
  return { ...nube, at, make, unite, dissolve, put, get, items, contextIn, homeIn };
}

async function united(options: TestCloudOptions = {}) {
  const nube = await regions(options);
  await nube.make();
  await nube.unite();
  await nube.advance("10s");
  return nube;
}

describe("a strongly consistent global table", () => {
  test("loses no update of a counter that all Regions increment at the same time", async () => {
    const nube = await united();
    const increments = REGIONS.flatMap((region) => Array.from({ length: 30 }, () => region));
    const added = await Promise.all(
      increments.map((region) =>
        nube.at(region).UpdateItem({
          TableName,
          Key: { p: S("counter") },
          UpdateExpression: "ADD x :one",
          ExpressionAttributeValues: { ":one": N(1) },
          ReturnValues: "UPDATED_NEW",
        }),
      ),
    );
    const values = new Set(added.map(({ Attributes }) => Number(Attributes!.x!.N)));
    expect(values.size).toBe(increments.length);
    for (const region of REGIONS) expect(await nube.get(region, "counter")).toBe(String(increments.length));
    await nube.advance("1s");
    for (const region of REGIONS)
      expect(await nube.get(region, "counter", false)).toBe(String(increments.length));
  });

  test("lets only one Region make a conditional write", async () => {
    const nube = await united();
    const outcomes = await Promise.allSettled(
      REGIONS.map((region) =>
        nube.at(region).PutItem({
          TableName,
          Item: { p: S("lock"), owner: S(region) },
          ConditionExpression: "attribute_not_exists(p)",
        }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("answers eventually consistent reads with the items that have arrived in their Region", async () => {
    const nube = await united();
    await nube.put(SECOND, "a", 1);
    expect(await nube.get(SECOND, "a", false)).toBeUndefined();
    expect(await nube.get(SECOND, "a", true)).toBe("1");
    await nube.advance("1s");
    expect(await nube.get(SECOND, "a", false)).toBe("1");
  });

  test("takes part in batches with tables that are only here", async () => {
    const nube = await united();
    await nube.make("local", SECOND);
    const write = (x: number) => ({ PutRequest: { Item: { p: S("a"), x: N(x) } } });
    const { ConsumedCapacity } = await nube.at(SECOND).BatchWriteItem({
      RequestItems: { [TableName]: [write(1)], local: [write(2)] },
      ReturnConsumedCapacity: "TOTAL",
    });
    expect(ConsumedCapacity).toEqual([
      { TableName, CapacityUnits: 1 },
      { TableName: "local", CapacityUnits: 1 },
    ]);
    const read = { Keys: [{ p: S("a") }], ConsistentRead: true };
    const { Responses } = await nube
      .at(SECOND)
      .BatchGetItem({ RequestItems: { [TableName]: read, local: read } });
    expect(Responses![TableName]).toEqual([{ p: S("a"), x: N(1) }]);
    expect(Responses!.local).toEqual([{ p: S("a"), x: N(2) }]);
  });

  test("writes nothing of a batch if any of its items is invalid", async () => {
    const nube = await united();
    await nube.make("local", SECOND);
    const write = (name: string) => ({ PutRequest: { Item: { [name]: S("a") } } });
    await expect(
      nube.at(SECOND).BatchWriteItem({ RequestItems: { local: [write("p")], [TableName]: [write("q")] } }),
    ).rejects.toMatchObject({ code: "ValidationException" });
    const { Count } = await nube.at(SECOND).Scan({ TableName: "local" });
    expect(Count).toBe(0);
  });

  test("takes part in batches of statements", async () => {
    const nube = await united();
    await nube.make("local", SECOND);
    const insert = (table: string, x: number) => ({
      Statement: `INSERT INTO "${table}" VALUE {'p': 'a', 'x': ${x}}`,
    });
    const written = await nube
      .at(SECOND)
      .BatchExecuteStatement({ Statements: [insert(TableName, 1), insert("local", 2)] });
    expect(written.Responses!.map((one) => one.Error)).toEqual([undefined, undefined]);
    const select = (table: string, ConsistentRead: boolean) => ({
      Statement: `SELECT x FROM "${table}" WHERE p = 'a'`,
      ConsistentRead,
    });
    const { Responses } = await nube.at(SECOND).BatchExecuteStatement({
      Statements: [select(TableName, true), select("local", true), select(TableName, false)],
    });
    expect(Responses!.map(({ Item }) => Item?.x?.N)).toEqual(["1", "2", undefined]);
  });

  test("keeps no write in another Region that failed at home", async () => {
    const disk = testDisk();
    const nube = await united({ store: disk.store });
    await nube.put(FIRST, "a", 1);
    await nube.advance("1s");
    const ctx = nube.contextIn(FIRST);
    const { number } = (await ctx.read((tx) => tx.get(tables, [TableName])))!;
    const written = disk.groups;
    disk.failing((group) => group === written);
    disk.hold();
    const lost = nube.put(FIRST, "a", 2).catch(() => "lost");
    while (disk.groups === written) await new Promise(setImmediate);
    const delivered = deliverNext(ctx, { table: TableName, number, region: SECOND }).catch(() => {});
    expect(await settles(delivered)).toBe(false);
    disk.release();
    expect(await lost).toBe("lost");
    await delivered;
    for (const region of REGIONS) expect(await nube.get(region, "a", false)).toBe("1");
  });

  test("goes on after a restart while its clock is frozen", async () => {
    const store = openMemory();
    const nube = await united({ store });
    for (const x of [1, 2, 3]) await nube.put(FIRST, "a", x);
    await nube.advance("0ms");
    expect(await nube.get(SECOND, "a", false)).toBe("3");
    await open.pop()!.close();
    const next = await regions({ store });
    await next.put(FIRST, "a", 4);
    await next.advance("1s");
    for (const region of REGIONS) expect(await next.get(region, "a", false)).toBe("4");
  });

  test("does not come into being where another table has taken the name meanwhile", async () => {
    const nube = await regions();
    await nube.make();
    await nube.unite();
    await nube.make(TableName, THIRD);
    await nube.advance("10s");
    const { Table } = await nube.at(FIRST).DescribeTable({ TableName });
    expect([Table!.TableStatus, Table!.Replicas]).toEqual(["ACTIVE", undefined]);
    expect((await nube.at(SECOND).ListTables({})).TableNames).toEqual([]);
    await nube.put(FIRST, "a", 1);
    expect(await nube.get(FIRST, "a")).toBe("1");
    expect(await nube.get(THIRD, "a")).toBeUndefined();
  });
});

describe("when all other replicas are deleted", () => {
  test("the Region that is left has everything, and writes for itself", async () => {
    const nube = await united();
    for (let x = 0; x < 350; x++) await nube.put(REGIONS[x % 3]!, `p${x}`, x);
    await nube.advance("1d");
    await nube.put(FIRST, "last", 1);
    await nube.dissolve(SECOND);
    await nube.put(SECOND, "later", 1);
    await nube.advance("10s");
    expect((await nube.items(SECOND)).size).toBe(352);
    await nube.put(SECOND, "after", 1);
    expect(await nube.get(SECOND, "after", false)).toBe("1");
    for (const region of [FIRST, THIRD])
      expect((await nube.at(region).ListTables({})).TableNames).toEqual([]);
    const { Table } = await nube.at(SECOND).DescribeTable({ TableName });
    expect(Table).toMatchObject({ TableStatus: "ACTIVE" });
    expect(Table!.MultiRegionConsistency).toBeUndefined();
  });

  test("nothing of them is left behind", async () => {
    for (const left of [FIRST, SECOND]) {
      const store = openMemory();
      const nube = await united({ store });
      for (const region of REGIONS) await nube.put(region, region, 1);
      await nube.advance("1d");
      await nube.dissolve(left);
      await nube.advance("1m");
      await nube.put(left, "a", 1);
      await nube.at(left).DeleteTable({ TableName });
      await nube.advance("1d");
      expect(await collectionsIn(store)).toEqual([]);
    }
  });

  test("no update is lost or refused there while its Region becomes the home", async () => {
    const nube = await united();
    await nube.advance("1d");
    await nube.dissolve(SECOND);
    const moving = nube.advance("10s");
    for (let count = 1; count <= 300; count++) {
      await nube.at(SECOND).UpdateItem({
        TableName,
        Key: { p: S("counter") },
        UpdateExpression: "ADD x :one",
        ExpressionAttributeValues: { ":one": N(1) },
      });
      expect(await nube.get(SECOND, "counter")).toBe(String(count));
    }
    await moving;
    expect(await nube.get(SECOND, "counter", false)).toBe("300");
  });

  test.each([
    [SECOND, THIRD],
    [FIRST, SECOND],
    [SECOND, FIRST],
  ])("only one Region is left if %s and %s ask for it at the same time", async (...asking) => {
    const nube = await united();
    await nube.put(FIRST, "a", 1);
    await nube.advance("1d");
    await Promise.all(asking.map(nube.dissolve));
    await nube.advance("1m");
    const left = [];
    for (const region of REGIONS)
      if ((await nube.at(region).ListTables({})).TableNames!.length > 0) left.push(region);
    expect(left).toHaveLength(1);
    const { Table } = await nube.at(left[0]!).DescribeTable({ TableName });
    expect([Table!.TableStatus, Table!.Replicas]).toEqual(["ACTIVE", undefined]);
    expect(Object.fromEntries(await nube.items(left[0]!))).toEqual({ a: 1 });
  });

  test("calls wait while the former home writes no longer and the new one does not write yet", async () => {
    const disk = testDisk();
    const nube = await united({ store: disk.store });
    await nube.put(FIRST, "a", 1);
    await nube.advance("1d");
    await nube.dissolve(SECOND);
    disk.hold();
    const moving = nube.advance("10s");
    while ((await nube.homeIn(FIRST)) !== SECOND) await new Promise(setImmediate);
    const calls = [nube.put(SECOND, "b", 2), nube.put(THIRD, "c", 3), nube.get(SECOND, "a")];
    await nube.cloud.waits.reached(calls.length);
    disk.release();
    await Promise.all([...calls, moving]);
    expect(Object.fromEntries(await nube.items(SECOND))).toEqual({ a: 1, b: 2, c: 3 });
  });
});

test("what is acknowledged in any Region before a power failure is everywhere after it", async () => {
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
  await nube.unite();
  await put(FIRST, "uniting", 1);
  await nube.advance("10s");
  for (const [x, region] of REGIONS.entries()) await put(region, "all", x);
  await put(SECOND, "there", 1);
  await nube.advance("1d");
  await nube.dissolve(SECOND);
  await put(SECOND, "dissolving", 1);
  await nube.advance("10s");
  await put(SECOND, "after", 1);

  expect(cuts.length).toBeGreaterThan(20);
  for (const cut of cuts) {
    const next = await regions({ store: await cut.store });
    await next.advance("1m");
    const left = [];
    for (const region of REGIONS)
      if ((await next.at(region).ListTables({})).TableNames!.length > 0) left.push(region);
    for (const region of left) {
      const items = await next.items(region);
      for (const [p, x] of cut.taken) expect([p, (items.get(p) ?? -1) >= x]).toEqual([p, true]);
      const { Table } = await next.at(region).DescribeTable({ TableName });
      expect([Table!.TableStatus, 1 + (Table!.Replicas?.length ?? 0)]).toEqual(["ACTIVE", left.length]);
      await next.put(region, "new", 1);
      expect(await next.get(region, "new")).toBe("1");
    }
  }
});
