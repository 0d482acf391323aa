import { expect, test } from "vitest";
import { keyBytes, keyText } from "../key-text.ts";
import type { KeyRange } from "../kv.ts";
import { LaidRow } from "../laid-row.ts";
import { placesOf } from "../places.ts";
import { compareBytes } from "../row-layout.ts";
import { TextRow } from "../text-row.ts";
import type { Generation } from "./generation.ts";
import { mergeRanges } from "./merge.ts";

const range = (limit: number): KeyRange => ({ start: keyBytes("a"), end: keyBytes("z"), limit });

/** Rows `a`, `b`, `c` …, with the number of reads. */
function baseOf(keys: string) {
  const limits: number[] = [];
  const rowOf = (key: string) => new TextRow(key, keyBytes(`below ${key}`));
  const found = ({ start, limit }: KeyRange) => {
    limits.push(limit);
    return [...keys].filter((key) => key >= keyText(start)).slice(0, limit);
  };
  return {
    limits,
    range: (range: KeyRange) => found(range).map(rowOf),
  };
}

/** The part of a generation that ranges use. */
function generationOf(entries: Record<string, string | undefined>): Generation {
  const texts = Object.keys(entries);
  const key = (place: number) => keyBytes(texts[place]!);
  const rows = placesOf({
    compare: (place, other) => compareBytes(key(place), 0, key(place).length, other),
    key,
  });
  for (const place of texts.keys()) rows.set(key(place), place);
  const row = (place: number) => {
    const [text, value] = [texts[place]!, entries[texts[place]!]];
    if (value === undefined) return undefined;
    return new LaidRow(keyBytes(text + value), 0, text.length, text.length + value.length);
  };
  const keyText = (place: number) => texts[place]!;
  return { rows, key, keyText, row } as Partial<Generation> as Generation;
}

const read = (rows: ReturnType<typeof mergeRanges>) =>
  rows.map(({ key, value }) => `${keyText(key)}: ${keyText(value)}`);

test("the base is read only up to the limit", () => {
  const base = baseOf("abcdef");
  expect(read(mergeRanges([generationOf({ y: "above" })], base, range(3)))).toEqual([
    "a: below a",
    "b: below b",
    "c: below c",
  ]);
  expect(base.limits).toEqual([3]);
});

test("the base is read further if rows above it hide some of its rows", () => {
  const base = baseOf("abcdef");
  const above = generationOf({ a: undefined, b: "above" });
  expect(read(mergeRanges([above], base, range(3)))).toEqual(["b: above", "c: below c", "d: below d"]);
  expect(base.limits).toEqual([3, 6]);
});
