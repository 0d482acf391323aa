import { parquetReadObjects } from "hyparquet";
import { expect, test } from "vitest";
import type { Row } from "../listing/versions.ts";
import type { Column } from "./fields.ts";
import { FORMATS } from "./format.ts";
import { orcRows } from "./orc/reader.fixture.ts";

/** More rows than a group has, with more bytes than a page has. */
const ROWS = 4_567;
const START = Date.UTC(2014, 11, 31, 23);

/** Stands for the rows of a listing: only its columns look into it. */
const rowOf = (number: number) => ({ number }) as unknown as Row;
const numberOf = (row: Row) => (row as unknown as { number: number }).number;
const keyOf = (number: number) => `${"ключ/".repeat(9)}${number}`;
const some = <T>(row: Row, value: T) => (numberOf(row) % 3 === 0 ? undefined : value);

const columns: Column[] = [
  { name: "Key", type: "string", isRequired: true, value: (row) => keyOf(numberOf(row)) },
  { name: "ETag", type: "string", value: (row) => some(row, "e".repeat(numberOf(row) % 40)) },
  { name: "IsLatest", type: "boolean", value: (row) => some(row, numberOf(row) % 2 === 0) },
  { name: "Size", type: "integer", value: (row) => some(row, numberOf(row) ** 3) },
  { name: "LastModifiedDate", type: "time", value: (row) => START + numberOf(row) * 1_001 },
];

async function fileIn(format: "Parquet" | "ORC", rows: number): Promise<Buffer> {
  async function* pages() {
    for (let at = 0; at < rows; at += 1_000)
      yield Array.from({ length: Math.min(1_000, rows - at) }, (_, i) => rowOf(at + i));
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of FORMATS[format].write(columns, pages())) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const expected = (rows: number, integer: (value: number) => unknown) =>
  Array.from({ length: rows }, (_, i) => ({
    key: keyOf(i),
    e_tag: some(rowOf(i), "e".repeat(i % 40)) ?? null,
    is_latest: some(rowOf(i), i % 2 === 0) ?? null,
    size: some(rowOf(i), integer(i ** 3)) ?? null,
    last_modified_date: new Date(START + i * 1_001),
  }));

test.each([0, 1, ROWS])("a Parquet file has %i rows", async (rows) => {
  const file = new Uint8Array(await fileIn("Parquet", rows)).buffer;
  expect(await parquetReadObjects({ file })).toEqual(expected(rows, BigInt));
});

test.each([0, 1, ROWS])("an ORC file has %i rows", async (rows) => {
  expect(orcRows(await fileIn("ORC", rows))).toEqual(expected(rows, Number));
});

test.each(["ORC", "Parquet"] as const)(
  "a large group in %s is written in many turns of the event loop",
  async (format) => {
    const acls: Column = { name: "ObjectAccessControlList", type: "string", value: () => "a".repeat(10_000) };
    async function* pages() {
      yield Array.from({ length: 1_000 }, (_, i) => rowOf(i));
    }
    let turns = 0;
    let next = setImmediate(function turn() {
      turns++;
      next = setImmediate(turn);
    });
    for await (const _ of FORMATS[format].write([acls], pages()));
    clearImmediate(next);
    expect(turns).toBeGreaterThan(100);
  },
);
