import { DescribeTableCommand, UpdateTableCommand } from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, measured, type Refusal } from "./client.ts";
import { detected, fails } from "./sentences.ts";
import { index, indexed } from "./table-shapes.ts";

/** These requests contain empty structures and empty names. */
const { send, refusals, withTable } = dynamodbOn(conformanceCloud());
const TableName = "degenerate";
withTable(TableName, { ...indexed, GlobalSecondaryIndexes: [index("by-b")] });

const INVALID = "One or more parameter values were invalid";
const MEASURED = measured("details/DDB-TABLE-457");
const short = (path: string) =>
  detected(fails(path, "''", "Member must have length greater than or equal to 1"));
const NAME = "TableName must be at least 3 characters long and at most 255 characters long";
const BackupArn = "arn:aws:dynamodb:us-east-1:000000000000:table/degenerate/backup/01489173575360-b308cd7d";

refusals(MEASURED, [
  [
    "UpdateTable",
    { TableName, SSESpecification: { KMSMasterKeyId: "" } },
    short("sSESpecification.kMSMasterKeyId"),
  ],
  [
    "CreateTable",
    { ...indexed, TableName: "abc", SSESpecification: { KMSMasterKeyId: "" } },
    short("sSESpecification.kMSMasterKeyId"),
  ],
  [
    "RestoreTableFromBackup",
    { TargetTableName: "abc", BackupArn, SSESpecificationOverride: { KMSMasterKeyId: "" } },
    short("sSESpecificationOverride.kMSMasterKeyId"),
  ],
  ["UpdateTable", { TableName, ReplicaUpdates: [{ Create: {} }] }, INVALID],
  ["UpdateGlobalTable", { GlobalTableName: "abc", ReplicaUpdates: [{}] }, INVALID],
  ["DescribeBackup", { BackupArn: "" }, "Invalid Backup ARN"],
  ["DeleteBackup", { BackupArn: "abc" }, "Invalid Backup ARN"],
  ["ListBackups", { ExclusiveStartBackupArn: "abc" }, "Invalid Backup ARN"],
  ["DescribeGlobalTable", { GlobalTableName: "" }, NAME],
  ["DescribeGlobalTableSettings", { GlobalTableName: "" }, NAME],
  ["RestoreTableFromBackup", { TargetTableName: "", BackupArn }, NAME],
]);

const update = (
  IndexName: string,
  more: object,
  table = TableName,
  besides: object = {},
): [string, object] => [
  "UpdateTable",
  { TableName: table, GlobalSecondaryIndexUpdates: [{ Update: { IndexName, ...more } }], ...besides },
];
const warm = (name: string) =>
  `${INVALID}: WarmThroughput must have at least one of ReadUnitsPerSecond or WriteUnitsPerSecond specified for index: ${name}`;
const ONLY = `${INVALID}: The only Updates for index: by-b when TableThroughputMode is PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput`;
refusals(measured("details/DDB-TABLE-456"), [
  [...update("by-b", {}), ONLY],
  [...update("by-b", { OnDemandThroughput: {} }), ONLY],
  [
    ...update("ghost", { OnDemandThroughput: {} }),
    "Requested resource not found: Index ghost for table degenerate",
    "ResourceNotFoundException",
  ],
  [...update("by-b", { WarmThroughput: {} }), warm("by-b")],
  [...update("ghost", { WarmThroughput: {} }), warm("ghost")],
  [...update("ghost", { WarmThroughput: {} }, "not-there"), warm("ghost")],
  [...update("by-b", { WarmThroughput: {} }, TableName, { TableClass: "STANDARD" }), warm("by-b")],
] as Refusal[]);

behaviour("UpdateTable ignores empty throughput structures", measured("details/DDB-TABLE-456"), async () => {
  await send(new UpdateTableCommand({ TableName, WarmThroughput: {}, DeletionProtectionEnabled: false }));
  await send(new UpdateTableCommand({ TableName, WarmThroughput: {}, TableClass: "STANDARD" }));
  await send(new UpdateTableCommand({ TableName, OnDemandThroughput: {}, BillingMode: "PAY_PER_REQUEST" }));
  const { Table } = await send(new DescribeTableCommand({ TableName }));
  expect(Table).toMatchObject({
    WarmThroughput: { ReadUnitsPerSecond: 12_000, WriteUnitsPerSecond: 4_000 },
  });
  expect(Table!.OnDemandThroughput).toBeUndefined();
});
