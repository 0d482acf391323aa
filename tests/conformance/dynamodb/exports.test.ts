import { gunzipSync } from "node:zlib";
import {
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  ListExportsCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "outbound";
withTable(TableName);

const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const S3Bucket = "exports";
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
  await send(new PutItemCommand({ TableName, Item: { p: S("a"), s: N(1), b: { B: Buffer.from("z") } } }));
  await send(new PutItemCommand({ TableName, Item: { p: S("a"), s: N(2), x: N(7) } }));
});
afterAll(() => s3.destroy());

const begin = (more: object = {}) =>
  send(new ExportTableToPointInTimeCommand({ TableArn, S3Bucket, S3Prefix: "to/here", ...more }));
const describe = (ExportArn: string) => send(new DescribeExportCommand({ ExportArn }));
const read = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};
const nameOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "accepted",
    (error: Error) => error.name,
  );
const format = guide("S3DataExport.Output");
let arn: string;
let summary: Record<string, string>;

behaviour("a table without recovery is not exported", api("ExportTableToPointInTime"), async () => {
  expect(await nameOf(begin())).toBe("PointInTimeRecoveryUnavailableException");
});
behaviour("an export begins as IN_PROGRESS", api("ExportTableToPointInTime"), async () => {
  await send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  const { ExportDescription } = await begin({ ClientToken: "once" });
  expect(ExportDescription).toMatchObject({
    ExportStatus: "IN_PROGRESS",
    ExportFormat: "DYNAMODB_JSON",
    ExportType: "FULL_EXPORT",
    S3Bucket,
    TableArn,
  });
  arn = ExportDescription!.ExportArn!;
});
behaviour(
  "what is written after the export's time is not in it",
  api("ExportTableToPointInTime"),
  async () => {
    await send(new PutItemCommand({ TableName, Item: { p: S("late"), s: N(1) } }));
    await cloud.advance(60_000);
    const { ExportDescription } = await describe(arn);
    expect(ExportDescription).toMatchObject({ ExportStatus: "COMPLETED", ItemCount: 2 });
  },
);
behaviour("an export has a summary", format, async () => {
  const { ExportDescription } = await describe(arn);
  summary = JSON.parse((await read(ExportDescription!.ExportManifest!)).toString());
  expect(summary).toMatchObject({
    version: "2020-06-30",
    exportArn: arn,
    tableArn: TableArn,
    s3Bucket: S3Bucket,
    s3Prefix: "to/here",
    itemCount: 2,
    outputFormat: "DYNAMODB_JSON",
  });
});
behaviour("an export's files are lines of items in DynamoDB's JSON, compressed", format, async () => {
  const files = (await read(summary.manifestFilesS3Key!)).toString().trim().split("\n");
  const { dataFileS3Key, itemCount } = JSON.parse(files[0]!);
  expect(dataFileS3Key).toMatch(/^to\/here\/AWSDynamoDB\/[^/]+\/data\/[^/]+\.json\.gz$/);
  expect(itemCount).toBe(2);
  const lines = gunzipSync(await read(dataFileS3Key))
    .toString()
    .trim()
    .split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { Item: { p: S("a"), s: N(1), b: { B: "eg==" } } },
    { Item: { p: S("a"), s: N(2), x: N(7) } },
  ]);
});
behaviour("the same token again is the same export", api("ExportTableToPointInTime"), async () => {
  expect((await begin({ ClientToken: "once" })).ExportDescription!.ExportArn).toBe(arn);
});
behaviour("a token that came with another export is refused", api("ExportTableToPointInTime"), async () => {
  expect(await nameOf(begin({ ClientToken: "once", S3Prefix: "other" }))).toBe("ExportConflictException");
});
behaviour("exports are listed by their table", api("ListExports"), async () => {
  const { ExportSummaries } = await send(new ListExportsCommand({ TableArn }));
  expect(ExportSummaries).toEqual([{ ExportArn: arn, ExportStatus: "COMPLETED", ExportType: "FULL_EXPORT" }]);
});
behaviour("a time to come is not exported", api("ExportTableToPointInTime"), async () => {
  expect(await nameOf(begin({ ExportTime: new Date("2100-01-01") }))).toBe("InvalidExportTimeException");
});
behaviour("an export that is not there is not found", api("DescribeExport"), async () => {
  expect(await nameOf(describe(arn.replace(/.{4}$/, "0000")))).toBe("ExportNotFoundException");
});
