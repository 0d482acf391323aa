import { malformedParquet, tooLargeParquet } from "../errors.ts";
import { decoding } from "./decoding.ts";
import { listIn, numberIn, type Struct, structAt, structIn, structsIn, textIn } from "./thrift.ts";

/** Parquet's physical types, indexed by their numbers. */
const PHYSICAL = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
export type Physical = (typeof PHYSICAL)[number];

const REPETITIONS = ["REQUIRED", "OPTIONAL", "REPEATED"] as const;

const CONVERTED = [
  ...["UTF8", "MAP", "MAP_KEY_VALUE", "LIST", "ENUM", "DECIMAL", "DATE", "TIME", "TIME", "TIMESTAMP_MILLIS"],
  ...["TIMESTAMP_MICROS", "UINT_8", "UINT_16", "UINT_32", "UINT_64", "INT_8", "INT_16", "INT_32", "INT_64"],
  ...["JSON", "BSON", "INTERVAL"],
];

/** Logical types by their field numbers in the union. TIME, TIMESTAMP and INTEGER have details. */
const LOGICAL: Record<number, string> = {
  ...{ 1: "UTF8", 2: "MAP", 3: "LIST", 4: "ENUM", 5: "DECIMAL", 6: "DATE", 7: "TIME", 8: "TIMESTAMP" },
  ...{ 10: "INTEGER", 11: "NULL", 12: "JSON", 13: "BSON", 14: "UUID", 15: "FLOAT16", 16: "VARIANT" },
  ...{ 17: "GEOMETRY", 18: "GEOGRAPHY" },
};

/** A column or a group of columns. */
export interface Field {
  name: string;
  path: readonly string[];
  repetition: (typeof REPETITIONS)[number];
  /** The type of a column; `undefined` for a group. */
  physical: Physical | undefined;
  /**
   * The meaning of the values: `UTF8`, `DECIMAL`, `TIMESTAMP_MILLIS`, …; `undefined`
   * if they have no special meaning.
   */
  meaning: string | undefined;
  length: number;
  scale: number;
  children: readonly Field[];
}

/** The values of a column in one row group. */
export interface Chunk {
  path: readonly string[];
  codec: number;
  values: number;
  start: number;
  end: number;
  uncompressed: number;
}

export interface RowGroup {
  /** The offset in the file. */
  start: number;
  rows: number;
  /** The uncompressed size of all columns in bytes. */
  size: number;
  chunks: readonly Chunk[];
}

export interface Footer {
  fields: readonly Field[];
  groups: readonly RowGroup[];
}

/** The limit of S3 Select. */
const MAX_GROUP_BYTES = 512 * 2 ** 20;
const MAX_FOOTER_BYTES = 16 * 2 ** 20;
const MAX_FIELDS = 10_000;
const MAX_DEPTH = 32;
/** The size of the footer's length and the magic number, at the end of the file. */
const TAIL = 8;

/** Reads the footer of a file. @throws {AwsError} ParquetParsingError, OverMaxParquetBlockSize */
export async function footerOf(
  size: number,
  read: (start: number, end: number) => Promise<Buffer>,
): Promise<Footer> {
  if (size < 2 * TAIL - 4) throw malformedParquet();
  const tail = await read(size - TAIL, size);
  if (tail.toString("latin1", 4) !== "PAR1") throw malformedParquet();
  const length = tail.readUInt32LE(0);
  if (length > size - TAIL - 4) throw malformedParquet();
  if (length > MAX_FOOTER_BYTES) throw tooLargeParquet();
  const bytes = await read(size - TAIL - length, size - TAIL);
  return decoding(() => footerIn(bytes, size - TAIL - length));
}

function footerIn(bytes: Buffer, end: number): Footer {
  const { struct } = structIn(bytes);
  const groups = structsIn(struct, 4).map((group) => groupIn(group, end));
  return { fields: fieldsIn(structsIn(struct, 2)), groups };
}

function fieldsIn(elements: readonly Struct[]): readonly Field[] {
  if (elements.length > MAX_FIELDS) throw tooLargeParquet();
  let at = 0;
  function next(path: readonly string[]): Field {
    const element = elements[at++];
    if (!element || path.length > MAX_DEPTH) throw malformedParquet();
    const name = textIn(element, 4) ?? "";
    const here = at === 1 ? [] : [...path, name];
    const physical = PHYSICAL[numberIn(element, 1) ?? -1];
    const count = numberIn(element, 5) ?? 0;
    const children: Field[] = [];
    while (children.length < count) children.push(next(here));
    if (!physical && children.length === 0 && at > 1) throw malformedParquet();
    return {
      name,
      path: here,
      repetition: REPETITIONS[numberIn(element, 3) ?? 0] ?? "REQUIRED",
      physical: children.length === 0 ? physical : undefined,
      meaning: meaningOf(element),
      length: numberIn(element, 2) ?? 0,
      scale: numberIn(element, 7) ?? 0,
      children,
    };
  }
  return next([]).children;
}

/**
 * Returns the meaning of a column. Newer files have a logical type, older ones
 * a converted type, most have both.
 */
function meaningOf(element: Struct): string | undefined {
  const [logical] = [...(structAt(element, 10) ?? [])];
  if (!logical) return CONVERTED[numberIn(element, 6) ?? -1];
  const [field, details] = logical;
  const name = LOGICAL[field];
  if (!(details instanceof Map)) return name;
  if (name === "TIMESTAMP") {
    const unit = [...(structAt(details, 2)?.keys() ?? [])][0];
    return `TIMESTAMP_${unit === 3 ? "NANOS" : unit === 2 ? "MICROS" : "MILLIS"}`;
  }
  if (name !== "INTEGER") return name ?? "UNKNOWN";
  return `${details.get(2) === false ? "UINT" : "INT"}_${numberIn(details, 1)}`;
}

function groupIn(group: Struct, end: number): RowGroup {
  const chunks = structsIn(group, 1).map((column) => chunkIn(column, end));
  const size = chunks.reduce((sum, { uncompressed }) => sum + uncompressed, 0);
  if (Math.max(size, numberIn(group, 2) ?? 0) > MAX_GROUP_BYTES) throw tooLargeParquet();
  const rows = numberIn(group, 3) ?? -1;
  if (rows < 0 || chunks.length === 0) throw malformedParquet();
  return { start: Math.min(...chunks.map(({ start }) => start)), rows, size, chunks };
}

function chunkIn(column: Struct, end: number): Chunk {
  const metadata = structAt(column, 3);
  // Columns in another file and encrypted columns are not supported.
  if (!metadata || textIn(column, 1)) throw malformedParquet();
  const [data = -1, dictionary = 0] = [numberIn(metadata, 9), numberIn(metadata, 11)];
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  const chunk = {
    path: listIn(metadata, 3).map((name) => Buffer.from(name as Uint8Array).toString()),
    codec: numberIn(metadata, 4) ?? -1,
    values: numberIn(metadata, 5) ?? -1,
    start,
    end: start + (numberIn(metadata, 7) ?? -1),
    uncompressed: numberIn(metadata, 6) ?? -1,
  };
  const { values, uncompressed } = chunk;
  if (start < 0 || chunk.end < start || chunk.end > end || values < 0 || uncompressed < 0) {
    throw malformedParquet();
  }
  return chunk;
}
