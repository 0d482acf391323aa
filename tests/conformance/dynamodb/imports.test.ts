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

const { send, put, begin, describe, settle, scan, imported } = importsOn(conformanceCloud());
const statusOf = async (TableName: string) =>
  (await send(new DescribeTableCommand({ TableName }))).Table!.TableStatus;

const format = guide("S3DataImport.Format");
const how = guide("S3DataImport.HowItWorks");
const validation = guide("S3DataImport.Validation");
const importing = api("ImportTable");
let first: string;

behaviour("an import begins as IN_PROGRESS, and tells what it was asked for", importing, async () => {
  await put("first/1.json", lines({ p: S("a"), x: N(1) }));
  const { ImportTableDescription: told } = await begin("first", "first/");
  first = told!.ImportArn!;
  expect(first).toMatch(/^arn:aws:dynamodb:us-east-1:000000000000:table\/first\/import\/\d{14}-[0-9a-f]{8}$/);
  expect(told).toMatchObject({
    ImportStatus: "IN_PROGRESS",
    TableArn: "arn:aws:dynamodb:us-east-1:000000000000:table/first",
    InputFormat: "DYNAMODB_JSON",
    InputCompressionType: "NONE",
    S3BucketSource: { S3Bucket, S3KeyPrefix: "first/", S3BucketOwner: "000000000000" },
    CloudWatchLogGroupArn: "arn:aws:logs:us-east-1:000000000000:log-group:/aws-dynamodb/imports:*",
    TableCreationParameters: { TableName: "first", BillingMode: "PAY_PER_REQUEST" },
    ErrorCount: 0,
  });
  expect(told!.TableId).toMatch(/^[0-9a-f-]{36}$/);
  expect(told!.ClientToken).toBeDefined();
});

behaviour("the table is not there at once", importing, async () => {
  expect((await outcome(statusOf("first")))[0]).toBe("ResourceNotFoundException");
});

behaviour("a completed import has its table ACTIVE with the items, and counts them", how, async () => {
  await settle();
  const told = await describe(first);
  expect(told).toMatchObject({
    ImportStatus: "COMPLETED",
    ProcessedItemCount: 1,
    ImportedItemCount: 1,
    ErrorCount: 0,
    ProcessedSizeBytes: lines({ p: S("a"), x: N(1) }).length,
  });
  expect(told.EndTime!.getTime()).toBeGreaterThan(told.StartTime!.getTime());
  expect(await statusOf("first")).toBe("ACTIVE");
  expect(await scan("first")).toEqual([{ p: S("a"), x: N(1) }]);
});

behaviour("the table has the id that the import told", api("ImportTableDescription"), async () => {
  const { Table } = await send(new DescribeTableCommand({ TableName: "first" }));
  expect(Table!.TableId).toBe((await describe(first)).TableId);
});

behaviour("an imported table is one like others", how, async () => {
  await send(new PutItemCommand({ TableName: "first", Item: { p: S("more") } }));
  expect(await scan("first")).toHaveLength(2);
});

behaviour("a record of an import stays when its table is deleted", api("DescribeImport"), async () => {
  await send(new DeleteTableCommand({ TableName: "first" }));
  expect(await describe(first)).toMatchObject({ ImportStatus: "COMPLETED" });
});

behaviour("DynamoDB's JSON has all types, bytes in base64", format, async () => {
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

behaviour("a last line needs no end, and empty lines are none", format, async () => {
  const body = `\n${lines({ p: S("a") })}\n${lines({ p: S("b") }).trim()}`;
  const { counts } = await imported("unended", "unended.json", body);
  expect(counts).toEqual([2, 2, 0]);
});

for (const [compression, compress] of [
  ["GZIP", gzipSync],
  ["ZSTD", zstdCompressSync],
] as const)
  behaviour(`files may be compressed by ${compression}`, format, async () => {
    const body = compress(lines({ p: S("a") }, { p: S("b") }));
    const { status, items, told } = await imported(`by-${compression}`, `${compression}/1`, body, {
      InputCompressionType: compression,
    });
    expect([status, items.length, told.InputCompressionType]).toEqual(["COMPLETED", 2, compression]);
  });

behaviour("a file that is not compressed as was said has an error", validation, async () => {
  const { status, code, counts, items } = await imported("plain", "plain.json", lines({ p: S("a") }), {
    InputCompressionType: "GZIP",
  });
  expect([status, code, counts, items]).toEqual(["FAILED", "ItemValidationError", [1, 0, 1], []]);
});

behaviour("all objects whose keys begin so are imported, in folders or not", importing, async () => {
  await put("many/1.json", lines({ p: S("a") }));
  await put("many/deeper/2.json", lines({ p: S("b") }));
  await put("many.json", lines({ p: S("c") }));
  await put("man.json", lines({ p: S("d") }));
  const { ImportTableDescription } = await begin("many", "many");
  await settle();
  expect(await describe(ImportTableDescription!.ImportArn!)).toMatchObject({ ImportedItemCount: 3 });
  expect((await scan("many")).map(({ p }) => p!.S)).toEqual(["a", "b", "c"]);
});

behaviour("of items with the same key the last one stays", how, async () => {
  const { counts, items, status } = await imported(
    "twice",
    "twice.json",
    lines({ p: S("a"), x: N(1) }, { p: S("a"), x: N(2) }),
  );
  expect([status, counts, items]).toEqual(["COMPLETED", [2, 2, 0], [{ p: S("a"), x: N(2) }]]);
});

behaviour("hundreds of items come in", how, async () => {
  const items = Array.from({ length: 333 }, (_, at) => ({ p: S(`p${at}`), x: N(at) }));
  const { counts, items: found } = await imported("hundreds", "hundreds.json", lines(...items));
  expect(counts).toEqual([333, 333, 0]);
  expect(found).toHaveLength(333);
});

behaviour("nothing under the prefix is an import of an empty table", how, async () => {
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
  ["has a value of no type", JSON.stringify({ Item: { p: S("x"), y: 1 } }), [3, 2, 1]],
  ["has a number that is none", JSON.stringify({ Item: { p: S("x"), y: N("one") } }), [3, 2, 1]],
  ["is too large", JSON.stringify({ Item: { p: S("x"), y: S("y".repeat(410_000)) } }), [3, 2, 1]],
  ["is no JSON, and so ends the file", "{garbage", [2, 1, 1]],
];
for (const [at, [what, line, counts]] of FAULTS.entries())
  behaviour(`an item that ${what} is counted, and the others are imported`, validation, async () => {
    const body = `${lines({ p: S("a") })}${line}\n${lines({ p: S("b") })}`;
    const { told, ...ended } = await imported(`fault-${at}`, `fault-${at}.json`, body);
    expect(ended).toMatchObject({ status: "FAILED", code: "ItemValidationError", counts });
    expect(ended.items).toHaveLength(counts[1]!);
    expect(told.FailureMessage).toBe(
      "Some of the items failed validation checks and were not imported. Please check CloudWatch error logs for more details.",
    );
    expect(await statusOf(`fault-${at}`)).toBe("ACTIVE");
  });

behaviour("a bucket that is not there fails the import, and leaves no table", validation, async () => {
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
  const told = await describe(ImportTableDescription!.ImportArn!);
  expect(told).toMatchObject({ ImportStatus: "FAILED", FailureCode: "S3NoSuchBucket" });
  expect(told.FailureMessage).toMatch(
    /^The specified bucket does not exist \(Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket; /,
  );
  expect((await outcome(statusOf("bucketless")))[0]).toBe("ResourceNotFoundException");
});

behaviour("of two imports for one name the later made table is none", importing, async () => {
  await put("same/1.json", lines({ p: S("a") }));
  const arns = [];
  for (const _ of [1, 2]) arns.push((await begin("same", "same/")).ImportTableDescription!.ImportArn!);
  await settle();
  const told = await Promise.all(arns.map(describe));
  expect(told.map(({ ImportStatus, FailureCode }) => FailureCode ?? ImportStatus).toSorted()).toEqual([
    "COMPLETED",
    "TableAlreadyExists",
  ]);
});

behaviour("a table that is there is not imported into", importing, async () => {
  const taken = ["ResourceInUseException", "Table already exists: same"];
  expect(await outcome(begin("same", "same/"))).toEqual(taken);
});

behaviour("the same request with its token again is the same import", importing, async () => {
  const ClientToken = "once";
  await put("once/1.json", lines({ p: S("a") }));
  const one = (await begin("once", "once/", { ClientToken })).ImportTableDescription!.ImportArn;
  const two = (await begin("once", "once/", { ClientToken })).ImportTableDescription!.ImportArn;
  expect(two).toBe(one);
});

for (const [what, table, prefix, more] of [
  ["table", "another", "once/", {}],
  ["prefix", "once", "other/", {}],
  ["format", "once", "once/", { InputFormat: "CSV" }],
] as const)
  behaviour(`a token that came with another ${what} is refused`, importing, async () => {
    expect(await outcome(begin(table, prefix, { ClientToken: "once", ...more }))).toEqual([
      "ImportConflictException",
      "Import conflict: Duplicate request detected with conflicting parameters",
    ]);
  });

behaviour(
  "after its import a token finds the table there, and the old import when that is gone",
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

behaviour("a file that was exported can be imported", guide("S3DataImport.HowItWorks"), async () => {
  await put("exported/data/x.json.gz", gzipSync(lines({ p: S("a"), b: { B: "eg==" } })));
  await put("exported/data/_empty", "");
  const { ImportTableDescription } = await begin("again", "exported/data/", { InputCompressionType: "GZIP" });
  await settle();
  expect(await describe(ImportTableDescription!.ImportArn!)).toMatchObject({
    ImportStatus: "COMPLETED",
    ImportedItemCount: 1,
  });
});

behaviour("imports are listed with the newest first, ten on a page", api("ListImports"), async () => {
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

behaviour("imports are listed by their table", api("ListImports"), async () => {
  const TableArn = "arn:aws:dynamodb:us-east-1:000000000000:table/same";
  const elsewhere = TableArn.replace("us-east-1", "eu-west-1");
  expect((await send(new ListImportsCommand({ TableArn: elsewhere }))).ImportSummaryList).toEqual([]);
  const { ImportSummaryList, NextToken } = await send(new ListImportsCommand({ TableArn, PageSize: 1 }));
  expect(ImportSummaryList).toMatchObject([{ TableArn }]);
  const next = await send(new ListImportsCommand({ TableArn, PageSize: 1, NextToken }));
  expect(next.ImportSummaryList).toMatchObject([{ TableArn }]);
  expect(next.ImportSummaryList![0]!.ImportArn).not.toBe(ImportSummaryList![0]!.ImportArn);
});

behaviour("an import that is not there is not found", api("DescribeImport"), async () => {
  expect((await outcome(describe(first.replace(/.{8}$/, "00000000"))))[0]).toBe("ImportNotFoundException");
});

behaviour("an ARN of a table is none of an import", api("DescribeImport"), async () => {
  expect(await outcome(describe("arn:aws:dynamodb:us-east-1:000000000000:table/first"))).toEqual(
    invalid("Invalid Import ARN"),
  );
});

behaviour("options of CSV are refused for another format", importing, async () => {
  const told = await outcome(begin("x-table", "x", { InputFormatOptions: { Csv: { Delimiter: ";" } } }));
  expect(told).toEqual(
    invalid("Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON."),
  );
});

behaviour("throughput is to be given where billing is not said", importing, async () => {
  const TableCreationParameters = {
    TableName: "unbilled",
    AttributeDefinitions: [{ AttributeName: "p", AttributeType: "S" as const }],
    KeySchema: [{ AttributeName: "p", KeyType: "HASH" as const }],
  };
  const told = await outcome(
    send(
      new ImportTableCommand({
        S3BucketSource: { S3Bucket },
        InputFormat: "CSV",
        TableCreationParameters,
      }),
    ),
  );
  expect(told).toEqual(
    invalid(
      "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED",
    ),
  );
});

behaviour("a table that is made before the import makes its own fails the import", importing, async () => {
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
