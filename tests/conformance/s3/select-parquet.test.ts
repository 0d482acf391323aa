import { expect } from "vitest";
import { type FileColumn, type FileOptions, parquetFile } from "#services/s3/select/parquet/file.fixture.ts";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { type Asking, api, asJson, errors, guide, selectOf, sql } from "./selecting.ts";

const cloud = conformanceCloud();
const { select } = selectOf(cloud);
const json: Asking = { input: { Parquet: {} }, output: asJson };
const csv: Asking = { input: { Parquet: {} } };
const requirements = guide("selecting-content-from-objects");
const types = sql("data-types");

const ids: FileColumn = { name: "id", type: 1, values: [1, 2, 3] };
const names: FileColumn = { name: "Name", type: 6, converted: 0, values: ["Ann", null, "Cy"] };
const people = [ids, names];

/** A query and its result. */
function gives(
  what: string,
  source: string,
  columns: readonly FileColumn[],
  query: string,
  text: string,
  { asking = json, options = {} }: { asking?: Asking; options?: FileOptions } = {},
) {
  behaviour(what, source, async () => {
    expect((await select(parquetFile(columns, options), query, asking)).text).toBe(text);
  });
}

/** A query and its error. */
function refuses(what: string, source: string, body: Uint8Array, name: string, asking = json) {
  behaviour(what, source, async () => {
    await expect(select(body, "SELECT * FROM S3Object", asking)).rejects.toMatchObject({
      name,
      $metadata: { httpStatusCode: 400 },
    });
  });
}

// Rows

gives("a Parquet object can be returned as CSV", api, people, "SELECT * FROM S3Object", "1,Ann\n2,\n3,Cy\n", {
  asking: csv,
});
gives(
  "null values are omitted from JSON output",
  "https://github.com/aws/aws-sdk-java/issues/2576",
  people,
  "SELECT * FROM S3Object",
  '{"id":1,"Name":"Ann"}\n{"id":2}\n{"id":3,"Name":"Cy"}\n',
);
gives(
  "column names are case-insensitive unless quoted",
  guide("s3-select-sql-reference-select"),
  people,
  'SELECT s.name, s."id" AS n, s."ID" AS none FROM S3Object s LIMIT 1',
  '{"name":"Ann","n":1}\n',
);
gives(
  "aggregate functions span row groups",
  sql("sql-functions"),
  people,
  "SELECT COUNT(*), SUM(s.id), MAX(s.Name) FROM S3Object s WHERE s.id > 1",
  "2,5,Cy\n",
  { asking: csv, options: { groupRows: 1 } },
);
for (const [codec, how] of [
  [1, "Snappy"],
  [2, "GZIP"],
] as const) {
  gives(
    `columns compressed with ${how} are read`,
    requirements,
    people,
    "SELECT s.Name FROM S3Object s WHERE s.Name IS NOT NULL",
    "Ann\nCy\n",
    { asking: csv, options: { codec, dictionary: true } },
  );
}

// Types

const typed: [what: string, column: Omit<FileColumn, "name">, text: string][] = [
  ["BOOLEAN", { type: 0, values: [true, false] }, '{"v":true}\n{"v":false}\n'],
  ["INT(8)", { type: 1, converted: 15, values: [-128] }, '{"v":-128}\n'],
  ["INT(16)", { type: 1, converted: 16, values: [-32_768] }, '{"v":-32768}\n'],
  ["INT(32)", { type: 1, converted: 17, values: [-2_147_483_648] }, '{"v":-2147483648}\n'],
  ["INT(64)", { type: 2, converted: 18, values: [9_007_199_254_740_993n] }, '{"v":9007199254740993}\n'],
  ["DOUBLE", { type: 5, values: [1.5] }, '{"v":1.5}\n'],
  ["STRING", { type: 6, converted: 0, values: ["ünï"] }, '{"v":"ünï"}\n'],
  ["ENUM", { type: 6, converted: 4, values: ["RED"] }, '{"v":"RED"}\n'],
  ["DATE", { type: 1, converted: 6, values: [19_723, -1] }, '{"v":"2024-01-01"}\n{"v":"1969-12-31"}\n'],
  ["DECIMAL in an int", { type: 2, converted: 5, scale: 2, values: [-12_345n] }, '{"v":-123.45}\n'],
  [
    "DECIMAL in bytes",
    { type: 7, length: 9, converted: 5, scale: 3, values: [Buffer.from("0100000000000000ff", "hex")] },
    '{"v":18446744073709551.871}\n',
  ],
  [
    "TIMESTAMP in milliseconds",
    { type: 2, converted: 9, values: [1_704_067_200_123n] },
    '{"v":"2024-01-01T00:00:00.123Z"}\n',
  ],
  ["LIST", { type: 1, isList: true, values: [[1, 2], [3]] }, '{"v":[1,2]}\n{"v":[3]}\n'],
];
for (const [what, column, text] of typed) {
  gives(`${what} is read`, types, [{ name: "v", ...column }], "SELECT s.v FROM S3Object s", text);
}
gives(
  "a DATE column is a timestamp in expressions",
  types,
  [{ name: "v", type: 1, converted: 6, values: [19_723, 19_724] }],
  "SELECT EXTRACT(DAY FROM s.v) AS d FROM S3Object s WHERE s.v > TO_TIMESTAMP('2024-01-01T')",
  '{"d":2}\n',
);
gives(
  "an element of a list can be returned as CSV",
  types,
  [{ name: "v", type: 1, isList: true, values: [[1, 2], [3]] }],
  "SELECT s.v[0] FROM S3Object s",
  "1\n3\n",
  { asking: csv },
);

// Ranges

behaviour("a scan range selects the row groups that begin in it", api, async () => {
  const file = parquetFile(people, { groupRows: 1 });
  const query = "SELECT s.id FROM S3Object s";
  const first = await select(file, query, { ...csv, more: { ScanRange: { Start: 0, End: 10 } } });
  const later = await select(file, query, { ...csv, more: { ScanRange: { Start: 10 } } });
  expect([first.text, later.text]).toEqual(["1\n", "2\n3\n"]);
});

// Refusals

refuses(
  "a file that is not Parquet is refused",
  errors,
  Buffer.from("id,name\n1,Ann\n"),
  "ParquetParsingError",
);
refuses("a truncated file is refused", errors, parquetFile(people).subarray(0, -20), "ParquetParsingError");
refuses(
  "a codec other than Snappy and GZIP is refused",
  errors,
  parquetFile(people, { codec: 6 }),
  "ParquetUnsupportedCompressionCodec",
);
for (const [what, converted] of [
  ["TIME", 7],
  ["JSON", 19],
] as const) {
  const type = what === "JSON" ? 6 : 1;
  const column = { name: "v", type, converted, values: [what === "JSON" ? "{}" : 1] };
  refuses(`a column of type ${what} is refused`, errors, parquetFile([column]), "UnsupportedParquetType");
}
refuses(
  "a row group of more than 512 MB is refused",
  requirements,
  parquetFile(people, { groupSize: 600n * 2n ** 20n }),
  "OverMaxParquetBlockSize",
);
refuses(
  "compression of the whole object is refused",
  requirements,
  parquetFile(people),
  "InvalidCompressionFormat",
  {
    ...json,
    input: { Parquet: {}, CompressionType: "GZIP" },
  },
);
