import { assembleLists, assembleNested } from "hyparquet/src/assemble.js";
import type { Structure, Value } from "#aws/languages/select/values.ts";
import { turn } from "../batches.ts";
import { malformedParquet, tooLargeParquet } from "../errors.ts";
import { decoding } from "./decoding.ts";
import type { Chunk, Field, RowGroup } from "./footer.ts";
import {
  dictionaryIn,
  isDictionaryEncoded,
  type Page,
  type PageHeader,
  pageHeader,
  pageIn,
  type Written,
} from "./pages.ts";
import { type Convert, conversionOf } from "./values.ts";

export interface Reading {
  /** Reads a range of the object; `end` is exclusive. */
  read: (start: number, end: number) => Promise<Buffer>;
  /** The number of bytes of a column that are read at a time. */
  window: number;
  budget: Budget;
}

/** The approximate number of bytes in memory at once, whatever sizes the file claims. */
export interface Budget {
  held: number;
}

const MAX_HELD_BYTES = 256 * 2 ** 20;
/** The maximum size of a page. A page is decoded synchronously, which blocks other work. */
const MAX_PAGE = 64 * 2 ** 20;
/** The approximate memory of a decoded value, in bytes. */
const VALUE_BYTES = 24;
const MAX_HEADER_BYTES = 2 ** 20;
const FIRST_HEADER_BYTES = 4 * 1024;
const MAX_ROWS = 1_024;

/** Yields the rows of a group with the columns that the query names, a few rows at a time. */
export async function* rowsIn(
  group: RowGroup,
  fields: readonly Field[],
  reading: Reading,
): AsyncGenerator<Structure[]> {
  const columns = fields.map((field) => ({
    name: field.name,
    pages:
      field.physical && field.repetition !== "REPEATED"
        ? flat(group, field, reading)
        : nested(group, field, reading),
    values: [] as readonly Value[],
    at: 0,
  }));
  for (let left = group.rows; left > 0; ) {
    let count = Math.min(left, MAX_ROWS);
    for (const column of columns) {
      while (column.at === column.values.length) {
        const next = await column.pages.next();
        if (next.done) throw malformedParquet();
        [column.values, column.at] = [next.value, 0];
      }
      count = Math.min(count, column.values.length - column.at);
    }
    const rows = Array.from({ length: count }, (_, n) =>
      Object.fromEntries(columns.map(({ name, values, at }) => [name, values[at + n]])),
    );
    for (const column of columns) column.at += count;
    left -= count;
    yield rows;
  }
}

/** Reads a column with at most one value per row. */
async function* flat(group: RowGroup, field: Field, reading: Reading): AsyncGenerator<readonly Value[]> {
  const chunk = chunkOf(group, field);
  if (chunk.values !== group.rows) throw malformedParquet();
  const pages = pagesOf(chunk, writtenAs([field], chunk), conversionOf(field), reading);
  for await (const { definitions, values, convert } of pages) {
    const count = definitions?.length ?? values.length;
    let next = 0;
    for (let from = 0; from < count; from += MAX_ROWS) {
      const length = Math.min(MAX_ROWS, count - from);
      yield decoding(() =>
        Array.from({ length }, (_, n) =>
          definitions && definitions[from + n] === 0 ? undefined : convert(values[next++] as never),
        ),
      );
    }
  }
}

/** Reads a column of lists, maps or structures: the whole row group at once. */
async function* nested(group: RowGroup, field: Field, reading: Reading): AsyncGenerator<readonly Value[]> {
  const columns = new Map<string, unknown[]>();
  let held = 0;
  for (const path of leavesOf([field])) {
    const leaf = path.at(-1)!;
    const chunk = chunkOf(group, leaf);
    held += reserve(reading.budget, chunk.uncompressed + chunk.values * VALUE_BYTES * path.length);
    let output: unknown[] = [];
    for await (const page of pagesOf(chunk, writtenAs(path, chunk), conversionOf(leaf), reading)) {
      output = decoding(() => assembled(output, page, path));
    }
    columns.set(leaf.path.join("."), output);
  }
  const values = decoding(() => {
    assembleNested(columns, treeOf(field), {} as never);
    return columns.get(field.path.join(".")) as Value[];
  });
  // S3 Select returns the last value of a repeated field that is not a list.
  yield field.physical
    ? values.map((list) => (list as Value[]).at(-1))
    : values.map((value) => value ?? undefined);
  reading.budget.held -= held;
}

function assembled(output: unknown[], page: ConvertedPage, path: readonly Field[]): unknown[] {
  const values = Array.from(page.values, (value) => page.convert(value as never));
  const levels = (of: ArrayLike<number> | undefined) => (of ? Array.from(of) : []);
  const tree = [{ element: { name: "root" } }, ...path.map((field) => ({ element: elementOf(field) }))];
  const lists = assembleLists(
    output,
    levels(page.definitions),
    levels(page.repetitions),
    values,
    tree as never,
  ) as unknown[];
  return lists === output ? output : output.concat(lists);
}

const elementOf = ({ name, repetition, meaning }: Field) => ({
  name,
  repetition_type: repetition,
  converted_type: meaning === "LIST" || meaning === "MAP" ? meaning : undefined,
});

function treeOf(field: Field): never {
  const children = field.children.map(treeOf);
  return { element: elementOf(field), path: field.path, children, count: children.length } as never;
}

/** Returns the leaf columns below a field, each with its path. */
export function leavesOf(path: readonly Field[]): (readonly Field[])[] {
  const { children } = path.at(-1)!;
  return children.length === 0 ? [path] : children.flatMap((child) => leavesOf([...path, child]));
}

function chunkOf({ chunks }: RowGroup, { path }: Field): Chunk {
  const wanted = path.join(".");
  const chunk = chunks.find((one) => one.path.join(".") === wanted);
  if (!chunk) throw malformedParquet();
  return chunk;
}

function writtenAs(path: readonly Field[], { codec }: Chunk): Written {
  const { physical, length } = path.at(-1)!;
  return {
    physical: physical!,
    length,
    codec,
    definition: path.filter(({ repetition }) => repetition !== "REQUIRED").length,
    repetition: path.filter(({ repetition }) => repetition === "REPEATED").length,
  };
}

interface ConvertedPage extends Page {
  convert: Convert;
}

/** Yields the pages of a column. Each page is read only after the previous one has been used. */
async function* pagesOf(
  chunk: Chunk,
  written: Written,
  convert: Convert,
  reading: Reading,
): AsyncGenerator<ConvertedPage> {
  const { budget } = reading;
  const windowed = windowOn(chunk, reading);
  let dictionary: Value[] | undefined;
  let [left, kept] = [chunk.values, reserve(budget, Math.min(reading.window, chunk.end - chunk.start))];
  while (left > 0) {
    const header = await windowed.header();
    const bytes = await windowed.bytes(header.compressed);
    if (header.type === "other") continue;
    const cost = reserve(budget, header.compressed + header.uncompressed + header.values * VALUE_BYTES);
    if (cost > MAX_PAGE) throw tooLargeParquet();
    await turn();
    if (header.type === "dictionary") {
      dictionary = decoding(() =>
        Array.from(dictionaryIn(bytes, header, written), (value) => convert(value as never)),
      );
      kept += cost;
      continue;
    }
    if (header.values > left) throw malformedParquet();
    left -= header.values;
    const page = decoding(() => pageIn(bytes, header, written, dictionary));
    yield { ...page, convert: isDictionaryEncoded(header) ? (value) => value : convert };
    budget.held -= cost;
  }
  budget.held -= kept;
}

function reserve(budget: Budget, bytes: number): number {
  budget.held += bytes;
  if (budget.held > MAX_HELD_BYTES) throw tooLargeParquet();
  return bytes;
}

/** Returns a sliding window over the bytes of a column. */
function windowOn({ start, end }: Chunk, { read, window }: Reading) {
  let [at, held] = [start, Buffer.alloc(0)];

  async function ensureBytes(count: number): Promise<void> {
    if (held.length >= count) return;
    if (count > held.length + end - at) throw malformedParquet();
    const to = Math.min(Math.max(at + window, at + count - held.length), end);
    held = Buffer.concat([held, await read(at, to)]);
    at = to;
  }

  return {
    async header(): Promise<PageHeader> {
      for (let size = FIRST_HEADER_BYTES; ; size *= 2) {
        const all = held.length + end - at;
        await ensureBytes(Math.min(size, all));
        try {
          const header = pageHeader(held);
          held = held.subarray(header.length);
          return header;
        } catch {
          if (size >= all || size >= MAX_HEADER_BYTES) throw malformedParquet();
        }
      }
    },
    async bytes(count: number): Promise<Buffer> {
      await ensureBytes(count);
      const bytes = held.subarray(0, count);
      held = held.subarray(count);
      return bytes;
    },
  };
}
