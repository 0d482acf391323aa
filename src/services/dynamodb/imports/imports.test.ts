import { afterEach, expect, test } from "vitest";
import type { AwsError } from "#aws/errors.ts";
import { defineService } from "#kernel/service.ts";
import { type TestCloud, type TestCloudOptions, testCloud } from "#kernel/testing.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import { bodyOf } from "#lib/body.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { dynamodb } from "../service.ts";
import { N, S } from "../testing.ts";
import { rowsOf, Unreadable } from "./csv.ts";

const open: TestCloud[] = [];
afterEach(async () => {
  for (const cloud of open.splice(0)) await cloud.close();
});

const line = (p: string, x: number) => `${JSON.stringify({ Item: { p: S(p), x: N(x) } })}\n`;
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);
const OBJECTS: Record<string, string> = {
  one: range(0, 70)
    .map((x) => line(`p${x}`, x))
    .join(""),
  two: `{"Item":{}}\n${range(60, 130)
    .map((x) => line(`p${x}`, 1_000 + x))
    .join("")}`,
};

/** Called while the first object is being read. */
let amid: () => Promise<void> = async () => {};

/** A bucket with two objects. */
const s3 = defineService({
  id: "s3",
  scope: "partition",
  operations: [
    {
      async ListObjectsV2(_, { StartAfter = "" }) {
        const key = Object.keys(OBJECTS).find((one) => one > StartAfter);
        return { Contents: key === undefined ? [] : [{ Key: key, Size: OBJECTS[key]!.length }] };
      },
      async HeadObject() {
        return {};
      },
      async GetObject(_, { Key }) {
        if (Key === "one") await amid();
        return { Body: bodyOf(OBJECTS[Key]!) };
      },
    },
  ],
  access: { ListObjectsV2: () => [], HeadObject: () => [], GetObject: () => [] },
});

async function cloudOn(options: TestCloudOptions) {
  const nube = await testCloud([dynamodb, s3], options);
  open.push(nube);
  return nube;
}

const begin = (nube: TestCloud) =>
  nube.aws.dynamodb.ImportTable({
    S3BucketSource: { S3Bucket: "source" },
    InputFormat: "DYNAMODB_JSON",
    TableCreationParameters: {
      TableName: "things",
      AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    },
  });

test("a table is CREATING during its import, and cannot be read or changed", async () => {
  const nube = await cloudOn({});
  const { dynamodb: db } = nube.aws;
  const TableName = "things";
  const outcomes: Record<string, unknown> = {};
  await db.CreateTable({
    TableName: "backed-up",
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
    BillingMode: "PAY_PER_REQUEST",
  });
  const { BackupDetails } = await db.CreateBackup({ TableName: "backed-up", BackupName: "of-it" });
  await nube.advance("1s");
  const codeOf = (call: Promise<object>) => call.catch((error: AwsError) => error.code);
  amid = async () => {
    amid = async () => {};
    outcomes.status = (await db.DescribeTable({ TableName })).Table!.TableStatus;
    outcomes.put = await codeOf(db.PutItem({ TableName, Item: { p: S("mine") } }));
    outcomes.scan = await codeOf(db.Scan({ TableName }));
    outcomes.update = await codeOf(db.UpdateTable({ TableName, DeletionProtectionEnabled: true }));
    outcomes.replicate = await codeOf(
      db.UpdateTable({ TableName, ReplicaUpdates: [{ Create: { RegionName: "eu-west-1" } }] }),
    );
    outcomes.expire = await codeOf(
      db.UpdateTimeToLive({ TableName, TimeToLiveSpecification: { Enabled: true, AttributeName: "t" } }),
    );
    outcomes.delete = await codeOf(db.DeleteTable({ TableName }));
    outcomes.again = await codeOf(begin(nube));
    outcomes.restore = await codeOf(
      db.RestoreTableFromBackup({ BackupArn: BackupDetails!.BackupArn!, TargetTableName: TableName }),
    );
  };
  await begin(nube);
  await nube.advance("1m");
  expect(outcomes).toEqual({
    status: "CREATING",
    put: "ResourceNotFoundException",
    scan: "ResourceNotFoundException",
    update: "ResourceInUseException",
    replicate: "ResourceInUseException",
    expire: "ResourceInUseException",
    delete: "ResourceInUseException",
    again: "ResourceInUseException",
    restore: "TableAlreadyExistsException",
  });
});

test("an import that is interrupted at any moment continues where it was, and counts each item once", async () => {
  const disk = testDisk();
  const cuts: Promise<KeyValueStore>[] = [];
  disk.failing(() => {
    cuts.push(disk.copy());
    return false;
  });
  const nube = await cloudOn({ store: disk.store });
  const { ImportTableDescription } = await begin(nube);
  const first = cuts.length;
  await nube.advance("1m");
  expect(cuts.length - first).toBeGreaterThan(6);
  for (const store of [...cuts.slice(first), disk.copy()]) {
    const { aws, advance } = await cloudOn({ store: await store });
    await advance("1m");
    const { ImportArn } = ImportTableDescription;
    const description = (await aws.dynamodb.DescribeImport({ ImportArn: ImportArn! })).ImportTableDescription;
    expect(description).toMatchObject({
      ImportStatus: "FAILED",
      ProcessedItemCount: 141,
      ImportedItemCount: 140,
      ErrorCount: 1,
      ProcessedSizeBytes: OBJECTS.one!.length + OBJECTS.two!.length,
    });
    const { Count, Items } = await aws.dynamodb.Scan({ TableName: "things" });
    expect(Count).toBe(130);
    expect(Items!.filter(({ x }) => Number(x!.N) >= 1_000)).toHaveLength(70);
  }
});

async function* pieces(...texts: string[]) {
  yield* texts;
}
async function rows(...texts: string[]): Promise<string[][]> {
  const found: string[][] = [];
  for await (const row of rowsOf(pieces(...texts), ",")) found.push(row);
  return found;
}

test("rows do not depend on how the text is split into pieces", async () => {
  const text = 'a,"b ""c"", d"\r\n\n"e\nf",\n,g';
  const whole = await rows(text);
  expect(whole).toEqual([
    ["a", 'b "c", d'],
    ["e\nf", ""],
    ["", "g"],
  ]);
  for (let at = 0; at <= text.length; at++)
    expect(await rows(text.slice(0, at), text.slice(at))).toEqual(whole);
});

test("an unclosed quote and a row that is too long cannot be parsed", async () => {
  await expect(rows('a,"b')).rejects.toThrow(Unreadable);
  await expect(rows("a".repeat(5 * 2 ** 20))).rejects.toThrow(Unreadable);
});
