import {
  type BackupSummary,
  CreateBackupCommand,
  DeleteBackupCommand,
  DeleteItemCommand,
  DeleteTableCommand,
  DescribeBackupCommand,
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  ListBackupsCommand,
  PutItemCommand,
  RestoreTableFromBackupCommand,
  type RestoreTableFromBackupCommandInput,
  RestoreTableToPointInTimeCommand,
  type RestoreTableToPointInTimeCommandInput,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, measured, N, S } from "./client.ts";

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

behaviour("a new backup is CREATING and has the requested name", api("CreateBackup"), async () => {
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
behaviour("DescribeBackup returns the settings of the source table", api("DescribeBackup"), async () => {
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
behaviour("ListBackups filters by table", api("ListBackups"), async () => {
  const { BackupSummaries } = await send(new ListBackupsCommand({ TableName }));
  expect(BackupSummaries!.map((one: BackupSummary) => one.BackupArn)).toEqual([BackupArn]);
  expect((await send(new ListBackupsCommand({ TableName: "another" }))).BackupSummaries).toEqual([]);
});
behaviour("ListBackups filters by creation time", api("ListBackups"), async () => {
  const { BackupCreationDateTime: at } = (await describe(BackupArn)).BackupDescription!.BackupDetails!;
  const before = await send(new ListBackupsCommand({ TimeRangeUpperBound: at! }));
  const after = await send(new ListBackupsCommand({ TimeRangeLowerBound: at! }));
  expect([before.BackupSummaries!.length, after.BackupSummaries!.length]).toEqual([0, 1]);
});
behaviour(
  "ListBackups returns no SYSTEM backups as long as no table was deleted",
  api("ListBackups"),
  async () => {
    expect((await send(new ListBackupsCommand({ BackupType: "SYSTEM" }))).BackupSummaries).toEqual([]);
  },
);
behaviour("CreateBackup refuses a table that does not exist", api("CreateBackup"), async () => {
  expect(await refusal(send(new CreateBackupCommand({ TableName: "nowhere", BackupName: "none" })))).toBe(
    "TableNotFoundException: Table not found: nowhere",
  );
});
behaviour("DescribeBackup refuses a backup that does not exist", api("DescribeBackup"), async () => {
  const none = BackupArn.replace(/.{4}$/, "0000");
  expect(await refusal(describe(none))).toBe(`BackupNotFoundException: Backup not found: ${none}`);
});
behaviour(
  "a backup restores the items of its creation time into a new table",
  api("RestoreTableFromBackup"),
  async () => {
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
  },
);
behaviour("a restored table has no stream", guide("backuprestore_HowItWorks"), async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName: "restored" }));
  expect(Table!.TableStatus).toBe("ACTIVE");
  expect(Table!.StreamSpecification).toBeUndefined();
  expect(Table!.RestoreSummary).toBeUndefined();
});
behaviour("a backup is not restored over an existing table", api("RestoreTableFromBackup"), async () => {
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
behaviour("a table can be restored without vector indexes", api("RestoreTableFromBackup"), async () => {
  const TargetTableName = "without-vectors";
  await send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName, VectorIndexOverride: [] }));
  await cloud.advance(MINUTE);
  expect(await content(TargetTableName)).toEqual(["1=1", "2=2"]);
});
/** Overrides that RestoreTableFromBackup refuses, with the messages. */
const units = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 };
const bounds = { MaxReadRequestUnits: 1, MaxWriteRequestUnits: 1 };
const OVERRIDES: [Partial<RestoreTableFromBackupCommandInput>, string][] = [
  [
    { ProvisionedThroughputOverride: units },
    "Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
  ],
  [
    { BillingModeOverride: "PAY_PER_REQUEST", ProvisionedThroughputOverride: units },
    "Cannot override ProvisionedThroughput if BillingMode is overridden to PAY_PER_REQUEST",
  ],
  [
    { BillingModeOverride: "PROVISIONED" },
    "Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
  ],
  [
    {
      BillingModeOverride: "PROVISIONED",
      ProvisionedThroughputOverride: units,
      OnDemandThroughputOverride: bounds,
    },
    "Cannot override MaxReadRequestUnits for OnDemandThroughput unless BillingModeOverride is PAY_PER_REQUEST",
  ],
  [
    { OnDemandThroughputOverride: { MaxReadRequestUnits: 0 } },
    "Requested MaxReadRequestUnits for OnDemandThroughput is outside of valid range",
  ],
  [
    {
      GlobalSecondaryIndexOverride: [
        {
          IndexName: "new",
          KeySchema: [{ AttributeName: "s", KeyType: "HASH" }],
          Projection: { ProjectionType: "ALL" },
        },
      ],
    },
    "Index new does not match a secondary index that existed in the source table and cannot be created during the restore operation",
  ],
];
for (const [overrides, message] of OVERRIDES)
  behaviour(
    `RestoreTableFromBackup refuses ${JSON.stringify(overrides)}: ${message}`,
    measured("table-restore"),
    async () => {
      expect(
        await refusal(
          send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: "overridden", ...overrides })),
        ),
      ).toBe(`ValidationException: Invalid Request: ${message}`);
    },
  );

behaviour("DescribeBackup requires the ARN of a backup of its own account", measured("backup"), async () => {
  const table = BackupArn.replace(/\/backup\/.*/, "");
  expect(await refusal(describe(table))).toBe("ValidationException: Invalid Backup ARN");
  const others = BackupArn.replace(/:\d{12}:/, ":123456789012:");
  expect(await refusal(describe(others))).toBe("AccessDeniedException: Access is denied");
});
behaviour("ListBackups refuses a lower bound later than the upper bound", measured("backup"), async () => {
  const [TimeRangeLowerBound, TimeRangeUpperBound] = [new Date(2_000), new Date(1_000)];
  expect(await refusal(send(new ListBackupsCommand({ TimeRangeLowerBound, TimeRangeUpperBound })))).toBe(
    "ValidationException: One or more parameter values were invalid: Time range lower bound must be less than or equal to upper bound",
  );
});
behaviour("DeleteBackup returns DELETED, then the backup does not exist", api("DeleteBackup"), async () => {
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
const describeContinuousBackups = async () =>
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
  "every table has continuous backups, with point-in-time recovery disabled",
  api("DescribeContinuousBackups"),
  async () => {
    expect(await describeContinuousBackups()).toEqual({
      ContinuousBackupsStatus: "ENABLED",
      PointInTimeRecoveryDescription: { PointInTimeRecoveryStatus: "DISABLED" },
    });
  },
);
behaviour(
  "DescribeContinuousBackups refuses a table that does not exist",
  api("DescribeContinuousBackups"),
  async () => {
    expect(await refusal(send(new DescribeContinuousBackupsCommand({ TableName: "nowhere" })))).toBe(
      "TableNotFoundException: Table not found: nowhere",
    );
  },
);
behaviour(
  "a table without point-in-time recovery is not restored to a time",
  api("RestoreTableToPointInTime"),
  async () => {
    expect(await refusal(restore("back"))).toBe(
      `PointInTimeRecoveryUnavailableException: Point in time recovery is not enabled for table '${TableName}'`,
    );
  },
);
behaviour("the recovery period is 35 days by default", api("UpdateContinuousBackups"), async () => {
  await recovery(true);
  expect((await describeContinuousBackups()).PointInTimeRecoveryDescription).toMatchObject({
    PointInTimeRecoveryStatus: "ENABLED",
    RecoveryPeriodInDays: 35,
  });
});
behaviour(
  "UpdateContinuousBackups sets a shorter recovery period",
  api("UpdateContinuousBackups"),
  async () => {
    await recovery(true, 7);
    expect((await describeContinuousBackups()).PointInTimeRecoveryDescription!.RecoveryPeriodInDays).toBe(7);
  },
);
behaviour("a table is restored to a point in time", api("RestoreTableToPointInTime"), async () => {
  await cloud.advance(MINUTE);
  const { LatestRestorableDateTime: then } = (await describeContinuousBackups())
    .PointInTimeRecoveryDescription!;
  await cloud.advance(MINUTE);
  await put(TableName, 1, -1);
  await put(TableName, 4, 4);
  await send(new DeleteItemCommand({ TableName, Key: { p: S("a"), s: N(2) } }));
  await restore("back", then!);
  await cloud.advance(MINUTE);
  expect(await content("back")).toEqual(["1=100", "2=2", "3=3"]);
});
behaviour("a table is restored to its latest restorable time", api("RestoreTableToPointInTime"), async () => {
  await restore("latest");
  await cloud.advance(MINUTE);
  expect(await content("latest")).toEqual(await content(TableName));
});
behaviour(
  "a restore time before recovery was enabled is refused",
  api("RestoreTableToPointInTime"),
  async () => {
    const { EarliestRestorableDateTime: earliest } = (await describeContinuousBackups())
      .PointInTimeRecoveryDescription!;
    expect(await nameOf(restore("early", new Date(earliest!.getTime() - MINUTE)))).toBe(
      "InvalidRestoreTimeException",
    );
  },
);
behaviour("a restore time in the future is refused", api("RestoreTableToPointInTime"), async () => {
  const { LatestRestorableDateTime: latest } = (await describeContinuousBackups())
    .PointInTimeRecoveryDescription!;
  expect(await nameOf(restore("late", new Date(latest!.getTime() + 60 * MINUTE)))).toBe(
    "InvalidRestoreTimeException",
  );
});
behaviour("a table whose recovery was disabled is not restored", api("UpdateContinuousBackups"), async () => {
  await recovery(false);
  expect(await nameOf(restore("off"))).toBe("PointInTimeRecoveryUnavailableException");
});

/** Inputs that RestoreTableToPointInTime refuses, with the messages. */
const INVALID_RESTORES: [Partial<RestoreTableToPointInTimeCommandInput>, string][] = [
  [
    {
      SourceTableName: TableName,
      SourceTableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
    },
    "Must provide exactly one of: sourceTableArn, sourceTableName",
  ],
  [
    { SourceTableName: TableName },
    "Either one of RestoreDateTime or UseLatestRestorableTime must be specified, but not both",
  ],
  [
    {
      SourceTableArn: `arn:aws:dynamodb:eu-west-1:000000000000:table/${TableName}`,
      UseLatestRestorableTime: true,
    },
    "sseSpecificationOverride must be provided for cross-region restores",
  ],
];
for (const [input, message] of INVALID_RESTORES)
  behaviour(
    `RestoreTableToPointInTime refuses an invalid input: ${message}`,
    measured("table-restore"),
    async () => {
      expect(
        await refusal(
          send(new RestoreTableToPointInTimeCommand({ TargetTableName: "back-again", ...input })),
        ),
      ).toBe(`ValidationException: Invalid Request: ${message}`);
    },
  );

behaviour(
  "a deleted table with point-in-time recovery leaves a system backup for 35 days",
  guide("PointInTimeRecovery_Howitworks"),
  async () => {
    await recovery(true);
    const before = await content(TableName);
    await send(new DeleteTableCommand({ TableName }));
    await cloud.advance(MINUTE);
    const list = async (BackupType: "USER" | "SYSTEM") =>
      (await send(new ListBackupsCommand({ TableName, BackupType }))).BackupSummaries!;
    expect((await list("USER")).some(({ BackupName }) => BackupName!.includes("$"))).toBe(false);
    const [left] = await list("SYSTEM");
    expect(left).toMatchObject({ BackupName: `${TableName}$DeletedTableBackup`, BackupStatus: "AVAILABLE" });
    expect(left!.BackupExpiryDateTime!.getTime()).toBe(
      left!.BackupCreationDateTime!.getTime() + 35 * 24 * 60 * MINUTE,
    );
    await send(new RestoreTableFromBackupCommand({ BackupArn: left!.BackupArn, TargetTableName: "risen" }));
    await cloud.advance(MINUTE);
    expect(await content("risen")).toEqual(before);
    expect(await refusal(send(new DeleteBackupCommand({ BackupArn: left!.BackupArn })))).toMatch(
      /^ValidationException: Invalid Request: User is not allowed to delete the system backup with arn /,
    );
    await cloud.advance(35 * 24 * 60 * MINUTE);
    expect(await list("SYSTEM")).toEqual([]);
  },
);
