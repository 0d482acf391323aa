import { gzipSync, zstdCompressSync } from "node:zlib";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DescribeTableCommand,
  ImportTableCommand,
  ListImportsCommand,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { api, guide, N, S } from "./client.ts";
import { importsOn, lines, SOURCE_BUCKET as S3Bucket } from "./imports.ts";
import { invalid, outcome } from "./replicas.ts";

const cloud = conformanceCloud();
const { send, put, begin, describe, settle, scan, imported } = importsOn(cloud);
const statusOf = async (TableName: string) =>
  (await send(new DescribeTableCommand({ TableName }))).Table!.TableStatus;

const format = guide("S3DataImport.Format");
const how = guide("S3DataImport.HowItWorks");
const validation = guide("S3DataImport.Validation");
const importing = api("ImportTable");
const DAY_MS = 86_400_000;
let first: string;

behaviour("a new import is IN_PROGRESS and describes its request", importing, async () => {
  await put("first/1.json", lines({ p: S("a"), x: N(1) }));
  const { ImportTableDescription: description } = await begin("first", "first/");
  first = description!.ImportArn!;
  expect(first).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/first\/import\/\d{14}-[0-9a-f]{8}$/);
  expect(description).toMatchObject({
    ImportStatus: "IN_PROGRESS",
    TableArn: "arn:aws:dynamodb:us-east-1:000000000000:table/first",
    InputFormat: "DYNAMODB_JSON",
    InputCompressionType: "NONE",
    S3BucketSource: { S3Bucket, S3KeyPrefix: "first/", S3BucketOwner: "000000000000" },
    CloudWatchLogGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/aws-dynamodb/imports:*",
    TableCreationParameters: { TableName: "first", BillingMode: "PAY_PER_REQUEST" },
    ErrorCount: 0,
  });
  expect(description!.TableId).toMatch(/^[0-9a-f-]{36}$/);
  expect(description!.ClientToken).toBeDefined();
});

behaviour("the table of a running import does not exist yet", importing, async () => {
  expect((await outcome(statusOf("first")))[0]).toBe("ResourceNotFoundException");
});

behaviour("a completed import has an ACTIVE table with the items, and counts them", how, async () => {
  await settle();
  const description = await describe(first);
  expect(description).toMatchObject({
    ImportStatus: "COMPLETED",
    ProcessedItemCount: 1,
    ImportedItemCount: 1,
    ErrorCount: 0,
    ProcessedSizeBytes: lines({ p: S("a"), x: N(1) }).length,
  });
  expect(description.EndTime!.getTime()).toBeGreaterThan(description.StartTime!.getTime());
  expect(await statusOf("first")).toBe("ACTIVE");
  expect(await scan("first")).toEqual([{ p: S("a"), x: N(1) }]);
});

behaviour("the imported table has the TableId of the import", api("ImportTableDescription"), async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName: "first" }));
  expect(Table!.TableId).toBe((await describe(first)).TableId);
});

behaviour("an imported table accepts writes", how, async () => {
  await send(new PutItemCommand({ TableName: "first", Item: { p: S("more") } }));
  expect(await scan("first")).toHaveLength(2);
});

behaviour("an import can be described after its table is deleted", api("DescribeImport"), async () => {
  await send(new DeleteTableCommand({ TableName: "first" }));
  expect(await describe(first)).toMatchObject({ ImportStatus: "COMPLETED" });
});

behaviour("DynamoDB JSON contains all types, with binary values in base64", format, async () => {
  const item = {
    p: S("all"),
    b: { B: "eg==" },
    t: { BOOL: true },
    nil: { NULL: true },
    n: N("1.50"),
    m: { M: { l: { L: [{ BS: ["eg=="] }, S("")] } } },
    ns: { NS: ["1", "2"] },
    ss: { SS: ["x"] },
  };
  const { status, items } = await imported("types", "types.json", lines(item));
  expect(status).toBe("COMPLETED");
  const z = new Uint8Array(Buffer.from("z"));
  expect(items).toEqual([
    {
      ...item,
      b: { B: z },
      n: N("1.5"),
      ns: { NS: expect.arrayContaining(["1", "2"]) },
      m: { M: { l: { L: [{ BS: [z] }, S("")] } } },
    },
  ]);
});

behaviour("the last line needs no line break, and empty lines are ignored", format, async () => {
  const body = `\n${lines({ p: S("a") })}\n${lines({ p: S("b") }).trim()}`;
  const { counts } = await imported("unended", "unended.json", body);
  expect(counts).toEqual([2, 2, 0]);
});

for (const [compression, compress] of [
  ["GZIP", gzipSync],
  ["ZSTD", zstdCompressSync],
] as const)
  behaviour(`files can be compressed with ${compression}`, format, async () => {
    const body = compress(lines({ p: S("a") }, { p: S("b") }));
    const { status, items, description } = await imported(`by-${compression}`, `${compression}/1`, body, {
      InputCompressionType: compression,
    });
    expect([status, items.length, description.InputCompressionType]).toEqual(["COMPLETED", 2, compression]);
  });

behaviour("a file without the declared compression counts as an error", validation, async () => {
  const { status, code, counts, items } = await imported("plain", "plain.json", lines({ p: S("a") }), {
    InputCompressionType: "GZIP",
  });
  expect([status, code, counts, items]).toEqual(["FAILED", "ItemValidationError", [1, 0, 1], []]);
});

behaviour("all objects with the key prefix are imported, in folders or not", importing, async () => {
  await put("many/1.json", lines({ p: S("a") }));
  await put("many/deeper/2.json", lines({ p: S("b") }));
  await put("many.json", lines({ p: S("c") }));
  await put("man.json", lines({ p: S("d") }));
  const { ImportTableDescription } = await begin("many", "many");
  await settle();
  expect(await describe(ImportTableDescription!.ImportArn!)).toMatchObject({ ImportedItemCount: 3 });
  expect((await scan("many")).map(({ p }) => p!.S)).toEqual(["a", "b", "c"]);
});

behaviour("the last of several items with the same key is kept", how, async () => {
  const { counts, items, status } = await imported(
    "twice",
    "twice.json",
    lines({ p: S("a"), x: N(1) }, { p: S("a"), x: N(2) }),
  );
  expect([status, counts, items]).toEqual(["COMPLETED", [2, 2, 0], [{ p: S("a"), x: N(2) }]]);
});

behaviour("hundreds of items are imported", how, async () => {
  const items = Array.from({ length: 333 }, (_, at) => ({ p: S(`p${at}`), x: N(at) }));
  const { counts, items: found } = await imported("hundreds", "hundreds.json", lines(...items));
  expect(counts).toEqual([333, 333, 0]);
  expect(found).toHaveLength(333);
});

behaviour("an import without matching objects creates an empty table", how, async () => {
  const { ImportTableDescription } = await begin("empty", "nothing/");
  await settle();
  expect(await describe(ImportTableDescription!.ImportArn!)).toMatchObject({
    ImportStatus: "COMPLETED",
    ProcessedItemCount: 0,
  });
  expect(await statusOf("empty")).toBe("ACTIVE");
});

const FAULTS: [what: string, line: string, counts: number[]][] = [
  ["lacks the key", JSON.stringify({ Item: { x: N(1) } }), [3, 2, 1]],
  ["has a key of another type", JSON.stringify({ Item: { p: N(1) } }), [3, 2, 1]],
  ["has an empty key", JSON.stringify({ Item: { p: S("") } }), [3, 2, 1]],
  ["has no Item", JSON.stringify({ p: S("x") }), [3, 2, 1]],
  ["has a value without a type", JSON.stringify({ Item: { p: S("x"), y: 1 } }), [3, 2, 1]],
  ["has an invalid number", JSON.stringify({ Item: { p: S("x"), y: N("one") } }), [3, 2, 1]],
  ["is too large", JSON.stringify({ Item: { p: S("x"), y: S("y".repeat(410_000)) } }), [3, 2, 1]],
  ["is not JSON and ends the file", "{garbage", [2, 1, 1]],
];
for (const [at, [what, line, counts]] of FAULTS.entries())
  behaviour(`an item that ${what} counts as an error, and the others are imported`, validation, async () => {
    const body = `${lines({ p: S("a") })}${line}\n${lines({ p: S("b") })}`;
    const { description, ...ended } = await imported(`fault-${at}`, `fault-${at}.json`, body);
    expect(ended).toMatchObject({ status: "FAILED", code: "ItemValidationError", counts });
    expect(ended.items).toHaveLength(counts[1]!);
    expect(description.FailureMessage).toBe(
      "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.",
    );
    expect(await statusOf(`fault-${at}`)).toBe("ACTIVE");
  });

behaviour("a missing bucket fails the import and leaves no table", validation, async () => {
  const { ImportTableDescription } = await send(
    new ImportTableCommand({
      S3BucketSource: { S3Bucket: "no-such-bucket-here" },
      InputFormat: "CSV",
      TableCreationParameters: {
        TableName: "bucketless",
        AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "p", KeyType: "HASH" }],
        BillingMode: "PAY_PER_REQUEST",
      },
    }),
  );
  expect(ImportTableDescription).toMatchObject({ ImportStatus: "IN_PROGRESS" });
  await settle();
  const description = await describe(ImportTableDescription!.ImportArn!);
  expect(description).toMatchObject({ ImportStatus: "FAILED", FailureCode: "S3NoSuchBucket" });
  expect(description.FailureMessage).toMatch(
    /^The specified bucket does not exist \(Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; /,
  );
  expect((await outcome(statusOf("bucketless")))[0]).toBe("ResourceNotFoundException");
});

behaviour("the second of two imports into one table name fails", importing, async () => {
  await put("same/1.json", lines({ p: S("a") }));
  const arns = [];
  for (const _ of [1, 2]) arns.push((await begin("same", "same/")).ImportTableDescription!.ImportArn!);
  await settle();
  const description = await Promise.all(arns.map(describe));
  expect(description.map(({ ImportStatus, FailureCode }) => FailureCode ?? ImportStatus).toSorted()).toEqual([
    "COMPLETED",
    "TableAlreadyExists",
  ]);
});

behaviour("ImportTable refuses an existing table", importing, async () => {
  const taken = ["ResourceInUseException", "Table already exists: same"];
  expect(await outcome(begin("same", "same/"))).toEqual(taken);
});

behaviour("a repeated client token returns the same import", importing, async () => {
  const ClientToken = "once";
  await put("once/1.json", lines({ p: S("a") }));
  const one = (await begin("once", "once/", { ClientToken })).ImportTableDescription!.ImportArn;
  const two = (await begin("once", "once/", { ClientToken })).ImportTableDescription!.ImportArn;
  expect(two).toBe(one);
});

behaviour("concurrent requests with one client token start one import", importing, async () => {
  await put("concurrent/1.json", lines({ p: S("a") }));
  const start = () => begin("concurrent", "concurrent/", { ClientToken: "concurrent" });
  const [one, two] = await Promise.all([start(), start()]);
  expect(two.ImportTableDescription!.ImportArn).toBe(one.ImportTableDescription!.ImportArn);
});

for (const [what, table, prefix, more] of [
  ["table", "another", "once/", {}],
  ["prefix", "once", "other/", {}],
  ["format", "once", "once/", { InputFormat: "CSV" }],
] as const)
  behaviour(`a client token repeated with another ${what} is refused`, importing, async () => {
    expect(await outcome(begin(table, prefix, { ClientToken: "once", ...more }))).toEqual([
      "ImportConflictException",
      "Import conflict: Duplicate request detected with conflicting parameters",
    ]);
  });

behaviour(
  "a token repeated after its import is refused while the table exists, then returns the import",
  importing,
  async () => {
    const ClientToken = "once";
    await settle();
    expect((await outcome(begin("once", "once/", { ClientToken })))[0]).toBe("ResourceInUseException");
    await send(new DeleteTableCommand({ TableName: "once" }));
    const { ImportTableDescription } = await begin("once", "once/", { ClientToken });
    expect(ImportTableDescription).toMatchObject({ ImportStatus: "COMPLETED" });
  },
);

behaviour("the data files of an export can be imported", guide("S3DataImport.HowItWorks"), async () => {
  await put("exported/data/x.json.gz", gzipSync(lines({ p: S("a"), b: { B: "eg==" } })));
  await put("exported/data/_empty", "");
  const { ImportTableDescription } = await begin("again", "exported/data/", { InputCompressionType: "GZIP" });
  await settle();
  expect(await describe(ImportTableDescription!.ImportArn!)).toMatchObject({
    ImportStatus: "COMPLETED",
    ImportedItemCount: 1,
  });
});

behaviour("ListImports returns the newest import first, ten on a page", api("ListImports"), async () => {
  const { ImportSummaryList, NextToken } = await send(new ListImportsCommand({}));
  expect(ImportSummaryList).toHaveLength(10);
  const times = ImportSummaryList!.map(({ StartTime }) => StartTime!.getTime());
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(ImportSummaryList![0]).toMatchObject({
    ImportArn: expect.stringContaining(":table/again/import/"),
    ImportStatus: "COMPLETED",
    InputFormat: "DYNAMODB_JSON",
    S3BucketSource: { S3Bucket },
  });
  const next = await send(new ListImportsCommand({ NextToken, PageSize: 2 }));
  expect(next.ImportSummaryList).toHaveLength(2);
  expect(next.ImportSummaryList![0]!.StartTime!.getTime()).toBeLessThanOrEqual(times.at(-1)!);
});

behaviour("ListImports filters by table", api("ListImports"), async () => {
  const TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/same";
  const elsewhere = TableArn.replace("us-east-1", "eu-west-1");
  expect((await send(new ListImportsCommand({ TableArn: elsewhere }))).ImportSummaryList).toEqual([]);
  const { ImportSummaryList, NextToken } = await send(new ListImportsCommand({ TableArn, PageSize: 1 }));
  expect(ImportSummaryList).toMatchObject([{ TableArn }]);
  const next = await send(new ListImportsCommand({ TableArn, PageSize: 1, NextToken }));
  expect(next.ImportSummaryList).toMatchObject([{ TableArn }]);
  expect(next.ImportSummaryList![0]!.ImportArn).not.toBe(ImportSummaryList![0]!.ImportArn);
});

behaviour("DescribeImport refuses an import that does not exist", api("DescribeImport"), async () => {
  expect((await outcome(describe(first.replace(/.{8}$/, "00000000"))))[0]).toBe("ImportNotFoundException");
});

behaviour("DescribeImport refuses the ARN of a table", api("DescribeImport"), async () => {
  expect(await outcome(describe("arn:aws:dynamodb:us-east-1:000000000000:table/first"))).toEqual(
    invalid("Invalid Import ARN"),
  );
});

behaviour("CSV options are refused for another format", importing, async () => {
  const description = await outcome(
    begin("x-table", "x", { InputFormatOptions: { Csv: { Delimiter: ";" } } }),
  );
  expect(description).toEqual(
    invalid("Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON."),
  );
});

behaviour("provisioned throughput is required without a billing mode", importing, async () => {
  const TableCreationParameters = {
    TableName: "unbilled",
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" as const }],
  };
  const description = await outcome(
    send(
      new ImportTableCommand({
        S3BucketSource: { S3Bucket },
        InputFormat: "CSV",
        TableCreationParameters,
      }),
    ),
  );
  expect(description).toEqual(
    invalid(
      "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
  );
});

behaviour("a table created before the import creates its own fails the import", importing, async () => {
  await begin("racing", "first/");
  await send(
    new CreateTableCommand({
      TableName: "racing",
      AttributeDefinitions: [{ AttributeName: "q", AttributeType: "S" }],
      KeySchema: [{ AttributeName: "q", KeyType: "HASH" }],
      BillingMode: "PAY_PER_REQUEST",
    }),
  );
  await settle();
  const TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/racing";
  const { ImportSummaryList } = await send(new ListImportsCommand({ TableArn }));
  expect(await describe(ImportSummaryList![0]!.ImportArn!)).toMatchObject({
    ImportStatus: "FAILED",
    FailureCode: "TableAlreadyExists",
  });
});

behaviour("an import is listed for 90 days", api("ListImports"), async () => {
  await cloud.advance(89 * DAY_MS);
  expect((await send(new ListImportsCommand({}))).ImportSummaryList).not.toEqual([]);
  await cloud.advance(DAY_MS);
  expect((await send(new ListImportsCommand({}))).ImportSummaryList).toEqual([]);
  expect((await outcome(describe(first)))[0]).toBe("ImportNotFoundException");
});
