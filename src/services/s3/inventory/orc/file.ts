import type { Row } from "../../listing/versions.ts";
import { type Column, type FieldType, snakeCased } from "../fields.ts";
import type { Format } from "../format.ts";
import { groupsOf } from "../groups.ts";
import { message, packed } from "./protobuf.ts";
import { compressed, MAX_PIECE, type Stream, streamsOf } from "./streams.ts";

const MAGIC = Buffer.from("ORC");
const ZLIB = 1;
const VERSION = [0, 12];
/** The number of the type of a row. */
const STRUCT = 12;
/** The number of the encoding in which all columns are. */
const DIRECT = 0;

const TYPES: Record<FieldType, { number: number; name: string }> = {
  boolean: { number: 0, name: "boolean" },
  integer: { number: 4, name: "bigint" },
  string: { number: 7, name: "string" },
  time: { number: 9, name: "timestamp" },
};

/** ORC, compressed by ZLIB. https://orc.apache.org/specification/ORCv1/ */
export const orc: Format = {
  extension: "orc",
  contentType: "application/octet-stream",
  schema: (columns) =>
    `struct<${columns.map((column) => `${snakeCased(column)}:${TYPES[column.type].name}`).join(",")}>`,
  async *write(columns, pages) {
    yield MAGIC;
    let offset = MAGIC.length;
    let rows = 0;
    const stripes: Buffer[] = [];
    for await (const group of groupsOf(pages)) {
      const { data, footer } = await stripeOf(columns, group);
      stripes.push(message({ 1: offset, 2: 0, 3: data.length, 4: footer.length, 5: group.length }));
      rows += group.length;
      offset += data.length + footer.length;
      yield Buffer.concat([data, footer]);
    }
    yield await endOf(columns, rows, offset - MAGIC.length, stripes);
  },
};

/** Writes a group of rows. The first column of ORC is the row itself. */
async function stripeOf(columns: readonly Column[], rows: readonly Row[]) {
  const streams: (Stream & { column: number })[] = [];
  for (const [at, { type, value }] of columns.entries())
    for (const stream of await streamsOf(type, rows.map(value))) streams.push({ ...stream, column: at + 1 });
  const footer = message({
    1: streams.map(({ kind, column, bytes }) => message({ 1: kind, 2: column, 3: bytes.length })),
    2: Array.from({ length: columns.length + 1 }, () => message({ 1: DIRECT })),
    3: "UTC",
  });
  return { data: Buffer.concat(streams.map(({ bytes }) => bytes)), footer: await compressed(footer) };
}

async function endOf(
  columns: readonly Column[],
  rows: number,
  length: number,
  stripes: readonly Buffer[],
): Promise<Buffer> {
  const footer = await compressed(
    message({
      1: MAGIC.length,
      2: length,
      3: stripes,
      4: [
        message({ 1: STRUCT, 2: packed(columns.map((_, at) => at + 1)), 3: columns.map(snakeCased) }),
        ...columns.map(({ type }) => message({ 1: TYPES[type].number })),
      ],
      6: rows,
    }),
  );
  const postscript = message({
    1: footer.length,
    2: ZLIB,
    3: MAX_PIECE,
    4: packed(VERSION),
    5: 0,
    8000: MAGIC,
  });
  return Buffer.concat([footer, postscript, Buffer.of(postscript.length)]);
}
