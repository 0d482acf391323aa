import { gunzipSync } from "node:zlib";
import {
  DeleteItemCommand,
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  type ExportTableToPointInTimeCommandInput,
  type IncrementalExportSpecification,
  ListExportsCommand,
  PutItemCommand,
  UpdateContinuousBackupsCommand,
} from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, dynamodbOn, guide, type Item, N, S } from "./client.ts";
import { invalid, outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, withTable } = dynamodbOn(cloud);
const TableName = "changing";
withTable(TableName);

const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const S3Bucket = "increments";
const MINUTE = 60_000;
const key = (p: string) => ({ p: S(p), s: N(1) });
const put = (p: string, more: Item) => send(new PutItemCommand({ TableName, Item: { ...key(p), ...more } }));
const remove = (p: string) => send(new DeleteItemCommand({ TableName, Key: key(p) }));
const later = (minutes: number) => cloud.advance(minutes * MINUTE);

let s3: S3Client;
let moved = 0;
/** The cloud's current time. */
const now = () => Date.now() + moved;
const pass = async (minutes: number) => {
  await later(minutes);
  moved += minutes * MINUTE;
};
let from: Date;
let to: Date;

beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
  await put("before-recovery", { x: N(0) });
  await send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  await pass(1);
  await put("before", { x: N(0) });
  await put("updated", { x: N(0) });
  await put("deleted", { x: N(0) });
  await pass(1);
  from = new Date(now());
  await pass(1);
  await put("inserted", { x: N(1), b: { B: Buffer.from("z") } });
  await put("updated", { x: N(1) });
  await put("updated", { x: N(2) });
  await remove("deleted");
  await put("came-and-went", { x: N(1) });
  await remove("came-and-went");
  await pass(19);
  to = new Date(now());
  await pass(1);
  await put("updated", { x: N(9) });
  await put("inserted", { x: N(9) });
  await put("after", { x: N(9) });
  await put("deleted", { x: N(9) });
});
afterAll(() => s3.destroy());

const begin = (
  span: IncrementalExportSpecification | undefined,
  more: Partial<ExportTableToPointInTimeCommandInput> = {},
) =>
  send(
    new ExportTableToPointInTimeCommand({
      TableArn,
      S3Bucket,
      S3Prefix: "to/here",
      ExportType: "INCREMENTAL_EXPORT",
      ...(span && { IncrementalExportSpecification: span }),
      ...more,
    }),
  );
const read = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};

interface Line {
  Metadata: { WriteTimestampMicros: { N: string } };
  Keys: Item;
  NewImage?: Item;
  OldImage?: Item;
}
/** Runs an incremental export and returns its description, manifests and lines, the lines by partition key. */
async function exported(span: IncrementalExportSpecification) {
  const { ExportDescription } = await begin(span);
  await pass(1);
  const result = (await send(new DescribeExportCommand({ ExportArn: ExportDescription!.ExportArn })))
    .ExportDescription!;
  const summary = JSON.parse((await read(result.ExportManifest!)).toString());
  const files = (await read(summary.manifestFilesS3Key))
    .toString()
    .trim()
    .split("\n")
    .map((line): { dataFileS3Key: string; itemCount: number } => JSON.parse(line));
  const lines: Line[] = [];
  for (const { dataFileS3Key } of files) {
    const text = gunzipSync(await read(dataFileS3Key)).toString();
    lines.push(
      ...text
        .split("\n")
        .filter(Boolean)
        .map((line): Line => JSON.parse(line)),
    );
  }
  return { result, summary, files, lines: new Map(lines.map((line) => [line.Keys.p!.S!, line])) };
}

const output = guide("S3DataExport.Output");
const how = guide("S3DataExport.HowItWorks");
let whole: Awaited<ReturnType<typeof exported>>;

behaviour(
  "an incremental export describes its period and no export time",
  api("ExportDescription"),
  async () => {
    whole = await exported({ ExportFromTime: from, ExportToTime: to });
    expect(whole.result).toMatchObject({
      ExportStatus: "COMPLETED",
      ExportType: "INCREMENTAL_EXPORT",
      ExportFormat: "DYNAMODB_JSON",
      ItemCount: 3,
      IncrementalExportSpecification: { ExportViewType: "NEW_AND_OLD_IMAGES" },
    });
    expect(whole.result.ExportTime).toBeUndefined();
    const { ExportFromTime, ExportToTime } = whole.result.IncrementalExportSpecification!;
    expect([ExportFromTime!.getTime(), ExportToTime!.getTime()]).toEqual([from.getTime(), to.getTime()]);
  },
);

behaviour("an export is billed for at least 10 MB", guide("S3DataExport.HowItWorks"), async () => {
  expect(whole.result.BilledSizeBytes).toBe(10_000_000);
});

behaviour("the manifest summary contains the period and the view type", output, async () => {
  expect(whole.summary).toMatchObject({
    version: "2023-08-01",
    exportType: "INCREMENTAL_EXPORT",
    outputView: "NEW_AND_OLD_IMAGES",
    outputFormat: "DYNAMODB_JSON",
    tableArn: TableArn,
    itemCount: 3,
  });
  expect(whole.summary.exportTime).toBeUndefined();
  expect(Date.parse(whole.summary.exportFromTime)).toBe(from.getTime());
});

behaviour("data files are in a folder that incremental exports share", output, async () => {
  for (const { dataFileS3Key } of whole.files)
    expect(dataFileS3Key).toMatch(/^to\/here\/AWSDynamoDB\/data\/[^/]+\.json\.gz$/);
  expect(whole.files.reduce((sum, { itemCount }) => sum + itemCount, 0)).toBe(3);
});

behaviour("an inserted item has only a new image", output, async () => {
  const { Metadata, ...line } = whole.lines.get("inserted")!;
  expect(line).toEqual({
    Keys: key("inserted"),
    NewImage: { ...key("inserted"), x: N(1), b: { B: "eg==" } },
  });
  const micros = Number(Metadata.WriteTimestampMicros.N);
  expect(micros / 1_000).toBeGreaterThan(from.getTime());
  expect(micros / 1_000).toBeLessThan(to.getTime());
});

behaviour(
  "an updated item has its image from before the period and its last image within",
  output,
  async () => {
    const { OldImage, NewImage } = whole.lines.get("updated")!;
    expect([OldImage, NewImage]).toEqual([
      { ...key("updated"), x: N(0) },
      { ...key("updated"), x: N(2) },
    ]);
  },
);

behaviour("a deleted item has only an old image", output, async () => {
  const { Metadata: _, ...line } = whole.lines.get("deleted")!;
  expect(line).toEqual({ Keys: key("deleted"), OldImage: { ...key("deleted"), x: N(0) } });
});

behaviour("an item inserted and deleted within the period is not exported", output, async () => {
  expect(whole.lines.has("came-and-went")).toBe(false);
});

behaviour("an item unchanged within the period is not exported", output, async () => {
  for (const p of ["before", "before-recovery", "after"]) expect(whole.lines.has(p)).toBe(false);
});

behaviour(
  "with NEW_IMAGE there are no old images, and a deleted item has only its keys",
  output,
  async () => {
    const { lines, summary } = await exported({
      ExportFromTime: from,
      ExportToTime: to,
      ExportViewType: "NEW_IMAGE",
    });
    expect(summary.outputView).toBe("NEW_IMAGE");
    const { Metadata: _, ...deleted } = lines.get("deleted")!;
    expect(deleted).toEqual({ Keys: key("deleted") });
    expect(lines.get("updated")!.OldImage).toBeUndefined();
    expect(lines.get("updated")!.NewImage).toMatchObject({ x: N(2) });
  },
);

behaviour(
  "a period without an end ends at the current time",
  api("IncrementalExportSpecification"),
  async () => {
    const { lines } = await exported({ ExportFromTime: from });
    expect(lines.get("updated")!.NewImage).toMatchObject({ x: N(9) });
    expect(lines.get("deleted")).toMatchObject({ OldImage: { x: N(0) }, NewImage: { x: N(9) } });
    expect(lines.get("after")!.OldImage).toBeUndefined();
  },
);

behaviour("an incremental export without changes has one data file and no items", how, async () => {
  await pass(1);
  const quiet = new Date(now());
  await pass(20);
  const { result, files } = await exported({ ExportFromTime: quiet, ExportToTime: at(-1) });
  expect([result.ExportStatus, result.ItemCount, files.length]).toEqual(["COMPLETED", 0, 1]);
});

behaviour("ListExports returns the type of incremental exports", api("ListExports"), async () => {
  const { ExportSummaries } = await send(new ListExportsCommand({ TableArn }));
  expect(ExportSummaries!.every(({ ExportType }) => ExportType === "INCREMENTAL_EXPORT")).toBe(true);
});

const wrongTime = (message: string) => ["InvalidExportTimeException", message];
const at = (minutes: number) => new Date(now() + minutes * MINUTE);
const seconds = (time: Date) => time.toISOString().replace(/\.\d+Z$/, "Z");
const SPANS: [
  what: string,
  span: () => IncrementalExportSpecification | undefined,
  result: (span: IncrementalExportSpecification) => string[],
  more?: Partial<ExportTableToPointInTimeCommandInput>,
][] = [
  [
    "a period shorter than 15 minutes",
    () => ({ ExportFromTime: at(-20), ExportToTime: at(-10) }),
    () =>
      wrongTime(
        "Difference between export period from time and export period to time is less than 15 minutes",
      ),
  ],
  [
    "a period that starts before the creation of the table",
    () => ({ ExportFromTime: at(-10_000), ExportToTime: at(-20) }),
    ({ ExportFromTime }) =>
      wrongTime(
        `Incremental export period from time cannot be less than the table creation time : ${seconds(ExportFromTime!)}`,
      ),
  ],
  [
    "a period that ends in the future",
    () => ({ ExportFromTime: at(-20), ExportToTime: at(60) }),
    ({ ExportToTime }) =>
      wrongTime(
        `Incremental export period to time cannot be greater than the current time : ${seconds(ExportToTime!)}`,
      ),
  ],
  [
    "the type without a specification",
    () => undefined,
    () =>
      invalid(
        "Invalid Request: Incremental Export Specification expected when export type is set as Incremental Export",
      ),
  ],
  [
    "a specification without a start",
    () => ({ ExportToTime: at(-1) }),
    () => invalid("Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification"),
  ],
  [
    "an empty specification",
    () => ({}),
    () => invalid("Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification"),
  ],
  [
    "a specification with a full export",
    () => ({ ExportFromTime: at(-20) }),
    () =>
      invalid(
        "Invalid Request: When Export Type is Full Export , Incremental Export Specification should not be provided",
      ),
    { ExportType: "FULL_EXPORT" },
  ],
  [
    "a specification without a type",
    () => ({ ExportFromTime: at(-20) }),
    () =>
      invalid(
        "Invalid Request: Export Type expected to be Incremental Export when incremental export specification is provided",
      ),
    { ExportType: undefined },
  ],
];
for (const [what, span, result, more] of SPANS)
  behaviour(`an incremental export refuses ${what}`, api("ExportTableToPointInTime"), async () => {
    const input = span();
    expect(await outcome(begin(input, more))).toEqual(result(input ?? {}));
  });

behaviour("a period longer than a day is refused", api("ExportTableToPointInTime"), async () => {
  await pass(26 * 60);
  const span = { ExportFromTime: at(-25 * 60), ExportToTime: at(-1) };
  expect((await outcome(begin(span)))[0]).toBe("InvalidExportTimeException");
});
