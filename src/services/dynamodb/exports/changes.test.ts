import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { defineService } from "#kernel/service.ts";
import { type TestCloud, type TestCloudOptions, testCloud } from "#kernel/testing.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import type { Body } from "#lib/body.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { dynamodb } from "../service.ts";
import { N, S } from "../testing.ts";

const TableName = "things";
const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

/** A bucket that accepts all objects. */
function bucket() {
  const objects = new Map<string, Buffer>();
  const s3 = defineService({
    id: "s3",
    scope: "partition",
    operations: [
      {
        async PutObject(_, { Key, Body }) {
          objects.set(Key, Body ? Buffer.from(await (Body as Body).bytes(2 ** 24)) : Buffer.alloc(0));
          return { ETag: '"x"' };
        },
      },
    ],
    access: { PutObject: () => [] },
  });
  return { objects, s3 };
}

async function cloudOn(options: TestCloudOptions = {}) {
  const { objects, s3 } = bucket();
  const nube = await testCloud([dynamodb, s3], options);
  open.push(nube);
  const { aws } = nube;
  const put = (p: string, x: number) => aws.dynamodb.PutItem({ TableName, Item: { p: S(p), x: N(x) } });
  const remove = (p: string) => aws.dynamodb.DeleteItem({ TableName, Key: { p: S(p) } });
  const make = async () => {
    await aws.dynamodb.CreateTable({
      TableName,
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    });
    await aws.dynamodb.UpdateContinuousBackups({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  };
  const begin = async (from: number, to: number) =>
    (
      await aws.dynamodb.ExportTableToPointInTime({
        TableArn,
        S3Bucket: "bucket",
        ExportType: "INCREMENTAL_EXPORT",
        IncrementalExportSpecification: { ExportFromTime: new Date(from), ExportToTime: new Date(to) },
      })
    ).ExportDescription!.ExportArn!;
  /** The old and new value of each exported change, by key. */
  const found = () => {
    const changes = new Map<string, [number | undefined, number | undefined]>();
    const files = [...objects].filter(([key]) => key.includes("/data/"));
    for (const [, body] of files)
      for (const line of gunzipSync(body).toString().split("\n").filter(Boolean)) {
        const { Keys, OldImage, NewImage } = JSON.parse(line);
        const of = (image: { x: { N: string } } | undefined) => image && Number(image.x.N);
        changes.set(Keys.p.S, [of(OldImage), of(NewImage)]);
      }
    return changes;
  };
  return { ...nube, make, put, remove, begin, found };
}

const write = fc.record({ p: fc.constantFrom("a", "b", "c", "d"), isDelete: fc.boolean() });

test("an incremental export contains each changed key once, with its images at the start and end of the period", async () => {
  const writes = fc.array(write, { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(writes, writes, writes, async (before, within, after) => {
      const nube = await cloudOn();
      await nube.make();
      const state = new Map<string, number>();
      let x = 0;
      const play = async (all: typeof before) => {
        for (const { p, isDelete } of all) {
          if (isDelete) await nube.remove(p);
          else await nube.put(p, ++x);
          if (isDelete) state.delete(p);
          else state.set(p, x);
        }
      };
      await nube.advance("1m");
      await play(before);
      const old = new Map(state);
      await nube.advance("1m");
      const from = nube.cloud.clock.now();
      await play(within);
      const now = new Map(state);
      await nube.advance("20m");
      const to = nube.cloud.clock.now();
      await play(after);
      await nube.begin(from, to);
      await play(after);
      await nube.advance("1m");
      const touched = new Set(within.map(({ p }) => p));
      const wanted = [...touched]
        .map((p) => [p, [old.get(p), now.get(p)]] as const)
        .filter(([p, images]) => images.some((image) => image !== undefined) && isChange(p, before, within));
      expect(Object.fromEntries(nube.found())).toEqual(Object.fromEntries(wanted));
      await nube.close();
      open.length = 0;
    }),
    { numRuns: 30 },
  );
});

/** Whether a write changes anything, unlike the deletion of a missing item. */
function isChange(
  key: string,
  before: readonly { p: string; isDelete: boolean }[],
  within: readonly { p: string; isDelete: boolean }[],
): boolean {
  let isThere = false;
  for (const { p, isDelete } of before) if (p === key) isThere = !isDelete;
  for (const { p, isDelete } of within) {
    if (p !== key) continue;
    if (!isDelete || isThere) return true;
  }
  return false;
}

test("many pages of changes are gathered, even if the cloud is interrupted at any moment", async () => {
  const disk = testDisk();
  const cuts: Promise<KeyValueStore>[] = [];
  let isCutting = false;
  disk.failing(() => {
    if (isCutting) cuts.push(disk.copy());
    return false;
  });
  const nube = await cloudOn({ store: disk.store });
  await nube.make();
  await nube.advance("1m");
  for (let at = 0; at < 120; at++) await nube.put(`p${at}`, 1);
  await nube.advance("1m");
  const from = nube.cloud.clock.now();
  for (let at = 0; at < 120; at++) await nube.put(`p${at}`, 2);
  await nube.advance("20m");
  const to = nube.cloud.clock.now();
  for (let at = 0; at < 120; at++) await nube.put(`p${at}`, 3);
  const arn = await nube.begin(from, to);
  isCutting = true;
  await nube.advance("1m");
  isCutting = false;
  const all = Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`p${at}`, [1, 2]]));
  expect(Object.fromEntries(nube.found())).toEqual(all);
  expect(cuts.length).toBeGreaterThan(8);
  for (const store of cuts.slice(0, -2)) {
    const next = await cloudOn({ store: await store });
    await next.advance("1m");
    const { ExportDescription } = await next.aws.dynamodb.DescribeExport({ ExportArn: arn });
    expect(ExportDescription).toMatchObject({ ExportStatus: "COMPLETED", ItemCount: 120 });
    if (next.found().size > 0) expect(Object.fromEntries(next.found())).toEqual(all);
  }
});

test("any number of changes of the largest items are exported", async () => {
  const nube = await cloudOn();
  await nube.make();
  const count = 50;
  const putAll = async (x: number) => {
    for (let at = 0; at < count; at++)
      await nube.aws.dynamodb.PutItem({
        TableName,
        Item: { p: S(`p${at}`), x: N(x), large: S("x".repeat(409_000)) },
      });
  };
  await putAll(1);
  await nube.advance("1m");
  const from = Date.UTC(2026, 0, 1) + 60_000;
  await putAll(2);
  await nube.advance("20m");
  await nube.begin(from, from + 900_000);
  await nube.advance("1m");
  const found = nube.found();
  expect(found.size).toBe(count);
  for (const change of found.values()) expect(change).toEqual([1, 2]);
});
