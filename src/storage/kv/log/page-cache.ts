import { keyText } from "../key-text.ts";
import type { KeyRange } from "../kv.ts";
import { TextRow } from "../text-row.ts";
import type { Base } from "./log.ts";

/** Shorter pages are read from the base as fast as from the cache. */
const MIN_ROWS = 16;
const MAX_PAGE_BYTES = 128 * 1_024;
/** The number of remembered page requests: a page is cached when it is requested a second time. */
const MAX_REQUESTED = 2_000;
const MAX_BYTES = 4 * 1_024 * 1_024;
/** Bytes of a cached row in addition to its value. */
const OVERHEAD = 250;

/**
 * A base with a cache of the pages that are read repeatedly. The base changes only when a generation is
 * settled, once in thousands of commits. The cache is cleared then, and when it is full.
 */
export function withPageCache(base: Base): Base {
  const pages = new Map<string, readonly TextRow[]>();
  const requested = new Set<string>();
  let bytes = 0;

  function clear(): void {
    pages.clear();
    bytes = 0;
  }

  function cache(name: string, page: readonly TextRow[]): void {
    if (!requested.has(name)) {
      if (requested.size >= MAX_REQUESTED) requested.clear();
      requested.add(name);
      return;
    }
    const size = page.reduce((sum, { start, end }) => sum + end - start, 0);
    if (size > MAX_PAGE_BYTES) return;
    bytes += size + page.length * OVERHEAD;
    if (bytes > MAX_BYTES) clear();
    else pages.set(name, compacted(page, size));
  }

  return {
    get settled() {
      return base.settled;
    },
    get: (key) => base.get(key),
    range(range) {
      if (range.limit < MIN_ROWS) return base.range(range);
      const name = nameOf(range);
      const cached = pages.get(name);
      // Returned rows belong to the caller.
      if (cached) return cached.map(({ text, bytes, start, end }) => new TextRow(text, bytes, start, end));
      const page = base.range(range);
      if (page.length >= MIN_ROWS) cache(name, page);
      return page;
    },
    async apply(changes, settled) {
      try {
        await base.apply(changes, settled);
      } finally {
        clear();
      }
    },
    rest() {
      clear();
      requested.clear();
      base.rest();
    },
    close: () => base.close(),
  };
}

const nameOf = ({ start, end, limit, reverse = false }: KeyRange): string =>
  `${limit} ${reverse} ${start.length} ${keyText(start)}${keyText(end)}`;

/** Copies the rows into one new buffer: the buffers that they are slices of may be large. */
function compacted(page: readonly TextRow[], size: number): TextRow[] {
  const all = Buffer.allocUnsafeSlow(size);
  let at = 0;
  return page.map(({ text, bytes, start, end }) => {
    all.set(bytes.subarray(start, end), at);
    const from = at;
    at += end - start;
    return new TextRow(text, all, from, at);
  });
}
