import { keyBytes, keyText } from "../key-text.ts";
import { type KeyRange, MAX_PAGE } from "../kv.ts";
import type { Entry } from "../ordered-map.ts";
import type { TextRow } from "../text-row.ts";
import type { Generation } from "./generation.ts";
import type { Base } from "./log.ts";

type Below = Pick<Base, "range">;

/** The rows of a range as the generations, newest last, lay them over the base. */
export function mergeRanges(generations: readonly Generation[], base: Below, range: KeyRange): TextRow[] {
  const { limit, reverse } = range;
  if (limit <= 0) return [];
  const above = generations
    .map((generation) => inGeneration(generation, range))
    .filter(({ head }) => head !== undefined)
    .reverse();
  if (above.length === 0) return base.range(range);
  const sources: Source[] = [...above, inBase(base, range)];
  const rows: TextRow[] = [];
  for (;;) {
    let next: Source | undefined;
    let text: string | undefined;
    for (const source of sources) {
      const { head } = source;
      // Most rows that stand in one of them stand in another, and texts are equal sooner than one is known to be less.
      if (head === undefined || head === text) continue;
      if (text !== undefined && (reverse ? head < text : head > text)) continue;
      next = source;
      text = head;
    }
    if (!next) return rows;
    const row = next.row();
    if (row) rows.push(row);
    // One step further may cost a page of the base that nobody wants.
    if (rows.length === limit) return rows;
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

/** Reads page by page, each larger than the one before: how many rows others hide is not known beforehand. */
class Pages<F extends { readonly text: string }> implements Source {
  head: string | undefined;
  #page: readonly F[];
  #limit: number;
  #at = 0;
  readonly #read: (limit: number, behind?: string) => readonly F[];
  readonly #show: (found: F) => TextRow | undefined;

  constructor(
    limit: number,
    read: (limit: number, behind?: string) => readonly F[],
    show: (found: F) => TextRow | undefined,
  ) {
    this.#limit = limit;
    this.#read = read;
    this.#show = show;
    this.#page = read(limit);
    this.head = this.#page[0]?.text;
  }

  row(): TextRow | undefined {
    return this.#show(this.#page[this.#at]!);
  }

  advance(): void {
    this.#at++;
    if (this.#at === this.#page.length && this.#at === this.#limit) {
      this.#limit = Math.min(2 * this.#limit, MAX_PAGE);
      this.#page = this.#read(this.#limit, this.head);
      this.#at = 0;
    }
    this.head = this.#at < this.#page.length ? this.#page[this.#at]!.text : undefined;
  }
}

function inGeneration({ rows, row }: Generation, { start, end, limit, reverse }: KeyRange): Source {
  const [from, to] = [keyText(start), keyText(end)];
  return new Pages<Entry<number>>(limit, reading, ({ text, value }) => row(text, value));

  function reading(most: number, behind?: string) {
    if (behind === undefined) return rows.range(from, to, most, reverse);
    return reverse ? rows.range(from, behind, most, true) : rows.range(`${behind}\0`, to, most);
  }
}

function inBase(base: Below, range: KeyRange): Source {
  return new Pages<TextRow>(range.limit, reading, (row) => row);

  function reading(limit: number, behind?: string) {
    if (behind === undefined) return base.range({ ...range, limit });
    const bound = range.reverse ? { end: keyBytes(behind) } : { start: keyBytes(`${behind}\0`) };
    return base.range({ ...range, limit, ...bound });
  }
}
