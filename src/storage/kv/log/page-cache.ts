import { keyText } from "../key-text.ts";
import type { KeyRange } from "../kv.ts";
import { TextRow } from "../text-row.ts";
import type { Base } from "./log.ts";

/** Shorter pages are read as quickly as they are found here. */
const FEWEST_ROWS = 16;
const LARGEST_PAGE = 128 * 1_024;
/** Pages that were asked for and may be again. */
const MOST_ASKED = 2_000;
const MOST_BYTES = 4 * 1_024 * 1_024;
/** What a row takes besides. */
const OVERHEAD = 250;

/**
 * A base of which a page that is asked for again is kept: nothing in it changes but when a generation comes to it, once for
 * thousands of commits. All pages are forgotten then, and when there are too many.
 */
export function keepingPages(base: Base): Base {
  const pages = new Map<string, readonly TextRow[]>();
  const asked = new Set<string>();
  let bytes = 0;

  function forget(): void {
    pages.clear();
    bytes = 0;
  }

  function keep(name: string, page: readonly TextRow[]): void {
    if (!asked.has(name)) {
      if (asked.size >= MOST_ASKED) asked.clear();
      asked.add(name);
      return;
    }
    const size = page.reduce((sum, { start, end }) => sum + end - start, 0);
    if (size > LARGEST_PAGE) return;
    bytes += size + page.length * OVERHEAD;
    if (bytes > MOST_BYTES) forget();
    else pages.set(name, together(page, size));
  }

  return {
    get settled() {
      return base.settled;
    },
    get: (key) => base.get(key),
    range(range) {
      if (range.limit < FEWEST_ROWS) return base.range(range);
      const name = nameOf(range);
      const known = pages.get(name);
      // Rows belong to who asked for them.
      if (known) return known.map(({ text, bytes, start, end }) => new TextRow(text, bytes, start, end));
      const page = base.range(range);
      if (page.length >= FEWEST_ROWS) keep(name, page);
      return page;
    },
    async apply(changes, settled) {
      try {
        await base.apply(changes, settled);
      } finally {
        forget();
      }
    },
    rest() {
      forget();
      asked.clear();
      base.rest();
    },
    close: () => base.close(),
  };
}

const nameOf = ({ start, end, limit, reverse = false }: KeyRange): string =>
  `${limit} ${reverse} ${start.length} ${keyText(start)}${keyText(end)}`;

/** The same rows in memory of their own: what they stand in may be large. */
function together(page: readonly TextRow[], size: number): TextRow[] {
  const all = Buffer.allocUnsafeSlow(size);
  let at = 0;
  return page.map(({ text, bytes, start, end }) => {
    all.set(bytes.subarray(start, end), at);
    const from = at;
    at += end - start;
    return new TextRow(text, all, from, at);
  });
}
