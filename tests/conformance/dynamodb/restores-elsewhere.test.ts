import {
  CreateBackupCommand,
  DeleteBackupCommand,
  DeleteItemCommand,
  DeleteResourcePolicyCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
  PutResourcePolicyCommand,
  QueryCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  ScanCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";
import { outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "source";
const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
withTable(TableName, {
  AttributeDefinitions: [
    { AttributeName: "p", AttributeType: "S" },
    { AttributeName: "s", AttributeType: "N" },
    { AttributeName: "x", AttributeType: "N" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: "by-x",
      KeySchema: [{ AttributeName: "x", KeyType: "HASH" }],
      Projection: { ProjectionType: "ALL" },
    },
  ],
});

const MINUTE = 60_000;
const SSESpecificationOverride = { Enabled: false };
let elsewhere: DynamoDBClient;
beforeAll(() => {
  elsewhere = new DynamoDBClient(cloud.client({ region: "eu-west-1" }));
});
afterAll(() => elsewhere.destroy());

const put = (s: number, x: number) =>
  send(new PutItemCommand({ TableName, Item: { p: S("a"), s: N(s), x: N(x) } }));
const content = async (table: string) => {
  const { Items } = await elsewhere.send(new ScanCommand({ TableName: table, ConsistentRead: true }));
  return Items!.map(({ s, x }) => `${s!.N}=${x!.N}`);
};
const fromBackup = (TargetTableName: string, more: object = { SSESpecificationOverride }) =>
  elsewhere.send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName, ...more }));
const toPointInTime = (TargetTableName: string, RestoreDateTime?: Date) =>
  elsewhere.send(
    new RestoreTableToPointInTimeCommand({
      SourceTableArn: TableArn,
      TargetTableName,
      SSESpecificationOverride,
      ...(RestoreDateTime ? { RestoreDateTime } : { UseLatestRestorableTime: true }),
    }),
  );

let BackupArn: string;
const regions = guide("CreateBackup");
const backups = guide("Restore.Tutorial");

behaviour("a backup is restored in another Region, including indexes", backups, async () => {
  // More items than the copy reads at a time, so that it continues across Regions.
  for (let s = 1; s <= 120; s++) await put(s, s % 7);
  BackupArn = (await send(new CreateBackupCommand({ TableName, BackupName: "first" }))).BackupDetails!
    .BackupArn!;
  await cloud.advance(MINUTE);
  await put(1, 100);
  const { TableDescription } = await fromBackup("restored");
  expect(TableDescription).toMatchObject({
    TableStatus: "CREATING",
    TableArn: "arn:aws:dynamodb:eu-west-1:000000000000:table/restored",
    RestoreSummary: { SourceBackupArn: BackupArn, SourceTableArn: TableArn, RestoreInProgress: true },
  });
  await cloud.advance(MINUTE);
  const { Table } = await elsewhere.send(new DescribeTableCommand({ TableName: "restored" }));
  expect(Table).toMatchObject({ TableStatus: "ACTIVE", ItemCount: 120 });
  expect(await content("restored")).toEqual(
    Array.from({ length: 120 }, (_, at) => `${at + 1}=${(at + 1) % 7}`),
  );
  const { Count } = await elsewhere.send(
    new QueryCommand({
      TableName: "restored",
      IndexName: "by-x",
      KeyConditionExpression: "x = :x",
      ExpressionAttributeValues: { ":x": N(3) },
    }),
  );
  expect(Count).toBe(17);
});

behaviour("a restore in another Region requires an encryption setting", backups, async () => {
  expect(await outcome(fromBackup("keyless", {}))).toEqual([
    "ValidationException",
    "Invalid Request: sseSpecificationOverride must be provided for cross-region restores",
  ]);
});

behaviour(
  "an existing table in the other Region is not overwritten",
  api("RestoreTableFromBackup"),
  async () => {
    expect(await outcome(fromBackup("restored"))).toEqual([
      "TableAlreadyExistsException",
      "Table already exists: restored",
    ]);
  },
);

behaviour(
  "a table is restored to a point in time in another Region",
  guide("PointInTimeRecovery.Tutorial"),
  async () => {
    await send(
      new UpdateContinuousBackupsCommand({
        TableName,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      }),
    );
    await cloud.advance(MINUTE);
    const { Table } = await send(new DescribeTableCommand({ TableName }));
    expect(Table!.TableStatus).toBe("ACTIVE");
    const before = (await send(new ScanCommand({ TableName }))).Items!.map(({ s, x }) => `${s!.N}=${x!.N}`);
    const then = await now();
    await cloud.advance(MINUTE);
    await put(1, -1);
    await put(1_000, 4);
    await send(new DeleteItemCommand({ TableName, Key: { p: S("a"), s: N(2) } }));
    const { TableDescription } = await toPointInTime("back", then);
    expect(TableDescription!.RestoreSummary).toMatchObject({
      SourceTableArn: TableArn,
      RestoreDateTime: then,
    });
    await toPointInTime("latest");
    // A write after the restore time is in neither table.
    await put(2_000, 1);
    await cloud.advance(MINUTE);
    expect(await content("back")).toEqual(before);
    const latest = await content("latest");
    expect([latest.includes("1=-1"), latest.includes("1000=4"), latest.includes("2000=1")]).toEqual([
      true,
      true,
      false,
    ]);
    expect(latest.some((one) => one.startsWith("2="))).toBe(false);
  },
);

behaviour(
  "a restore of a source that does not exist in its Region is refused",
  api("RestoreTableToPointInTime"),
  async () => {
    const SourceTableArn = TableArn.replace(TableName, "nowhere");
    const restore = elsewhere.send(
      new RestoreTableToPointInTimeCommand({
        SourceTableArn,
        TargetTableName: "none",
        UseLatestRestorableTime: true,
        SSESpecificationOverride,
      }),
    );
    expect(await outcome(restore)).toEqual(["TableNotFoundException", "Table not found: nowhere"]);
    const BackupArn_ = BackupArn.replace(/.{4}$/, "0000");
    const none = elsewhere.send(
      new RestoreTableFromBackupCommand({
        BackupArn: BackupArn_,
        TargetTableName: "none",
        SSESpecificationOverride,
      }),
    );
    expect((await outcome(none))[0]).toBe("BackupNotFoundException");
  },
);

behaviour(
  "the resource policy of the source table can deny a restore",
  guide("rbac-iam-actions"),
  async () => {
    const Policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Deny",
        Principal: "*",
        Action: "dynamodb:RestoreTableToPointInTime",
        Resource: TableArn,
      },
    });
    await send(new PutResourcePolicyCommand({ ResourceArn: TableArn, Policy }));
    expect((await outcome(toPointInTime("forbidden")))[0]).toBe("AccessDeniedException");
    await send(new DeleteResourcePolicyCommand({ ResourceArn: TableArn }));
    expect(await outcome(toPointInTime("allowed"))).toBe("accepted");
    await cloud.advance(MINUTE);
  },
);

behaviour("the source can be deleted after the restore", regions, async () => {
  expect(await outcome(send(new DeleteBackupCommand({ BackupArn })))).toBe("accepted");
  expect(await outcome(send(new DeleteTableCommand({ TableName })))).toBe("accepted");
});

/** The cloud's current time, read as the latest restorable time of the table. */
async function now(): Promise<Date> {
  const { ContinuousBackupsDescription } = await send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  return ContinuousBackupsDescription!.PointInTimeRecoveryDescription!.LatestRestorableDateTime!;
}
