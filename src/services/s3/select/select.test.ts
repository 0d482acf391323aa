import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { s3 } from "../service.ts";

let nube: TestCloud;
beforeEach(async () => {
  nube = await testCloud([s3]);
  await nube.aws.s3.CreateBucket({ Bucket: "data" });
});
afterEach(() => nube.close());

interface Asking {
  input?: object;
  output?: object;
  more?: object;
}

async function select(body: string | Uint8Array, Expression: string, { input, output, more }: Asking = {}) {
  await nube.aws.s3.PutObject({ Bucket: "data", Key: "k", Body: bodyOf(body) });
  const { Payload } = await nube.aws.s3.SelectObjectContent({
    Bucket: "data",
    Key: "k",
    Expression,
    ExpressionType: "SQL",
    InputSerialization: input ?? { CSV: {} },
    OutputSerialization: output ?? { CSV: {} },
    ...more,
  });
  let text = "";
  const kinds: string[] = [];
  let stats: object | undefined;
  for await (const event of Payload!) {
    kinds.push(Object.keys(event)[0]!);
    if (event.Records) text += Buffer.from(event.Records.Payload!).toString();
    if (event.Stats) stats = event.Stats.Details;
  }
  return { text, kinds, stats };
}

test("a whole CSV file is returned", async () => {
  const { text, kinds, stats } = await select("a,b\nc,d\n", "SELECT * FROM S3Object");
  expect(text).toBe("a,b\nc,d\n");
  expect(kinds).toEqual(["Records", "Stats", "End"]);
  expect(stats).toEqual({ BytesScanned: 8, BytesProcessed: 8, BytesReturned: 8 });
});

test("a large file is processed in slices", async () => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `${n},"text, ${n}",ünï`);
  const body = `${lines.join("\n")}\n`;
  const { text, kinds } = await select(body, "SELECT * FROM S3Object");
  expect(text === body).toBe(true);
  expect(kinds.filter((kind) => kind === "Records").length).toBeGreaterThan(5);
  const odd = await select(
    gzipSync(body),
    "SELECT COUNT(*) FROM S3Object s WHERE CAST(s._1 AS INT) % 2 = 1",
    {
      input: { CSV: {}, CompressionType: "GZIP" },
    },
  );
  expect(odd.text).toBe("30000\n");
});

test.each(Array.from({ length: 41 }, (_, at) => at))(
  "a scan range from byte %i selects the records that begin in it",
  async (start) => {
    const lines = ["name,nr", "one,1", "two,2", "three,3", "four,4", "five,5"];
    const body = lines.map((line) => `${line}\r\n`).join("");
    let at = 0;
    const starts = lines.map((line) => {
      const here = at;
      at += line.length + 2;
      return here;
    });
    const end = start + 9;
    const expected = lines.filter((_, n) => n > 0 && starts[n]! >= start && starts[n]! <= end);
    const { text } = await select(body, "SELECT s.name, s.nr FROM S3Object s", {
      input: { CSV: { FileHeaderInfo: "USE", RecordDelimiter: "\r\n" } },
      more: { ScanRange: { Start: start, End: end } },
    });
    expect(text).toBe(expected.map((line) => `${line}\n`).join(""));
  },
);

test.each([1, 2, 3, 7, 100])("JSON of any form is processed in slices of records", async (spaces) => {
  const values = [{ a: 'x}"', b: [1, { c: "]" }] }, { a: "", b: [] }, [{ a: 1 }], "text", 12, true, null];
  const body = values.map((value) => JSON.stringify(value, null, spaces)).join("\n");
  const { text } = await select(body, "SELECT s.a FROM S3Object s", {
    input: { JSON: { Type: "DOCUMENT" } },
    output: { JSON: {} },
  });
  expect(text).toBe(`{"a":"x}\\""}\n{"a":""}\n${"{}\n".repeat(5)}`);
});

test("an error after the first results ends the stream", async () => {
  const body = `${"1\n".repeat(400_000)}x\n`;
  await expect(select(body, "SELECT CAST(s._1 AS INT) FROM S3Object s")).rejects.toMatchObject({
    code: "CastFailed",
  });
});

test("a row that is too long, a list that is too deep and unterminated quotes are refused early", async () => {
  const begin = performance.now();
  const long = "x".repeat(1_000_000);
  const columns = Array(20_000).fill("s._1").join(",");
  await expect(select(long, `SELECT ${columns} FROM S3Object s`)).rejects.toMatchObject({
    code: "OverMaxRecordSize",
  });
  const input = { JSON: { Type: "LINES" } };
  for (const depth of [2_000, 200_000]) {
    const deep = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
    const serialization = { input, output: { JSON: {} } };
    await expect(select(deep, "SELECT s.a FROM S3Object s", serialization)).rejects.toMatchObject({
      code: "JSONParsingError",
    });
  }
  const quotes = { input: { CSV: { AllowQuotedRecordDelimiter: true } } };
  const { text } = await select(`${'""'.repeat(500_000)}\n`, "SELECT COUNT(*) FROM S3Object", quotes);
  expect(text).toBe("1\n");
  expect(performance.now() - begin).toBeLessThan(15_000);
});

test("numbers keep all their digits", async () => {
  const input = { JSON: { Type: "LINES" } };
  for (const number of [
    ...[
      "0",
      "-1",
      "12",
      "0.5",
      "-0.25",
      "0.0000001",
      "1.50",
      "100.0",
      "9007199254740993",
      "9223372036854775807",
    ],
    ...["123456789012345678901234567890", "0.1234567890123456789", "12345678.12345678", "1234567.1234567"],
  ]) {
    const body = `{"a":${number},"b":[${number},{"c":${number}}],"__proto__":${number}}`;
    const { text } = await select(body, "SELECT * FROM S3Object", { input, output: { JSON: {} } });
    expect(text).toBe(`${body}\n`);
  }
});
