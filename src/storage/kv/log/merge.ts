import { keyBytes, keyText } from "../key-text.ts";
import { type KeyRange, MAX_PAGE, type Row } from "../kv.ts";
import type { Generation } from "./generation.ts";
import type { Base } from "./log.ts";

/** A row by its key as text; without a value where a generation has it deleted. */
type Found = [text: string, row: Partial<Row> & { value: Uint8Array | undefined }];

/** The rows of a range as the generations, newest last, lay them over the base. */
export function mergeRanges(
  generations: readonly Generation[],
  base: Pick<Base, "range">,
  range: KeyRange,
): Row[] {
  if (range.limit <= 0) return [];
  const from = keyText(range.start);
  const to = keyText(range.end);
  const above = generations
    .map((generation) => found(generation, from, to, range.reverse))
    .reverse()
    .map(open)
    .filter(({ head }) => head !== undefined);
  if (above.length === 0) return base.range(range);
  const sources = [...above, open(foundIn(base, range))];
  const isBefore = range.reverse ? (a: string, b: string) => a > b : (a: string, b: string) => a < b;
  const rows: Row[] = [];
  for (;;) {
    let next: Found | undefined;
    for (const { head } of sources) if (head && (!next || isBefore(head[0], next[0]))) next = head;
    if (!next) return rows;
    const [text, { key, value }] = next;
    if (value) rows.push(key ? { key, value } : { key: keyBytes(text), value: Buffer.from(value) });
    // One step further may cost a page of the base that nobody wants.
    if (rows.length === range.limit) return rows;
    for (const source of sources) if (source.head?.[0] === text) source.advance();
  }
}

function open(rows: Generator<Found, void>) {
  const source = {
    head: rows.next().value as Found | undefined,
    advance() {
      source.head = rows.next().value as Found | undefined;
    },
  };
  return source;
}

function* found(
  { rows, value }: Generation,
  from: string,
  to: string,
  reverse?: boolean,
): Generator<Found, void> {
  for (const [text, row] of rows.range(from, to, reverse)) yield [text, { value: value(row) }];
}

/** Page by page, each larger than the one before: how many rows the generations hide is not known beforehand. */
function* foundIn(base: Pick<Base, "range">, range: KeyRange): Generator<Found, void> {
  for (let rest = range; ; ) {
    const page = base.range(rest);
    for (const row of page) yield [keyText(row.key), row];
    if (page.length < rest.limit) return;
    const last = page.at(-1)!.key;
    const limit = Math.min(2 * rest.limit, MAX_PAGE);
    rest = { ...rest, limit, ...(range.reverse ? { end: last } : { start: Buffer.concat([last, ZERO]) }) };
  }
}

const ZERO = Buffer.alloc(1);
