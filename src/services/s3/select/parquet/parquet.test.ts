import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import { parseQuery } from "#aws/languages/select/parser.ts";
import { writerOf } from "../output.ts";
import { type FileColumn, type FileOptions, parquetFile } from "./file.fixture.ts";
import type { Physical } from "./footer.ts";
import { pageIn, runs } from "./pages.ts";
import { parquetSource } from "./source.ts";

const numbers: FileColumn = { name: "n", type: 1, values: [1, null, 3, 4, 5] };
const texts: FileColumn = { name: "Name", type: 6, converted: 0, values: ["a", "bé", null, "a", "bé"] };

async function select(file: Buffer, sql: string, range?: { start: number; end: number }) {
  const write = writerOf({ type: "json", record: "\n" });
  const read = async (start: number, end: number) => Buffer.from(file.subarray(start, end));
  const source = parquetSource(parseQuery(sql), { size: file.length, read, range }, 0);
  let [text, processed] = ["", 0];
  for await (const batch of source.batches) {
    processed += batch.processed;
    for (const row of batch.rows) text += write(row);
  }
  return { text, processed, scanned: source.scanned() };
}

test("other readers can parse the test files", async () => {
  const file = parquetFile([numbers, texts], { groupRows: 2 });
  const bytes = Uint8Array.from(file).buffer;
  expect(parquetMetadata(bytes).row_groups).toHaveLength(3);
  expect(await parquetReadObjects({ file: bytes })).toEqual(
    numbers.values.map((n, at) => ({ n, Name: texts.values[at] })),
  );
});

const forms: FileOptions[] = [0, 1, 2].flatMap((codec) =>
  [1, 2, 5].flatMap((groupRows) =>
    [false, true].flatMap((dictionary) =>
      [false, true].map((isSecond) => ({ codec, groupRows, dictionary, isSecond })),
    ),
  ),
);

test.each(forms)("rows of %o are decoded", async (options) => {
  const { text } = await select(parquetFile([numbers, texts], options), "SELECT * FROM S3Object");
  expect(text).toBe('{"n":1,"Name":"a"}\n{"Name":"bé"}\n{"n":3}\n{"n":4,"Name":"a"}\n{"n":5,"Name":"bé"}\n');
});

test("only referenced columns are read", async () => {
  const wide: FileColumn = { name: "wide", type: 6, values: Array(5).fill("x".repeat(100_000)) };
  const file = parquetFile([numbers, wide, texts]);
  const { text, scanned } = await select(file, "SELECT s.name FROM S3Object s WHERE s.n > 3");
  expect(text).toBe('{"name":"a"}\n{"name":"bé"}\n');
  expect(scanned).toBeLessThan(1_000);
  expect((await select(file, "SELECT COUNT(*) FROM S3Object")).scanned).toBeLessThan(1_000);
});

test("pages are read on demand, not the whole row group", async () => {
  const long: FileColumn = { name: "t", type: 6, values: Array(60).fill("x".repeat(100_000)) };
  const file = parquetFile([long], { groupRows: 10 });
  const { scanned } = await select(file, "SELECT s.t FROM S3Object s LIMIT 1");
  expect(scanned).toBeLessThan(2_100_000);
});

test.each(forms)("lists, empty lists and null lists of %o are decoded", async (options) => {
  const lists: FileColumn = { name: "l", type: 1, isList: true, values: [[1, 2], [], null, [null, 3]] };
  const { text } = await select(parquetFile([lists], options), "SELECT s.l, s.l[1] AS b FROM S3Object s");
  expect(text).toBe('{"l":[1,2],"b":2}\n{"l":[]}\n{}\n{"l":[null,3],"b":3}\n');
});

test("numbers of any width are decoded, and times by their logical type", async () => {
  const columns: FileColumn[] = [
    // The time 2022-12-11T20:58:33Z as Hive and Spark write it: a Julian day
    // above the nanoseconds of that day.
    { name: "int96", type: 3, values: [(2_459_925n << 64n) + 75_513_000_000_000n] },
    { name: "uint32", type: 1, converted: 13, values: [-1] },
    { name: "uint64", type: 2, converted: 14, values: [-1n] },
    { name: "float", type: 4, repetition: 0, values: [0.5] },
    {
      name: "micros",
      type: 2,
      values: [-1n],
      logical: [
        8,
        [
          [1, 1, true],
          [2, 12, [[2, 12, []]]],
        ],
      ],
    },
    { name: "last", type: 1, repetition: 2, values: [[1, 2, 3]] },
  ];
  const { text } = await select(parquetFile(columns), "SELECT * FROM S3Object");
  expect(text).toBe(
    '{"int96":45377606915595481758988800,"uint32":4294967295,"uint64":18446744073709551615,"float":0.5,' +
      '"micros":"1969-12-31T23:59:59.999Z","last":3}\n',
  );
});

/**
 * Deltas in blocks of 128 values, in four miniblocks with separate bit widths;
 * examples from the format's specification.
 */
test.each<[string, number, Physical, string, unknown[]]>([
  [
    "DELTA_BINARY_PACKED is decoded",
    5,
    "INT32",
    "8001 04 08 0e 03 02000000 c03f 000000000000",
    [7, 5, 3, 1, 2, 3, 4, 5],
  ],
  [
    "DELTA_LENGTH_BYTE_ARRAY is decoded",
    6,
    "BYTE_ARRAY",
    "8001 04 02 08 03 00000000 617869736c65",
    ["axis", "le"],
  ],
  [
    "DELTA_BYTE_ARRAY is decoded",
    7,
    "BYTE_ARRAY",
    "8001 04 02 00 04 00000000 8001 04 02 08 03 00000000 617869736c65",
    ["axis", "axle"],
  ],
  ["BYTE_STREAM_SPLIT is decoded", 9, "INT32", "01 02 00 00 00 00 00 80", [1, -2_147_483_646]],
])("%s", (_, encoding, physical, hex, expected) => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const values = expected.length;
  const header = { type: "data" as const, uncompressed: bytes.length, values, encoding };
  const levels = { length: 0, compressed: bytes.length, repetitions: 0, definitions: 0, isCompressed: true };
  const written = { physical, length: 0, codec: 0, definition: 0, repetition: 0 };
  const page = pageIn(bytes, { ...header, ...levels }, written, undefined);
  const found = Array.from(page.values, (value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString() : value,
  );
  expect(found).toEqual(expected);
});

test("run-length and bit-packed values are decoded", () => {
  expect([...runs(Buffer.from([0x06, 5, 0x03, 0x88, 0xc6, 0xfa]), 3, 11)]).toEqual([
    5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7,
  ]);
  expect(() => runs(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f]), 3, 11)).toThrow(RangeError);
  expect(runs(Buffer.from([0xfe, 0xff, 0xff, 0xff, 0x0f, 1]), 3, 4)).toEqual(new Uint32Array(4).fill(1));
});

test("a string length beyond the page's end is refused", async () => {
  const column: FileColumn = { name: "t", type: 6, repetition: 0, values: ["text"] };
  const file = parquetFile([column]);
  file.writeUInt32LE(20, file.indexOf("text") - 4);
  await expect(select(file, "SELECT s.t FROM S3Object s")).rejects.toMatchObject({
    code: "ParquetParsingError",
  });
});

test("any corrupted file is either refused or read, in limited time", async () => {
  const columns: FileColumn[] = [
    numbers,
    texts,
    { name: "l", type: 6, isList: true, values: [["a", "b"], [], null, ["c"], ["d"]] },
  ];
  for (const options of [{}, { codec: 1, dictionary: true }, { codec: 2, isSecond: true }]) {
    const file = parquetFile(columns, options);
    for (let at = 0; at < file.length; at++) {
      for (const byte of [0, 0x7f, 0xff, file[at]! ^ 1]) {
        const broken = Buffer.from(file);
        broken[at] = byte;
        await select(broken, "SELECT * FROM S3Object LIMIT 10").catch((error) => {
          expect(error.code).toMatch(/Parquet|OverMax/);
        });
      }
    }
    for (let length = 0; length < file.length; length += 7) {
      await expect(select(file.subarray(0, length), "SELECT * FROM S3Object")).rejects.toMatchObject({
        code: "ParquetParsingError",
      });
    }
  }
});
