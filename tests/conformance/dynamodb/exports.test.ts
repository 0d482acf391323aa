import { gunzipSync } from "node:zlib";
import {
  DeleteTableCommand,
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  ListExportsCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, measured, N, S } from "./client.ts";
import { outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "outbound";
withTable(TableName);

const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const S3Bucket = "exports";
const DAY_MS = 86_400_000;
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

behaviour(
  "a table without point-in-time recovery is not exported",
  api("ExportTableToPointInTime"),
  async () => {
    expect(await nameOf(begin())).toBe("PointInTimeRecoveryUnavailableException");
  },
);
behaviour("a new export is IN_PROGRESS", api("ExportTableToPointInTime"), async () => {
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
    S3SseAlgorithm: "AES256",
    S3Bucket,
    TableArn,
  });
  expect(ExportDescription!.ExportType).toBeUndefined();
  arn = ExportDescription!.ExportArn!;
});
behaviour(
  "an item written after the export time is not exported",
  api("ExportTableToPointInTime"),
  async () => {
    await send(new PutItemCommand({ TableName, Item: { p: S("late"), s: N(1) } }));
    await cloud.advance(60_000);
    const { ExportDescription } = await describe(arn);
    expect(ExportDescription).toMatchObject({ ExportStatus: "COMPLETED", ItemCount: 2 });
  },
);
behaviour("an export writes a manifest summary", format, async () => {
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
behaviour("data files are gzipped lines of items in DynamoDB JSON", format, async () => {
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
behaviour("a repeated client token returns the same export", api("ExportTableToPointInTime"), async () => {
  expect((await begin({ ClientToken: "once" })).ExportDescription!.ExportArn).toBe(arn);
});
for (const [what, more] of [
  ["prefix", { S3Prefix: "other" }],
  ["key", { S3SseAlgorithm: "AES256" }],
] as const)
  behaviour(
    `a client token repeated with another ${what} is refused`,
    api("ExportTableToPointInTime"),
    async () => {
      expect(await outcome(begin({ ClientToken: "once", ...more }))).toEqual([
        "ExportConflictException",
        "Export conflict: Duplicate request detected with conflicting parameters",
      ]);
    },
  );
behaviour("ListExports filters by table", api("ListExports"), async () => {
  const { ExportSummaries } = await send(new ListExportsCommand({ TableArn }));
  expect(ExportSummaries).toEqual([{ ExportArn: arn, ExportStatus: "COMPLETED", ExportType: "FULL_EXPORT" }]);
});
behaviour("a table of the same name in another Region has its own exports", api("ListExports"), async () => {
  const elsewhere = TableArn.replace("us-east-1", "eu-west-1");
  const { ExportSummaries } = await send(new ListExportsCommand({ TableArn: elsewhere }));
  expect(ExportSummaries).toEqual([]);
});
behaviour("ListExports returns the newest export first, in pages", api("ListExports"), async () => {
  const ExportArn = (await begin({ ExportType: "FULL_EXPORT" })).ExportDescription!.ExportArn;
  await cloud.advance(60_000);
  for (const of of [{ TableArn }, {}]) {
    const page = await send(new ListExportsCommand({ ...of, MaxResults: 1 }));
    expect(page.ExportSummaries).toMatchObject([{ ExportArn }]);
    const next = await send(new ListExportsCommand({ ...of, MaxResults: 1, NextToken: page.NextToken }));
    expect(next.ExportSummaries).toMatchObject([{ ExportArn: arn }]);
    expect(next.NextToken).toBeUndefined();
  }
});
behaviour("the export type is described if the request specified it", api("ExportDescription"), async () => {
  const { ExportSummaries } = await send(new ListExportsCommand({ TableArn }));
  const { ExportDescription } = await describe(ExportSummaries![0]!.ExportArn!);
  expect(ExportDescription!.ExportType).toBe("FULL_EXPORT");
});
behaviour("a missing bucket fails the export", api("ExportDescription"), async () => {
  const { ExportDescription: begun } = await begin({ S3Bucket: "no-such-bucket-here" });
  expect(begun!.ExportStatus).toBe("IN_PROGRESS");
  await cloud.advance(60_000);
  const { ExportDescription } = await describe(begun!.ExportArn!);
  expect(ExportDescription).toMatchObject({ ExportStatus: "FAILED", FailureCode: "S3NoSuchBucket" });
  expect(ExportDescription!.FailureMessage).toMatch(
    /^The specified bucket does not exist \(Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; /,
  );
});
behaviour(
  "a bucket of an account other than S3BucketOwner fails the export",
  api("ExportDescription"),
  async () => {
    const { ExportDescription: begun } = await begin({ S3BucketOwner: "111122223333" });
    await cloud.advance(60_000);
    const { ExportDescription } = await describe(begun!.ExportArn!);
    expect(ExportDescription).toMatchObject({ ExportStatus: "FAILED", FailureCode: "S3AccessDenied" });
  },
);

const REFUSED: [what: string, input: object, expected: string[]][] = [
  [
    "an export time in the future",
    { ExportTime: new Date("2100-01-01") },
    ["InvalidExportTimeException", "Export Time is invalid"],
  ],
  [
    "an export time before the creation of the table",
    { ExportTime: new Date("2020-01-01") },
    ["InvalidExportTimeException", "Export Time is invalid"],
  ],
  [
    "a table name instead of an ARN",
    { TableArn: TableName },
    ["ValidationException", "One or more parameter values were invalid: tableArn is not a valid ARN"],
  ],
  [
    "the ARN of an index",
    { TableArn: `${TableArn}/index/by-x` },
    ["ValidationException", "Invalid Request: Table ARN is invalid."],
  ],
  [
    "a table that does not exist",
    { TableArn: `${TableArn}-none` },
    ["TableNotFoundException", `Table not found: ${TableArn}-none`],
  ],
  [
    "a KMS key without an algorithm",
    { S3SseKmsKeyId: "alias/aws/s3" },
    ["ValidationException", "Invalid Request: KMS Key Id is not supported for this encryption type"],
  ],
  [
    "a KMS key with another algorithm",
    { S3SseKmsKeyId: "alias/aws/s3", S3SseAlgorithm: "AES256" },
    ["ValidationException", "Invalid Request: KMS Key Id is not supported for this encryption type"],
  ],
];
for (const [what, input, expected] of REFUSED)
  behaviour(`ExportTableToPointInTime refuses ${what}`, api("ExportTableToPointInTime"), async () => {
    expect(await outcome(begin(input))).toEqual(expected);
  });

behaviour("DescribeExport refuses an export that does not exist", api("DescribeExport"), async () => {
  const none = arn.replace(/.{4}$/, "0000");
  expect(await outcome(describe(none))).toEqual([
    "ExportNotFoundException",
    `Export not found: Export not found: ${none}`,
  ]);
});
const elsewhere = (text: string) => text.replace("us-east-1", "eu-west-1");
const others = (text: string) => text.replace("000000000000", "111122223333");
const DENIED = ["AccessDeniedException", "Access is denied"];
behaviour(
  "ExportTableToPointInTime refuses a table of another Region",
  measured("details/DDB-EXPORT-002"),
  async () => {
    const there = elsewhere(TableArn);
    expect(await outcome(begin({ TableArn: there }))).toEqual([
      "TableNotFoundException",
      `Table not found: ${there}`,
    ]);
  },
);
behaviour(
  "ExportTableToPointInTime refuses a table of another account",
  measured("details/DDB-EXPORT-002"),
  async () => {
    expect(await outcome(begin({ TableArn: others(TableArn) }))).toEqual(DENIED);
  },
);
behaviour(
  "ExportTableToPointInTime refuses an empty table ARN",
  measured("details/DDB-TABLE-457"),
  async () => {
    expect(await outcome(begin({ TableArn: "" }))).toEqual([
      "ValidationException",
      "Invalid TableArn: Invalid Table ARN",
    ]);
  },
);
behaviour("DescribeExport refuses an export of another Region or account", measured("export"), async () => {
  expect(await outcome(describe(elsewhere(arn)))).toEqual([
    "ExportNotFoundException",
    "Export not found: Invalid export arn",
  ]);
  expect(await outcome(describe(others(arn)))).toEqual(DENIED);
});
behaviour("DescribeExport refuses the ARN of a table", api("DescribeExport"), async () => {
  expect(await outcome(describe(TableArn))).toEqual(["ValidationException", "Invalid Export ARN"]);
});
behaviour("exports of a deleted table are described but not listed", api("ListExports"), async () => {
  await send(new DeleteTableCommand({ TableName }));
  expect((await describe(arn)).ExportDescription!.ExportStatus).toBe("COMPLETED");
  expect((await send(new ListExportsCommand({ TableArn }))).ExportSummaries).toEqual([]);
});
behaviour("an export is listed for 90 days", api("ListExports"), async () => {
  await cloud.advance(89 * DAY_MS);
  expect((await send(new ListExportsCommand({}))).ExportSummaries).not.toEqual([]);
  await cloud.advance(DAY_MS);
  expect((await send(new ListExportsCommand({}))).ExportSummaries).toEqual([]);
  expect((await outcome(describe(arn)))[0]).toBe("ExportNotFoundException");
});
