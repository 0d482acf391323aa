import { gunzipSync } from "node:zlib";
import {
  DeleteItemCommand,
  DescribeExportCommand,
  ExportTableToPointInTimeCommand,
  type ExportTableToPointInTimeCommandInput,
  type FilterSpecification,
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
const TableName = "filtered";
withTable(TableName);

const TableArn = `arn:aws:dynamodb:us-east-1:000000000000:table/${TableName}`;
const S3Bucket = "filtered-exports";
const put = (p: string, s: number, more: Item) =>
  send(new PutItemCommand({ TableName, Item: { p: S(p), s: N(s), ...more } }));

let s3: S3Client;
let moved = 0;
const now = () => new Date(Date.now() + moved);
const pass = async (minutes: number) => {
  await cloud.advance(minutes * 60_000);
  moved += minutes * 60_000;
};
let start: Date;

beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: S3Bucket }));
  await send(
    new UpdateContinuousBackupsCommand({
      TableName,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  );
  await put("gone", 1, { state: S("open"), b: { B: Buffer.from("z") } });
  await put("stays", 1, { state: S("open") });
  await pass(1);
  start = now();
  await pass(1);
  await put("stays", 1, { state: S("closed") });
  for (const s of [1, 2, 3]) await put("a", s, { state: S(s === 2 ? "closed" : "open"), size: N(s * 10) });
  await send(new DeleteItemCommand({ TableName, Key: { p: S("gone"), s: N(1) } }));
  await pass(20);
});
afterAll(() => s3.destroy());

const begin = (
  FilterSpecification: FilterSpecification,
  more: Partial<ExportTableToPointInTimeCommandInput> = {},
) => send(new ExportTableToPointInTimeCommand({ TableArn, S3Bucket, FilterSpecification, ...more }));

const read = async (Key: string) => {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: S3Bucket, Key }));
  return Buffer.from(await Body!.transformToByteArray());
};

/** Runs a filtered export and returns its description and lines. */
async function exported(
  filter: FilterSpecification,
  more: Partial<ExportTableToPointInTimeCommandInput> = {},
) {
  const { ExportDescription } = await begin(filter, more);
  await pass(1);
  const described = await send(new DescribeExportCommand({ ExportArn: ExportDescription!.ExportArn }));
  const result = described.ExportDescription!;
  const summary = JSON.parse((await read(result.ExportManifest!)).toString());
  const lines: Record<string, Item>[] = [];
  for (const file of (await read(summary.manifestFilesS3Key)).toString().trim().split("\n")) {
    const text = gunzipSync(await read(JSON.parse(file).dataFileS3Key)).toString();
    for (const line of text.split("\n").filter(Boolean)) lines.push(JSON.parse(line));
  }
  return { result, summary, lines };
}
const itemsOf = async (filter: FilterSpecification) =>
  (await exported(filter)).lines.map(({ Item: item }) => item);
const keysOf = async (filter: FilterSpecification) =>
  (await itemsOf(filter)).map((item) => `${item!.p!.S}${item!.s!.N}`).sort();

const source = guide("S3DataExport.Filtered");
const OPEN = { ExpressionAttributeNames: { "#s": "state" }, ExpressionAttributeValues: { ":o": S("open") } };
const IN_A = { KeyConditionExpression: "p = :p", ExpressionAttributeValues: { ":p": S("a") } };

behaviour("a key condition selects the items of one partition", source, async () => {
  expect(await keysOf(IN_A)).toEqual(["a1", "a2", "a3"]);
});
behaviour("a key condition may contain a condition on the sort key", source, async () => {
  const wanted = {
    KeyConditionExpression: "p = :p AND s BETWEEN :two AND :nine",
    ExpressionAttributeValues: { ":p": S("a"), ":two": N(2), ":nine": N(9) },
  };
  expect(await keysOf(wanted)).toEqual(["a2", "a3"]);
});
behaviour("a filter expression selects items by any attribute", source, async () => {
  expect(await keysOf({ FilterExpression: "#s = :o", ...OPEN })).toEqual(["a1", "a3"]);
});
behaviour("without a key condition, a filter expression may contain key attributes", source, async () => {
  const wanted = { FilterExpression: "s > :one", ExpressionAttributeValues: { ":one": N(1) } };
  expect(await keysOf(wanted)).toEqual(["a2", "a3"]);
});
behaviour("a projection expression selects attributes", source, async () => {
  expect(await itemsOf({ ...IN_A, ProjectionExpression: "s" })).toEqual([
    { s: N(1) },
    { s: N(2) },
    { s: N(3) },
  ]);
});
behaviour("all three expressions may be combined, and the export describes them", source, async () => {
  const filter = {
    KeyConditionExpression: "p = :p",
    FilterExpression: "#s = :o",
    ProjectionExpression: "#z",
    ExpressionAttributeNames: { "#s": "state", "#z": "size" },
    ExpressionAttributeValues: { ":p": S("a"), ":o": S("open") },
  };
  const { result, summary, lines } = await exported(filter);
  expect(lines).toEqual([{ Item: { size: N(10) } }, { Item: { size: N(30) } }]);
  expect([result.ItemCount, summary.itemCount]).toEqual([2, 2]);
  expect(result.FilterSpecification).toEqual(filter);
});
behaviour(
  "a key condition reduces the data that is read for an export, a filter expression does not",
  source,
  async () => {
    const size = async (filter: FilterSpecification) => (await exported(filter)).result.BilledSizeBytes!;
    const inA = await size(IN_A);
    const filtered = {
      ...IN_A,
      FilterExpression: "size(#s) > :p",
      ExpressionAttributeNames: { "#s": "state" },
    };
    expect(await size(filtered)).toBe(inA);
    expect(await size({ FilterExpression: "attribute_exists(nothing)" })).toBeGreaterThan(inA);
  },
);
behaviour("a filter without matches exports nothing", source, async () => {
  const { result } = await exported({ FilterExpression: "attribute_exists(nothing)" });
  expect([result.ExportStatus, result.ItemCount]).toEqual(["COMPLETED", 0]);
});

const span = () => ({
  ExportType: "INCREMENTAL_EXPORT" as const,
  IncrementalExportSpecification: { ExportFromTime: start },
});
behaviour(
  "an incremental export applies the filter to the latest image of a changed item",
  source,
  async () => {
    const { lines } = await exported(
      { FilterExpression: "p = :p", ExpressionAttributeValues: { ":p": S("stays") } },
      span(),
    );
    expect(lines).toMatchObject([{ OldImage: { state: S("open") }, NewImage: { state: S("closed") } }]);
    const open = await exported({ FilterExpression: "#s = :o", ...OPEN }, span());
    expect(open.lines.map(({ Keys }) => Keys!.p!.S)).not.toContain("stays");
  },
);
behaviour("an incremental export applies the filter to the old image of a deleted item", source, async () => {
  const { lines } = await exported({ FilterExpression: "#s = :o", ...OPEN }, span());
  expect(lines.map(({ Keys }) => Keys!.p!.S).sort()).toEqual(["a", "a", "gone"]);
});
behaviour("a projection applies to both images of an incremental export", source, async () => {
  const filter = {
    KeyConditionExpression: "p = :p",
    ProjectionExpression: "#s",
    ExpressionAttributeNames: { "#s": "state" },
    ExpressionAttributeValues: { ":p": S("stays") },
  };
  const { lines } = await exported(filter, span());
  expect(lines).toMatchObject([{ Keys: { p: S("stays"), s: N(1) } }]);
  expect([lines[0]!.OldImage, lines[0]!.NewImage]).toEqual([{ state: S("open") }, { state: S("closed") }]);
});
behaviour("a filter compares byte strings", source, async () => {
  const filter = {
    FilterExpression: "b = :b",
    ExpressionAttributeValues: { ":b": { B: Buffer.from("z") } },
  };
  const { lines } = await exported(filter, span());
  expect(lines).toMatchObject([{ OldImage: { b: { B: "eg==" } } }]);
});
behaviour(
  "a client token repeated with another filter is refused",
  api("ExportTableToPointInTime"),
  async () => {
    await begin(IN_A, { ClientToken: "filter" });
    const other = { ...IN_A, ExpressionAttributeValues: { ":p": S("b") } };
    expect((await outcome(begin(other, { ClientToken: "filter" })))[0]).toBe("ExportConflictException");
  },
);

const REFUSED: [what: string, filter: FilterSpecification, message: string][] = [
  [
    "key attributes in a filter expression beside a key condition",
    {
      KeyConditionExpression: "p = :p",
      FilterExpression: "s > :p",
      ExpressionAttributeValues: { ":p": S("a") },
    },
    "Filter Expression can only contain non-primary key attributes: Primary key attribute: s",
  ],
  [
    "a key condition without the partition key",
    { KeyConditionExpression: "s = :s", ExpressionAttributeValues: { ":s": N(1) } },
    "Query condition missed key schema element: p",
  ],
  [
    "a key condition on another attribute",
    {
      KeyConditionExpression: "p = :p AND x = :p",
      ExpressionAttributeValues: { ":p": S("a") },
    },
    "Query condition missed key schema element: s",
  ],
  [
    "several partition key values",
    { KeyConditionExpression: "p IN (:p, :q)", ExpressionAttributeValues: { ":p": S("a"), ":q": S("b") } },
    "Invalid operator used in KeyConditionExpression: IN",
  ],
  [
    "an expression of more than 4 KB",
    { FilterExpression: `attribute_exists(${"x".repeat(4_096)})` },
    "Invalid FilterExpression: Expression size has exceeded the maximum allowed size;",
  ],
  [
    "an expression of more than 300 operators",
    { FilterExpression: Array.from({ length: 302 }, () => "x=y").join(" OR ") },
    "Invalid FilterExpression: The expression contains too many operators; operator count: 301",
  ],
  [
    "values that no expression uses",
    { FilterExpression: "x = :x", ExpressionAttributeValues: { ":x": N(1), ":y": N(1) } },
    "Value provided in ExpressionAttributeValues unused in expressions: keys: {:y}",
  ],
];
for (const [what, filter, message] of REFUSED)
  behaviour(`a filtered export refuses ${what}`, source, async () => {
    expect(await outcome(begin(filter))).toEqual(invalid(message));
  });
