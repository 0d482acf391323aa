import { afterEach, beforeEach, expect, test } from "vitest";
import { TEST_START } from "#kernel/testing.ts";
import { key, N, S, TableName, type WithTable, withTable } from "../testing.ts";
import type { Item } from "../values/value.ts";

let nube: WithTable;
let now: number;
beforeEach(async () => {
  now = TEST_START;
  nube = await withTable({ wall: () => now });
});
afterEach(() => nube.close());

const MINUTE = 60_000;
const itemsOf = async (table: string): Promise<Record<string, string>> => {
  const found: Record<string, string> = {};
  let ExclusiveStartKey: Item | undefined;
  do {
    const page = await nube.aws.dynamodb.Scan({
      TableName: table,
      ...(ExclusiveStartKey && { ExclusiveStartKey }),
    });
    for (const { p, s, x } of page.Items!) found[`${p!.S}${s!.N}`] = x?.N ?? "";
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return found;
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

test("a backup contains the table at the moment of its creation, regardless of writes during the copy", async () => {
  const expected: Record<string, string> = {};
  for (let at = 0; at < 450; at++) {
    await nube.put(`p${at}`, 1, { x: N(at) });
    expected[`p${at}1`] = String(at);
  }
  const { BackupDetails } = await nube.aws.dynamodb.CreateBackup({ TableName, BackupName: "first" });
  const BackupArn = BackupDetails!.BackupArn;
  expect(BackupDetails!.BackupStatus).toBe("CREATING");
  for (let at = 0; at < 450; at += 3) {
    await nube.put(`p${at}`, 1, { x: N(-1) });
    await nube.put(`p${at}`, 1, { x: N(-2) });
    await nube.put(`new${at}`, 1, { x: N(0) });
    await nube.aws.dynamodb.DeleteItem({ TableName, Key: key(`p${at + 1}`, 1) });
  }
  await nube.advance("1m");
  const { BackupDescription } = await nube.aws.dynamodb.DescribeBackup({ BackupArn });
  expect(BackupDescription!.BackupDetails!.BackupStatus).toBe("AVAILABLE");
  expect(BackupDescription!.SourceTableDetails!.ItemCount).toBe(450);
  const { TableDescription } = await nube.aws.dynamodb.RestoreTableFromBackup({
    BackupArn,
    TargetTableName: "again",
  });
  expect(TableDescription!.TableStatus).toBe("CREATING");
  expect(TableDescription!.RestoreSummary).toMatchObject({
    SourceBackupArn: BackupArn,
    RestoreInProgress: true,
  });
  const early = await Promise.all([
    codeOf(nube.aws.dynamodb.PutItem({ TableName: "again", Item: key("early", 1) })),
    codeOf(nube.aws.dynamodb.DeleteBackup({ BackupArn })),
    codeOf(nube.aws.dynamodb.RestoreTableFromBackup({ BackupArn, TargetTableName: "another" })),
  ]);
  expect(early).toEqual(["ResourceNotFoundException", "BackupInUseException", "BackupInUseException"]);
  await nube.advance("1m");
  expect(await itemsOf("again")).toEqual(expected);
  const { Table } = await nube.aws.dynamodb.DescribeTable({ TableName: "again" });
  expect(Table!.TableStatus).toBe("ACTIVE");
  expect(Table!.RestoreSummary).toBeUndefined();
});

test("a table can be restored to any second since its recovery was enabled", async () => {
  const recover = (PointInTimeRecoveryEnabled: boolean) =>
    nube.aws.dynamodb.UpdateContinuousBackups({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled },
    });
  const restore = (TargetTableName: string, RestoreDateTime?: Date) =>
    nube.aws.dynamodb.RestoreTableToPointInTime({
      SourceTableName: TableName,
      TargetTableName,
      ...(RestoreDateTime ? { RestoreDateTime } : { UseLatestRestorableTime: true }),
    });
  expect(await codeOf(restore("none"))).toBe("PointInTimeRecoveryUnavailableException");
  await nube.put("a", 1, { x: N(1), g: S("red") });
  await recover(true);
  await nube.advance("1m");
  const { ContinuousBackupsDescription: description } = await nube.aws.dynamodb.DescribeContinuousBackups({
    TableName,
  });
  const first = description!.PointInTimeRecoveryDescription!.LatestRestorableDateTime!;
  await nube.advance("1m");
  await nube.put("a", 1, { x: N(2), g: S("blue") });
  await nube.put("b", 1, { x: N(1) });
  await nube.advance("1m");
  await nube.aws.dynamodb.DeleteItem({ TableName, Key: key("a", 1) });
  await restore("then", first);
  await restore("between", new Date(first.getTime() + 1.5 * MINUTE));
  await restore("now");
  await nube.put("c", 1, { x: N(1) });
  await nube.advance("1m");
  expect(await itemsOf("then")).toEqual({ a1: "1" });
  expect(await itemsOf("between")).toEqual({ a1: "2", b1: "1" });
  expect(await itemsOf("now")).toEqual({ b1: "1" });
  const red = await nube.aws.dynamodb.Query({
    TableName: "then",
    IndexName: "by-g",
    KeyConditionExpression: "g = :g",
    ExpressionAttributeValues: { ":g": S("red") },
  });
  expect(red.Count).toBe(1);
  expect(await codeOf(restore("early", new Date(first.getTime() - 10 * MINUTE)))).toBe(
    "InvalidRestoreTimeException",
  );
  expect(await codeOf(restore("now"))).toBe("TableAlreadyExistsException");
  await recover(false);
  expect(await codeOf(restore("off"))).toBe("PointInTimeRecoveryUnavailableException");
});

test("backups in use cannot be deleted, and deleted ones are gone", async () => {
  await nube.put("a", 1);
  const [{ BackupDetails }, deletion] = await Promise.all([
    nube.aws.dynamodb.CreateBackup({ TableName, BackupName: "one" }),
    codeOf(nube.aws.dynamodb.DeleteTable({ TableName })),
  ]);
  expect(deletion).toBe("ResourceInUseException");
  const BackupArn = BackupDetails!.BackupArn;
  await nube.advance("1m");
  await nube.aws.dynamodb.DeleteTable({ TableName });
  await nube.aws.dynamodb.RestoreTableFromBackup({ BackupArn, TargetTableName: TableName });
  await nube.advance("1m");
  expect(await itemsOf(TableName)).toEqual({ a1: "" });
  const { BackupDescription } = await nube.aws.dynamodb.DeleteBackup({ BackupArn });
  expect(BackupDescription!.BackupDetails!.BackupStatus).toBe("DELETED");
  expect(await codeOf(nube.aws.dynamodb.DescribeBackup({ BackupArn }))).toBe("BackupNotFoundException");
});

test("the backup of a deleted table does not expire while a table is restored from it", async () => {
  const { dynamodb } = nube.aws;
  const PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled: true };
  await dynamodb.UpdateContinuousBackups({ TableName, PointInTimeRecoverySpecification });
  for (let at = 0; at < 120; at++) await nube.put(`p${at}`, 1);
  await dynamodb.DeleteTable({ TableName });
  await nube.advance("1m");
  const { BackupSummaries } = await dynamodb.ListBackups({ BackupType: "SYSTEM" });
  const BackupArn = BackupSummaries![0]!.BackupArn!;
  now += 35 * 24 * 60 * MINUTE - 2 * MINUTE;
  await nube.advance("0s");
  const restored = dynamodb.RestoreTableFromBackup({ BackupArn, TargetTableName: "restored" });
  now += MINUTE;
  await restored;
  now += MINUTE;
  await nube.advance("1m");
  expect((await dynamodb.Scan({ TableName: "restored" })).Count).toBe(120);
  await nube.advance("1h");
  expect(await codeOf(dynamodb.DescribeBackup({ BackupArn }))).toBe("BackupNotFoundException");
});

test("an index is restored once, under any name", async () => {
  const { BackupDetails } = await nube.aws.dynamodb.CreateBackup({ TableName, BackupName: "one" });
  await nube.advance("1m");
  const index = (IndexName: string) => ({
    IndexName,
    KeySchema: [{ AttributeName: "g", KeyType: "HASH" as const }],
    Projection: { ProjectionType: "INCLUDE" as const, NonKeyAttributes: ["x"] },
  });
  const restoring = (...names: string[]) =>
    nube.aws.dynamodb.RestoreTableFromBackup({
      BackupArn: BackupDetails!.BackupArn,
      TargetTableName: "restored",
      GlobalSecondaryIndexOverride: names.map(index),
    });
  const many = Array.from({ length: 1_000 }, (_, at) => `index${at}`);
  await expect(restoring(...many)).rejects.toThrow("Index index1 does not match a secondary index");
  const { TableDescription } = await restoring("renamed");
  expect(TableDescription!.GlobalSecondaryIndexes!.map(({ IndexName }) => IndexName)).toEqual(["renamed"]);
});

test("backups are listed by table and time, in pages", async () => {
  const arns: string[] = [];
  for (const BackupName of ["one", "two", "three"]) {
    const { BackupDetails } = await nube.aws.dynamodb.CreateBackup({ TableName, BackupName });
    arns.push(BackupDetails!.BackupArn);
    await nube.advance("1m");
  }
  const first = await nube.aws.dynamodb.ListBackups({ TableName, Limit: 2 });
  expect(first.BackupSummaries!.map(({ BackupArn }) => BackupArn)).toEqual(arns.slice(0, 2));
  const rest = await nube.aws.dynamodb.ListBackups({
    ExclusiveStartBackupArn: first.LastEvaluatedBackupArn!,
  });
  expect(rest.BackupSummaries!.map(({ BackupName }) => BackupName)).toEqual(["three"]);
  expect(rest.LastEvaluatedBackupArn).toBeUndefined();
  expect((await nube.aws.dynamodb.ListBackups({ BackupType: "SYSTEM" })).BackupSummaries).toEqual([]);
});

test("tables of the same name that are deleted at the same moment each leave a backup", async () => {
  const recoverable = { PointInTimeRecoveryEnabled: true };
  for (const x of [1, 2]) {
    if (x === 2)
      await nube.aws.dynamodb.CreateTable({
        TableName,
        AttributeDefinitions: [
          { AttributeName: "p", AttributeType: "S" },
          { AttributeName: "s", AttributeType: "N" },
        ],
        KeySchema: [
          { AttributeName: "p", KeyType: "HASH" },
          { AttributeName: "s", KeyType: "RANGE" },
        ],
        BillingMode: "PAY_PER_REQUEST",
      });
    await nube.aws.dynamodb.UpdateContinuousBackups({
      TableName,
      PointInTimeRecoverySpecification: recoverable,
    });
    for (let at = 0; at < x; at++) await nube.put(`p${at}`, 1, { x: N(x) });
    await nube.aws.dynamodb.DeleteTable({ TableName });
  }
  await nube.advance("1m");
  const { BackupSummaries } = await nube.aws.dynamodb.ListBackups({ TableName, BackupType: "SYSTEM" });
  expect(BackupSummaries).toHaveLength(2);
  for (const [at, { BackupArn }] of BackupSummaries!.entries()) {
    const TargetTableName = `again${at}`;
    await nube.aws.dynamodb.RestoreTableFromBackup({ BackupArn: BackupArn!, TargetTableName });
    await nube.advance("1m");
    expect(Object.keys(await itemsOf(TargetTableName))).toHaveLength(at + 1);
  }
});

test("a restored table reports the size of its index at once", async () => {
  await nube.aws.dynamodb.UpdateContinuousBackups({
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
  await nube.put("a", 1, { g: S("gg"), x: S("xxx"), y: S("not shown") });
  await nube.put("a", 2, { g: S("gg") });
  await nube.put("a", 3);
  await nube.aws.dynamodb.RestoreTableToPointInTime({
    SourceTableName: TableName,
    TargetTableName: "back",
    UseLatestRestorableTime: true,
  });
  // Items that are copied first and undone afterwards are not counted.
  await nube.put("a", 2, { g: S("ggggggg") });
  await nube.put("a", 3, { g: S("gg") });
  await nube.advance("1m");
  const { Table: table } = await nube.aws.dynamodb.DescribeTable({ TableName: "back" });
  const [index] = table!.GlobalSecondaryIndexes!;
  // `p`, `s` and `g` take eight bytes together with their names, `x` takes four.
  expect([table!.ItemCount, index!.ItemCount, index!.IndexSizeBytes]).toEqual([3, 2, 8 + 8 + 4]);
});
