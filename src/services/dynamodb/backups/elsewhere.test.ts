import { afterEach, beforeEach, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import { TEST_PLACE, TEST_START } from "#kernel/testing.ts";
import { settles, type TestDisk, testDisk } from "#kernel/testing-disk.ts";
import { key, N, TableName, type WithTable, withTable } from "../testing.ts";

let nube: WithTable;
let disk: TestDisk;
let now: number;
beforeEach(async () => {
  disk = testDisk();
  now = TEST_START;
  nube = await withTable({ store: disk.store, wall: () => now });
});
afterEach(() => nube.close());

const elsewhere = () => nube.as(rootOf(TEST_PLACE.account), { region: "eu-west-1" }).dynamodb;
const SSESpecificationOverride = { Enabled: false };
const SourceTableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );
const backup = async () =>
  (await nube.aws.dynamodb.CreateBackup({ TableName, BackupName: "first" })).BackupDetails!.BackupArn;

const recover = (PointInTimeRecoveryEnabled: boolean) =>
  nube.aws.dynamodb.UpdateContinuousBackups({
    TableName,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled },
  });

test("a point-in-time restore to another Region is not affected by writes during the copy", async () => {
  const { dynamodb } = nube.aws;
  await recover(true);
  for (let at = 0; at < 120; at++) await nube.put(`p${at}`, 1, { x: N(at) });
  const TargetTableName = "back";
  await elsewhere().RestoreTableToPointInTime({
    SourceTableArn,
    TargetTableName,
    UseLatestRestorableTime: true,
    SSESpecificationOverride,
  });
  for (let at = 0; at < 120; at += 3) {
    await nube.put(`p${at}`, 1, { x: N(-1) });
    await nube.put(`new${at}`, 1);
    await dynamodb.DeleteItem({ TableName, Key: key(`p${at + 1}`, 1) });
  }
  await nube.advance("1m");
  const { Items } = await elsewhere().Scan({ TableName: TargetTableName });
  expect(Object.fromEntries(Items!.map(({ p, x }) => [p!.S, x?.N]))).toEqual(
    Object.fromEntries(Array.from({ length: 120 }, (_, at) => [`p${at}`, String(at)])),
  );
  // The completed copy protects neither table from deletion.
  expect(await codeOf(elsewhere().DeleteTable({ TableName: TargetTableName }))).toBe("accepted");
  expect(await codeOf(dynamodb.DeleteTable({ TableName }))).toBe("accepted");
});

const GONE_MEANWHILE = "accepted, accepted: none";
const ALLOWED = [
  "BackupNotFoundException, accepted: none",
  GONE_MEANWHILE,
  "accepted, BackupInUseException: 1",
];

test("if a backup is deleted while it is restored in another Region, the table is complete or does not exist", async () => {
  await nube.put("p", 1);
  const outcomes = new Set<string>();
  for (let ticks = 0; ticks < 60; ticks++) {
    const BackupArn = await backup();
    await nube.advance("1m");
    const TargetTableName = `restored-${ticks}`;
    const restored = codeOf(
      elsewhere().RestoreTableFromBackup({ BackupArn, TargetTableName, SSESpecificationOverride }),
    );
    for (let tick = 0; tick < ticks; tick++) await null;
    const deleted = await codeOf(nube.aws.dynamodb.DeleteBackup({ BackupArn }));
    const answers = `${await restored}, ${deleted}`;
    await nube.advance("1m");
    const found = elsewhere().Scan({ TableName: TargetTableName });
    const items = await found.then(({ Items }) => Items!.length).catch(() => "none");
    outcomes.add(`${answers}: ${items}`);
  }
  expect([...outcomes].filter((one) => !ALLOWED.includes(one))).toEqual([]);
  expect(outcomes).toContain(GONE_MEANWHILE);
});

test("a restore in another Region is abandoned if recovery was disabled and enabled again before the copy began", async () => {
  await recover(true);
  disk.hold();
  const TargetTableName = "back";
  const restored = elsewhere().RestoreTableToPointInTime({
    SourceTableArn,
    TargetTableName,
    UseLatestRestorableTime: true,
    SSESpecificationOverride,
  });
  await settles(restored);
  now += 1_000;
  // The copy begins once all this is durable.
  const between = [recover(false), nube.put("between", 1), recover(true)];
  await settles(Promise.all(between));
  disk.release();
  await Promise.all([restored, ...between]);
  await nube.advance("1m");
  expect(await codeOf(elsewhere().Scan({ TableName: TargetTableName }))).toBe("ResourceNotFoundException");
});

test("a backup is only found in its own Region", async () => {
  const BackupArn = (await backup()).replace("us-east-1", "eu-west-1");
  expect(await codeOf(nube.aws.dynamodb.DescribeBackup({ BackupArn }))).toBe("BackupNotFoundException");
  const nowhere = BackupArn.replace("eu-west-1", "mars-north-1");
  expect(
    await codeOf(
      nube.aws.dynamodb.RestoreTableFromBackup({
        BackupArn: nowhere,
        TargetTableName: "lost",
        SSESpecificationOverride,
      }),
    ),
  ).toBe("ValidationException");
});

test("only a table's ARN selects another Region, for which permissions are then required", async () => {
  await recover(true);
  const restore = (arn: string) =>
    codeOf(
      elsewhere().RestoreTableToPointInTime({
        SourceTableArn: arn,
        TargetTableName: "back",
        UseLatestRestorableTime: true,
        SSESpecificationOverride,
      }),
    );
  expect(await restore(SourceTableArn.replace(":dynamodb:", ":s3:"))).toBe("TableNotFoundException");
  expect(await restore(SourceTableArn.replace(TEST_PLACE.account, ""))).toBe("TableNotFoundException");
  expect(await restore(SourceTableArn)).toBe("accepted");
});
