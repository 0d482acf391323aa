import type { Row } from "../../listing/versions.ts";
import { type Column, type FieldType, snakeCased } from "../fields.ts";
import type { Format } from "../format.ts";
import { groupsOf } from "../groups.ts";
import { pagesOf } from "./pages.ts";
import { i32, i64, isTrue, list, struct, text } from "./thrift.ts";

const MAGIC = Buffer.from("PAR1");
const ROOT = "s3.inventory";
const [PLAIN, RLE] = [0, 3];
const SNAPPY = 1;

interface ParquetType {
  /** The number of the physical type. */
  number: number;
  name: string;
  /** The number and name of the converted type, and the logical type that replaces it in newer readers. */
  converted?: { number: number; name: string; logical: ReturnType<typeof struct> };
}

const TYPES: Record<FieldType, ParquetType> = {
  boolean: { number: 0, name: "boolean" },
  integer: { number: 2, name: "int64" },
  time: {
    number: 2,
    name: "int64",
    converted: {
      number: 9,
      name: "TIMESTAMP_MILLIS",
      logical: struct({ 8: struct({ 1: isTrue, 2: struct({ 1: struct({}) }) }) }),
    },
  },
  string: {
    number: 6,
    name: "binary",
    converted: { number: 0, name: "UTF8", logical: struct({ 1: struct({}) }) },
  },
};

/** Parquet, compressed by Snappy. https://parquet.apache.org/docs/file-format/ */
export const parquet: Format = {
  extension: "parquet",
  contentType: "application/octet-stream",
  schema: (columns) => `message ${ROOT} { ${columns.map((column) => `${declared(column)};`).join(" ")} }`,
  async *write(columns, pages) {
    yield MAGIC;
    let offset = MAGIC.length;
    let rows = 0;
    const groups: Group[] = [];
    for await (const group of groupsOf(pages)) {
      const written = await groupOf(columns, group, offset);
      groups.push(written.group);
      rows += group.length;
      offset += written.bytes.length;
      yield written.bytes;
    }
    const footer = footerOf(columns, rows, groups);
    const length = Buffer.alloc(Uint32Array.BYTES_PER_ELEMENT);
    length.writeUInt32LE(footer.length);
    yield Buffer.concat([footer, length, MAGIC]);
  },
};

function declared(column: Column): string {
  const { name, converted } = TYPES[column.type];
  const repetition = column.isRequired ? "required" : "optional";
  return `${repetition} ${name} ${snakeCased(column)}${converted ? ` (${converted.name})` : ""}`;
}

type Group = ReturnType<typeof struct>;

/** Writes a group of rows, column after column. */
async function groupOf(columns: readonly Column[], rows: readonly Row[], offset: number) {
  const written: Buffer[] = [];
  const chunks: Group[] = [];
  let at = offset;
  let uncompressed = 0;
  for (const column of columns) {
    const pages = await pagesOf(column.type, column.isRequired === true, rows.map(column.value));
    const bytes = Buffer.concat(pages.map((page) => page.bytes));
    const size = pages.reduce((sum, page) => sum + page.uncompressed, 0);
    chunks.push(chunkOf(column, { at, values: rows.length, uncompressed: size, compressed: bytes.length }));
    written.push(bytes);
    at += bytes.length;
    uncompressed += size;
  }
  return {
    group: struct({ 1: list(chunks), 2: i64(uncompressed), 3: i64(rows.length) }),
    bytes: Buffer.concat(written),
  };
}

interface Chunk {
  /** The offset of its first page in the file. */
  at: number;
  values: number;
  uncompressed: number;
  compressed: number;
}

/** Describes the pages of a column in a group. */
const chunkOf = (column: Column, { at, values, uncompressed, compressed }: Chunk) =>
  struct({
    2: i64(at),
    3: struct({
      1: i32(TYPES[column.type].number),
      2: list([i32(PLAIN), i32(RLE)]),
      3: list([text(snakeCased(column))]),
      4: i32(SNAPPY),
      5: i64(values),
      6: i64(uncompressed),
      7: i64(compressed),
      9: i64(at),
    }),
  });

function footerOf(columns: readonly Column[], rows: number, groups: readonly Group[]): Uint8Array {
  const schema = columns.map((column) => {
    const { number, converted } = TYPES[column.type];
    return struct({
      1: i32(number),
      3: i32(column.isRequired ? 0 : 1),
      4: text(snakeCased(column)),
      6: converted && i32(converted.number),
      10: converted?.logical,
    });
  });
  return struct({
    1: i32(1),
    2: list([struct({ 4: text(ROOT), 5: i32(columns.length) }), ...schema]),
    3: i64(rows),
    4: list(groups),
  }).bytes;
}
