import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  CreateBackupCommand,
  DeleteBackupCommand,
  DeleteTableCommand,
  DescribeBackupCommand,
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  ImportTableCommand,
  RestoreTableFromBackupCommand,
  RestoreTableToPointInTimeCommand,
  UpdateContinuousBackupsCommand,
  UpdateTableCommand,
  type UpdateTableCommandInput,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "#storage/kv/embedded.ts";
import { s3Of } from "../client.ts";
import { advance } from "../clock.ts";
import { rowsIn } from "../rows.ts";
import { expectWhole, ITEMS, isWhole, openBank, transfer } from "./bank.ts";
import { BY_NAME, type Item } from "./items.ts";
import { killedCloud } from "./killed.ts";

const TELLERS = 4;
const Bucket = "exports";
const BY_KIND: Omit<UpdateTableCommandInput, "TableName"> = {
  AttributeDefinitions: [{ AttributeName: "kind", AttributeType: "S" }],
  GlobalSecondaryIndexUpdates: [
    {
      Create: {
        IndexName: "by-kind",
        KeySchema: [{ AttributeName: "kind", KeyType: "HASH" }],
        Projection: { ProjectionType: "ALL" },
      },
    },
  ],
};

test("backups, restores, exports, imports and new indexes survive kills: they are complete or invisible, without leftovers", async () => {
  const cloud = await killedCloud();
  const { client } = cloud;
  const s3 = s3Of(cloud.server);
  onTestFinished(() => s3.destroy());
  await s3.send(new CreateBucketCommand({ Bucket }));
  const TableName = "bank";
  const TableArn = await openBank(client, TableName);
  let isOver = false;
  const tellers = Promise.all(
    Array.from({ length: TELLERS }, () => transfer(client, TableName, () => isOver)),
  );

  const backup = await client.send(new CreateBackupCommand({ TableName, BackupName: "first" }));
  const { BackupArn } = backup.BackupDetails!;
  let interrupted = await cloud.killedUntil(async () => {
    const { BackupDescription } = await client.send(new DescribeBackupCommand({ BackupArn }));
    if (BackupDescription!.BackupDetails!.BackupStatus !== "AVAILABLE") return false;
    expect(BackupDescription!.SourceTableDetails!.ItemCount).toBe(ITEMS);
    return true;
  });

  await client.send(new RestoreTableFromBackupCommand({ BackupArn, TargetTableName: "again" }));
  interrupted += await cloud.killedUntil(() => isWhole(client, "again"));
  const source = { SourceTableName: TableName, UseLatestRestorableTime: true };
  await client.send(new RestoreTableToPointInTimeCommand({ ...source, TargetTableName: "now" }));
  interrupted += await cloud.killedUntil(() => isWhole(client, "now"));

  const begun = await client.send(new ExportTableToPointInTimeCommand({ TableArn, S3Bucket: Bucket }));
  const { ExportArn } = begun.ExportDescription!;
  interrupted += await cloud.killedUntil(async () => {
    const { ExportDescription } = await client.send(new DescribeExportCommand({ ExportArn }));
    const exportedItems = await exported(s3);
    // If a manifest exists, all files that it names must exist.
    if (exportedItems) expectWhole(exportedItems);
    expect(ExportDescription!.ExportStatus).not.toBe("FAILED");
    return ExportDescription!.ExportStatus === "COMPLETED" && exportedItems !== undefined;
  });

  const S3KeyPrefix = `AWSDynamoDB/${ExportArn!.split("/export/")[1]}/data/`;
  await client.send(
    new ImportTableCommand({
      S3BucketSource: { S3Bucket: Bucket, S3KeyPrefix },
      InputFormat: "DYNAMODB_JSON",
      InputCompressionType: "GZIP",
      TableCreationParameters: { TableName: "taken-in", ...BY_NAME },
    }),
  );
  interrupted += await cloud.killedUntil(() => isWhole(client, "taken-in"));

  await client.send(new UpdateTableCommand({ TableName, ...BY_KIND }));
  interrupted += await cloud.killedUntil(() => isWhole(client, TableName, "by-kind"));
  expect(interrupted).toBeGreaterThan(0);

  isOver = true;
  await tellers;
  await client.send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    }),
  );
  await client.send(new DeleteBackupCommand({ BackupArn }));
  for (const name of [TableName, "again", "now", "taken-in"])
    await client.send(new DeleteTableCommand({ TableName: name }));
  await advance(cloud.server, "3h");
  expect(await cloud.server.end("SIGTERM")).toBe(0);
  const rows = await rowsIn(await openEmbedded({ path: join(cloud.folder, "store", "records.mdb") }));
  const left = Object.keys(rows).filter((name) =>
    /^dynamodb\/(item|index|undo|backup|copying|table)|parked/.test(name),
  );
  expect(left).toEqual([]);
}, 3_600_000);

/** The items in the files that the export's manifest names; `undefined` if there is no manifest yet. */
async function exported(s3: ReturnType<typeof s3Of>): Promise<Item[] | undefined> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
  const read = async (Key: string) => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from(await Body!.transformToByteArray());
  };
  const manifest = Contents.find(({ Key }) => Key!.endsWith("manifest-files.json"));
  if (!manifest) return undefined;
  const files = (await read(manifest.Key!)).toString().trim().split("\n");
  const items: Item[] = [];
  for (const file of files) {
    const { dataFileS3Key, itemCount } = JSON.parse(file);
    const lines = gunzipSync(await read(dataFileS3Key))
      .toString()
      .trim()
      .split("\n");
    expect(lines).toHaveLength(itemCount);
    items.push(...lines.map((line) => JSON.parse(line).Item as Item));
  }
  return items;
}
