import { keyBytes, keyText } from "../key-text.ts";
import { type KeyRange, MAX_PAGE } from "../kv.ts";
import { TextRow } from "../text-row.ts";
import type { Generation } from "./generation.ts";
import type { Base } from "./log.ts";

type Below = Pick<Base, "get" | "keys" | "range">;

/** The rows of a range as the generations, newest last, lay them over the base. */
export function mergeRanges(generations: readonly Generation[], base: Below, range: KeyRange): TextRow[] {
  if (range.limit <= 0) return [];
  const above = generations
    .map((generation) => inGeneration(generation, range))
    .filter(({ head }) => head !== undefined)
    .reverse();
  if (above.length === 0) return base.range(range);
  const mostAreHidden = above.some(({ count }) => count >= range.limit / 2);
  const sources: Source[] = [...above, inBase(base, range, mostAreHidden)];
  const isBefore = range.reverse ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  const rows: TextRow[] = [];
  for (;;) {
    let next: Source | undefined;
    for (const source of sources)
      if (source.head !== undefined && (!next || isBefore(source.head, next.head!))) next = source;
    if (!next) return rows;
    const text = next.head!;
    const row = next.row();
    if (row) rows.push(row);
    // One step further may cost a page of the base that nobody wants.
    if (rows.length === range.limit) return rows;
    for (const source of sources) if (source.head === text) source.advance();
  }
}

/** Rows in their order, one at a time. */
interface Source {
  /** The key of the row that it stands at, as text; `undefined` behind the last one. */
  readonly head: string | undefined;
  /** That row; `undefined` where it is deleted. */
  row(): TextRow | undefined;
  advance(): void;
}

function inGeneration({ rows, valueCopy }: Generation, { start, end, limit, reverse }: KeyRange) {
  let [from, to] = [keyText(start), keyText(end)];
  let keys = rows.keys(from, to, limit, reverse);
  let at = 0;
  return {
    /** How many there are, as far as is known. */
    count: keys.length,
    get head() {
      return keys[at];
    },
    row() {
      const value = valueCopy(rows.get(keys[at]!)!);
      return value && new TextRow(keys[at]!, value);
    },
    advance() {
      const last = keys[at++]!;
      if (at < keys.length || keys.length < limit) return;
      if (reverse) to = last;
      else from = `${last}\0`;
      keys = rows.keys(from, to, limit, reverse);
      at = 0;
    },
  };
}

/**
 * Page by page, each larger than the one before: how many rows the generations hide is not known beforehand.
 * @param mostAreHidden values are then read one by one, of the rows that are not
 */
function inBase(base: Below, range: KeyRange, mostAreHidden: boolean): Source {
  let rest = range;
  let page = pageOf(rest);
  let at = 0;

  function pageOf(wanted: KeyRange): { text: string; row(): TextRow }[] {
    if (!mostAreHidden) return base.range(wanted).map((row) => ({ text: row.text, row: () => row }));
    return base
      .keys(wanted)
      .map((text) => ({ text, row: () => new TextRow(text, base.get(keyBytes(text))!) }));
  }

  return {
    get head() {
      return page[at]?.text;
    },
    row: () => page[at]!.row(),
    advance() {
      const last = page[at++]!.text;
      if (at < page.length || page.length < rest.limit) return;
      const limit = Math.min(2 * rest.limit, MAX_PAGE);
      const bound = range.reverse ? { end: keyBytes(last) } : { start: keyBytes(`${last}\0`) };
      rest = { ...rest, limit, ...bound };
      page = pageOf(rest);
      at = 0;
    },
  };
}
