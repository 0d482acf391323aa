import type { Context } from "#kernel/context.ts";
import type { KeyPart } from "#kernel/records/keys.ts";
import type { ListRange, ReadTransaction } from "#kernel/records/transaction.ts";

/** The parameters of a listing. */
export interface Selection {
  prefix: string;
  /** Empty if there is no delimiter. */
  delimiter: string;
  /** The maximum number of entries: rows and common prefixes together. */
  limit: number;
  start: Position | undefined;
}

/**
 * A position after a row and all rows whose tuple starts with its tuple, or after
 * all keys that start with a prefix.
 */
export type Position = { after: readonly KeyPart[] } | { past: string };

/** Access to the rows of one bucket in the order of their listing. */
export interface Rows<T> {
  page(tx: ReadTransaction, range: RowRange): Promise<T[]>;
  key(row: T): string;
  /** Returns the row's key tuple without the bucket. */
  tuple(row: T): readonly KeyPart[];
  /** Whether a row is listed. A row that is not listed does not contribute a common prefix, either. */
  listed?(row: T): boolean;
}

export type RowRange = Pick<ListRange, "prefix" | "after" | "past" | "limit">;

export interface Page<T> {
  rows: T[];
  prefixes: string[];
  /** The last row or common prefix of the page, in the order of the listing. */
  last: T | string | undefined;
  /** The start of the next page; absent at the end of the listing. */
  next: Position | undefined;
}

/**
 * The maximum number of rows that one read transaction examines, since there may be
 * millions of adjacent delete markers.
 */
const ROWS_IN_A_READ = 5_000;
/**
 * The number of rows fetched first if there is a delimiter, since one common
 * prefix may cover most of the page.
 */
const FIRST_PAGE = 16;
/**
 * The number of rows fetched after a common prefix that covered most of a page. The next prefix may be as
 * large, so one row is enough; every eighth time, four rows detect whether prefixes have become smaller.
 */
const AFTER_LARGE = [1, 1, 1, 1, 1, 1, 1, 4];
const MAX_ROWS = 1_000;

/**
 * Returns one page of a listing. The cost is proportional to the entries returned: one seek skips a common
 * prefix, however many keys it covers.
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

  /** Adds a row to the page. @returns whether the page is complete */
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

  /** Returns how many rows to fetch next, after `found` rows of which `shown` were listed. */
  function nextSize(found: number, shown: number, skips: boolean): number {
    // A seek costs as much as reading four rows.
    if (skips && shown < Math.max(found / 4, 2)) return AFTER_LARGE[seeks++ % AFTER_LARGE.length]!;
    // If all rows were listed, fetch the rest of the page, plus one row that shows whether there is another page.
    return Math.min(size * 4, shown === found ? Math.min(MAX_ROWS, limit - count + 1) : MAX_ROWS);
  }

  async function read(tx: ReadTransaction): Promise<boolean> {
    for (let seen = 0; seen < ROWS_IN_A_READ; ) {
      const before = count;
      const found = await rows.page(tx, { prefix, ...position, limit: size });
      for (const row of found) if (add(row)) return true;
      if (found.length < size) return true;
      seen += size;
      const last = found.at(-1)!;
      const skips = common !== undefined && rows.key(last).startsWith(common);
      position = skips ? { past: common! } : { after: rows.tuple(last) };
      size = nextSize(found.length, count - before, skips);
    }
    return false;
  }

  while (!(await ctx.read(read)));
  return page;
}

/** Returns the part of a key up to and including the first delimiter after the prefix. */
function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === "") return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/**
 * Returns the position after a client's marker. A marker within a common
 * prefix skips the whole common prefix.
 */
export function positionAfter(
  marker: string,
  { prefix, delimiter }: Pick<Selection, "prefix" | "delimiter">,
): Position {
  const common = marker.startsWith(prefix) ? commonPrefix(marker, prefix, delimiter) : undefined;
  return common === undefined ? { after: [marker] } : { past: common };
}
