import { keyBytes } from "../key-text.ts";
import { type KeyRange, MAX_PAGE_ROWS } from "../kv.ts";
import type { LaidRow } from "../laid-row.ts";
import type { TextRow } from "../text-row.ts";
import type { Generation } from "./generation.ts";
import type { Base } from "./log.ts";

type Below = Pick<Base, "range">;
type MergedRow = TextRow | LaidRow;

/** The rows of a range, merged from the base and the generations above it, newest last. */
export function mergeRanges(generations: readonly Generation[], base: Below, range: KeyRange): MergedRow[] {
  const { limit, reverse } = range;
  if (limit <= 0) return [];
  const above = generations
    .map((generation) => inGeneration(generation, range))
    .filter(hasMore)
    .reverse();
  if (above.length === 0) return base.range(range);
  let sources: Source[] = [...above, inBase(base, range)].filter(hasMore);
  const rows: MergedRow[] = [];
  while (sources.length > 1) {
    const next = foremost(sources, reverse);
    const text = next.head;
    const row = next.row();
    if (row) rows.push(row);
    // Advancing may read a page of the base, which is not needed any more.
    if (rows.length === limit) return rows;
    for (const source of sources) if (source.head === text) source.advance();
    if (!sources.every(hasMore)) sources = sources.filter(hasMore);
  }
  const [last] = sources;
  return last ? withRest(rows, last, limit) : rows;
}

const hasMore = ({ isAtEnd }: Source) => !isAtEnd;

/** The source whose key comes next; of several with the same key the first, which is the newest. */
function foremost(sources: readonly Source[], reverse: boolean | undefined): Source {
  let next = sources[0]!;
  let text = next.head!;
  for (const source of sources) {
    const head = source.head!;
    // Most keys are in several sources, and comparing equal texts is faster than finding out which is less.
    if (head === text) continue;
    if (reverse ? head < text : head > text) continue;
    next = source;
    text = head;
  }
  return next;
}

/** The rest of the last source needs no comparisons, and therefore no key texts. */
function withRest(rows: MergedRow[], source: Source, limit: number): MergedRow[] {
  for (; !source.isAtEnd; source.advance()) {
    const row = source.row();
    if (row && rows.push(row) === limit) break;
  }
  return rows;
}

/** An iterator over rows in order. */
interface Source {
  readonly isAtEnd: boolean;
  /** The text of the current row's key; `undefined` at the end. */
  readonly head: string | undefined;
  /** The current row; `undefined` if it is deleted. */
  row(): MergedRow | undefined;
  advance(): void;
}

interface PagesOf<F> {
  read(limit: number, behind?: string): readonly F[];
  text(item: F): string;
  row(item: F): MergedRow | undefined;
}

/**
 * Reads page by page, each larger than the previous one, since the number of hidden rows is not known in
 * advance.
 */
class Pages<F> implements Source {
  readonly #of: PagesOf<F>;
  #limit: number;
  #page: readonly F[];
  #at = 0;
  #head: string | undefined;

  constructor(limit: number, of: PagesOf<F>) {
    this.#of = of;
    this.#limit = limit;
    this.#page = of.read(limit);
  }

  get isAtEnd(): boolean {
    return this.#at === this.#page.length;
  }

  get head(): string | undefined {
    return this.isAtEnd ? undefined : (this.#head ??= this.#of.text(this.#page[this.#at]!));
  }

  row(): MergedRow | undefined {
    return this.#of.row(this.#page[this.#at]!);
  }

  advance(): void {
    if (this.#at + 1 === this.#limit) {
      const behind = this.head;
      this.#limit = Math.min(2 * this.#limit, MAX_PAGE_ROWS);
      this.#page = this.#of.read(this.#limit, behind);
      this.#at = -1;
    }
    this.#at++;
    this.#head = undefined;
  }
}

function inGeneration(generation: Generation, { start, end, limit, reverse }: KeyRange): Source {
  const { rows, keyText: text, row } = generation;
  return new Pages<number>(limit, { read, text, row });

  function read(limit: number, behind?: string) {
    if (behind === undefined) return rows.range(start, end, limit, reverse);
    return reverse
      ? rows.range(start, keyBytes(behind), limit, true)
      : rows.range(keyBytes(`${behind}\0`), end, limit);
  }
}

function inBase(base: Below, range: KeyRange): Source {
  return new Pages<TextRow>(range.limit, { read, text: (row) => row.text, row: (row) => row });

  function read(limit: number, behind?: string) {
    if (behind === undefined) return base.range({ ...range, limit });
    const bound = range.reverse ? { end: keyBytes(behind) } : { start: keyBytes(`${behind}\0`) };
    return base.range({ ...range, limit, ...bound });
  }
}
