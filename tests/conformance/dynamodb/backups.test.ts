import {
  type BackupSummary,
  CreateBackupCommand,
  DeleteBackupCommand,
  DeleteItemCommand,
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  ListBackupsCommand,
  PutItemCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "precious";
withTable(TableName, { StreamSpecification: { StreamEnabled: true, StreamViewType: "KEYS_ONLY" } });

const MINUTE = 60_000;
const put = (table: string, s: number, x: number) =>
  send(new PutItemCommand({ TableName: table, Item: { p: S("a"), s: N(s), x: N(x) } }));
const content = async (table: string) => {
  const { Items } = await send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items!.map(({ s, x }) => `${s!.N}=${x!.N}`);
};
const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => `${error.name}: ${error.message}`,
  );
const nameOf = async (promise: Promise<unknown>) => (await refusal(promise)).split(":")[0];
const describe = (BackupArn: string) => send(new DescribeBackupCommand({ BackupArn }));

let BackupArn: string;
beforeAll(async () => {
  await put(TableName, 1, 1);
  await put(TableName, 2, 2);
});

behaviour("a backup begins as CREATING, with the name that it was given", api("CreateBackup"), async () => {
  const { BackupDetails } = await send(new CreateBackupCommand({ TableName, BackupName: "first" }));
  expect(BackupDetails).toMatchObject({ BackupName: "first", BackupStatus: "CREATING", BackupType: "USER" });
  BackupArn = BackupDetails!.BackupArn!;
  expect(BackupArn).toMatch(
    /^arn:aws:dynamodb:us-east-1:\d{12}:table\/precious\/backup\/\d{14}-[0-9a-f]{8}$/,
  );
});
behaviour("a backup becomes AVAILABLE", api("DescribeBackup"), async () => {
  await cloud.advance(MINUTE);
  const { BackupDescription } = await describe(BackupArn);
  expect(BackupDescription!.BackupDetails!.BackupStatus).toBe("AVAILABLE");
});
behaviour("a backup tells of its source table", api("DescribeBackup"), async () => {
  const { SourceTableDetails, SourceTableFeatureDetails } = (await describe(BackupArn)).BackupDescription!;
  expect(SourceTableDetails).toMatchObject({
    TableName,
    ItemCount: 2,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [
      { AttributeName: "p", KeyType: "HASH" },
      { AttributeName: "s", KeyType: "RANGE" },
    ],
  });
  expect(SourceTableFeatureDetails!.StreamDescription).toEqual({
    StreamEnabled: true,
    StreamViewType: "KEYS_ONLY",
  });
});
behaviour("backups are listed by their table", api("ListBackups"), async () => {
  const { BackupSummaries } = await send(new ListBackupsCommand({ TableName }));
  expect(BackupSummaries!.map((one: BackupSummary) => one.BackupArn)).toEqual([BackupArn]);
  expect((await send(new ListBackupsCommand({ TableName: "another" }))).BackupSummaries).toEqual([]);
});
behaviour("backups are listed by their time", api("ListBackups"), async () => {
  const { BackupCreationDateTime: at } = (await describe(BackupArn)).BackupDescription!.BackupDetails!;
  const before = await send(new ListBackupsCommand({ TimeRangeUpperBound: at! }));
  const after = await send(new ListBackupsCommand({ TimeRangeLowerBound: at! }));
  expect([before.BackupSummaries!.length, after.BackupSummaries!.length]).toEqual([0, 1]);
});
behaviour("there are no backups of the system", api("ListBackups"), async () => {
  expect((await send(new ListBackupsCommand({ BackupType: "SYSTEM" }))).BackupSummaries).toEqual([]);
});
behaviour("a table that is not there is not backed up", api("CreateBackup"), async () => {
  expect(await refusal(send(new CreateBackupCommand({ TableName: "nowhere", BackupName: "none" })))).toBe(
    "TableNotFoundException: Table not found: nowhere",
  );
});
behaviour("a backup that is not there is not found", api("DescribeBackup"), async () => {
  const none = BackupArn.replace(/.{4}$/, "0000");
  expect(await refusal(describe(none))).toBe(`BackupNotFoundException: Backup not found: ${none}`);
});
behaviour("a backup is restored to a new table, as it was then", api("RestoreTableFromBackup"), async () => {
  await put(TableName, 1, 100);
  await put(TableName, 3, 3);
  const { TableDescription } = await send(
    new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: "restored" }),
  );
  expect(TableDescription!.TableStatus).toBe("CREATING");
  expect(TableDescription!.RestoreSummary).toMatchObject({
    SourceBackupArn: BackupArn,
    RestoreInProgress: true,
  });
  await cloud.advance(MINUTE);
  expect(await content("restored")).toEqual(["1=1", "2=2"]);
});
behaviour(
  "a restored table has no stream until it is set up",
  guide("backuprestore_HowItWorks"),
  async () => {
    const { Table } = await send(new DescribeTableCommand({ TableName: "restored" }));
    expect(Table!.TableStatus).toBe("ACTIVE");
    expect(Table!.StreamSpecification).toBeUndefined();
    expect(Table!.RestoreSummary!.RestoreInProgress).toBe(false);
  },
);
behaviour("a backup is not restored over a table", api("RestoreTableFromBackup"), async () => {
  expect(
    await refusal(send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: TableName }))),
  ).toBe(`TableAlreadyExistsException: Table already exists: ${TableName}`);
});
behaviour("a restored table can have another billing mode", api("RestoreTableFromBackup"), async () => {
  const { TableDescription } = await send(
    new RestoreTableFromBackupCommand({
      BackupArn,
      TargetTableName: "provisioned",
      BillingModeOverride: "PROVISIONED",
      ProvisionedThroughputOverride: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 },
    }),
  );
  expect(TableDescription!.ProvisionedThroughput).toMatchObject({
    ReadCapacityUnits: 3,
    WriteCapacityUnits: 4,
  });
  await cloud.advance(MINUTE);
});
behaviour("a deleted backup is told as DELETED, and then is gone", api("DeleteBackup"), async () => {
  const { BackupDescription } = await send(new DeleteBackupCommand({ BackupArn }));
  expect(BackupDescription!.BackupDetails!.BackupStatus).toBe("DELETED");
  expect(await nameOf(describe(BackupArn))).toBe("BackupNotFoundException");
});

const recovery = (PointInTimeRecoveryEnabled: boolean, RecoveryPeriodInDays?: number) =>
  send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled, RecoveryPeriodInDays },
    }),
  );
const told = async () =>
  (await send(new DescribeContinuousBackupsCommand({ TableName }))).ContinuousBackupsDescription!;
const restore = (TargetTableName: string, RestoreDateTime?: Date) =>
  send(
    new RestoreTableToPointInTimeCommand({
      SourceTableName: TableName,
      TargetTableName,
      ...(RestoreDateTime ? { RestoreDateTime } : { UseLatestRestorableTime: true }),
    }),
  );

behaviour(
  "continuous backups are enabled of every table, recovery is not",
  api("DescribeContinuousBackups"),
  async () => {
    expect(await told()).toEqual({
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    });
  },
);
behaviour("continuous backups of no table are not found", api("DescribeContinuousBackups"), async () => {
  expect(await refusal(send(new DescribeContinuousBackupsCommand({ TableName: "nowhere" })))).toBe(
    "TableNotFoundException: Table not found: nowhere",
  );
});
behaviour("without recovery a table is not taken back", api("RestoreTableToPointInTime"), async () => {
  expect(await refusal(restore("back"))).toBe(
    `PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table '${TableName}'`,
  );
});
behaviour("recovery reaches 35 days back unless said", api("UpdateContinuousBackups"), async () => {
  await recovery(true);
  expect((await told()).PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: 35,
  });
});
behaviour("a shorter time of recovery is kept", api("UpdateContinuousBackups"), async () => {
  await recovery(true, 7);
  expect((await told()).PointInTimeRecoveryDescription!.RecoveryPeriodInDays).toBe(7);
});
behaviour("a table is taken back to a time", api("RestoreTableToPointInTime"), async () => {
  await cloud.advance(MINUTE);
  const { LatestRestorableDateTime: then } = (await told()).PointInTimeRecoveryDescription!;
  await cloud.advance(MINUTE);
  await put(TableName, 1, -1);
  await put(TableName, 4, 4);
  await send(new DeleteItemCommand({ TableName, Key: { p: S("a"), s: N(2) } }));
  await restore("back", then!);
  await cloud.advance(MINUTE);
  expect(await content("back")).toEqual(["1=100", "2=2", "3=3"]);
});
behaviour("a table is taken back to the latest time", api("RestoreTableToPointInTime"), async () => {
  await restore("latest");
  await cloud.advance(MINUTE);
  expect(await content("latest")).toEqual(await content(TableName));
});
behaviour("a time before recovery was enabled is refused", api("RestoreTableToPointInTime"), async () => {
  const { EarliestRestorableDateTime: earliest } = (await told()).PointInTimeRecoveryDescription!;
  expect(await nameOf(restore("early", new Date(earliest!.getTime() - MINUTE)))).toBe(
    "InvalidRestoreTimeException",
  );
});
behaviour("a time to come is refused", api("RestoreTableToPointInTime"), async () => {
  const { LatestRestorableDateTime: latest } = (await told()).PointInTimeRecoveryDescription!;
  expect(await nameOf(restore("late", new Date(latest!.getTime() + 60 * MINUTE)))).toBe(
    "InvalidRestoreTimeException",
  );
});
behaviour("what was not enabled again is not recovered", api("UpdateContinuousBackups"), async () => {
  await recovery(false);
  expect(await nameOf(restore("off"))).toBe("PointInTimeRecoveryUnavailableException");
});
