import { gunzipSync } from "node:zlib";
import {
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  type FilterSpecification,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { dynamodbOn, guide, N, S } from "./client.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "in-ion";
withTable(TableName);

const S3Bucket = "ion-exports";
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
  await send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  const Item = {
    p: S("book"),
    s: N(103),
    Authors: { SS: ["Author1"] },
    Dimensions: S("8.5 x 11.0 x 1.5"),
    InPublication: { BOOL: false },
    PageCount: N(600),
    Price: N(2000),
    Cover: { B: Buffer.from("z") },
    Rest: { L: [{ M: { "two words": { NS: ["1.5"] } } }, { BS: [Buffer.from("z")] }] },
  };
  await send(new PutItemCommand({ TableName, Item }));
  await send(new PutItemCommand({ TableName, Item: { p: S('say "hi"\n'), s: N("-0.25") } }));
});
afterAll(() => s3.destroy());

const read = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};

async function exported(FilterSpecification?: FilterSpecification) {
  const begun = await send(
    new ExportTableToPointInTimeCommand({
      TableArn: `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`,
      S3Bucket,
      ExportFormat: "ION",
      FilterSpecification,
    }),
  );
  await cloud.advance(60_000);
  const { ExportArn } = begun.ExportDescription!;
  const { ExportDescription } = await send(new DescribeExportCommand({ ExportArn }));
  const summary = JSON.parse((await read(ExportDescription!.ExportManifest!)).toString());
  const [file] = (await read(summary.manifestFilesS3Key)).toString().trim().split("\n");
  const { dataFileS3Key } = JSON.parse(file!);
  const lines = gunzipSync(await read(dataFileS3Key))
    .toString()
    .trim()
    .split("\n");
  return { description: ExportDescription!, summary, dataFileS3Key, lines: new Set(lines) };
}

const format = guide("S3DataExport.Output");
behaviour(
  "an export may be in Amazon Ion, one item on each line behind a version marker",
  format,
  async () => {
    const { description, summary, dataFileS3Key, lines } = await exported();
    expect([description.ExportFormat, summary.outputFormat, description.ItemCount]).toEqual([
      "ION",
      "ION",
      2,
    ]);
    expect(dataFileS3Key).toMatch(/\.ion\.gz$/);
    expect(lines).toEqual(
      new Set([
        '$ion_1_0 {Item:{p:"book",s:103.,Authors:$dynamodb_SS::["Author1"],Dimensions:"8.5 x 11.0 x 1.5",' +
          "InPublication:false,PageCount:6d2,Price:2d3,Cover:{{eg==}}," +
          "Rest:[{'two words':$dynamodb_NS::[1.5]},$dynamodb_BS::[{{eg==}}]]}}",
        '$ion_1_0 {Item:{p:"say \\"hi\\"\\n",s:-0.25}}',
      ]),
    );
  },
);
behaviour("an export in Amazon Ion may be filtered", guide("S3DataExport.Filtered"), async () => {
  const { lines } = await exported({
    FilterExpression: "attribute_exists(Cover)",
    ProjectionExpression: "Price",
  });
  expect(lines).toEqual(new Set(["$ion_1_0 {Item:{Price:2d3}}"]));
});
