import type { Context } from "#kernel/context.ts";
import type { KeyPart } from "#kernel/keys.ts";
import type { ListRange, ReadTransaction } from "#kernel/transaction.ts";

/** What a listing asks for. */
export interface Selection {
  prefix: string;
  /** Empty where there is none. */
  delimiter: string;
  /** Entries wanted: rows and common prefixes together. */
  limit: number;
  start: Position | undefined;
}

/** Behind a row and all rows whose tuple continues its tuple, or past all keys that begin with a prefix. */
export type Position = { after: readonly KeyPart[] } | { past: string };

/** Rows of one bucket in the order of their listing. */
export interface Rows<T> {
  page(tx: ReadTransaction, range: RowRange): Promise<T[]>;
  key(row: T): string;
  /** The tuple below the bucket. */
  tuple(row: T): readonly KeyPart[];
  /** Whether a row is listed. One that is not makes no common prefix, either. */
  listed?(row: T): boolean;
}

export type RowRange = Pick<ListRange, "prefix" | "after" | "past" | "limit">;

export interface Page<T> {
  rows: T[];
  prefixes: string[];
  /** The last of both, in the order of the listing. */
  last: T | string | undefined;
  /** Where the next page begins; absent at the end of the listing. */
  next: Position | undefined;
}

/** Most rows that one read transaction looks at: there may be a run of millions of delete markers. */
const ROWS_IN_A_READ = 5_000;
/** Rows fetched first where a delimiter may make most of a page one common prefix. */
const FIRST_PAGE = 16;
/**
 * Rows fetched behind a common prefix that hid most of a page. The next prefix may be as large, so one row is enough;
 * every eighth time a few more show whether prefixes have become small.
 */
const AFTER_LARGE = [1, 1, 1, 1, 1, 1, 1, 4];
const MAX_ROWS = 1_000;

/**
 * One page of a listing. It costs only what it shows: one seek leads past a common prefix, however much is below it.
 */
export async function walk<T extends object>(
  ctx: Context,
  rows: Rows<T>,
  selection: Selection,
): Promise<Page<T>> {
  const { prefix, delimiter, limit } = selection;
  const page: Page<T> = { rows: [], prefixes: [], last: undefined, next: undefined };
  if (limit === 0) return page;
  let position = selection.start;
  let size = Math.min(limit + 1, delimiter === "" ? MAX_ROWS : FIRST_PAGE);
  let count = 0;
  let common: string | undefined;
  let seeks = 0;

  /** @returns whether the page is complete */
  function add(row: T): boolean {
    const key = rows.key(row);
    if (common !== undefined && key.startsWith(common)) return false;
    if (rows.listed?.(row) === false) return false;
    if (count === limit) {
      page.next = typeof page.last === "string" ? { past: page.last } : { after: rows.tuple(page.last!) };
      return true;
    }
    count++;
    common = commonPrefix(key, prefix, delimiter);
    if (common === undefined) page.rows.push(row);
    else page.prefixes.push(common);
    page.last = common ?? row;
    return false;
  }

  async function read(tx: ReadTransaction): Promise<boolean> {
    for (let seen = 0; seen < ROWS_IN_A_READ; ) {
      const before = count;
      const found = await rows.page(tx, { prefix, ...position, limit: size });
      for (const row of found) if (add(row)) return true;
      if (found.length < size) return true;
      seen += size;
      const last = found.at(-1)!;
      const skip = common !== undefined && rows.key(last).startsWith(common);
      position = skip ? { past: common! } : { after: rows.tuple(last) };
      // A seek costs as much as reading four rows.
      const hidden = skip && count - before < Math.max(found.length / 4, 2);
      // If all rows were shown, read the rest of the page, and one more row that shows whether there is another page.
      const most = count - before === found.length ? Math.min(MAX_ROWS, limit - count + 1) : MAX_ROWS;
      size = hidden ? AFTER_LARGE[seeks++ % AFTER_LARGE.length]! : Math.min(size * 4, most);
    }
    return false;
  }

  while (!(await ctx.read(read)));
  return page;
}

/** The part of a key up to the first delimiter behind the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** Where a client's marker leads. One inside a common prefix stands for all of it. */
export function positionAfter(
  marker: string,
  { prefix, delimiter }: Pick<Selection, "prefix" | "delimiter">,
): Position {
  const common = marker.startsWith(prefix) ? commonPrefix(marker, prefix, delimiter) : undefined;
  return common === undefined ? { after: [marker] } : { past: common };
}
