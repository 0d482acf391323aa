import { expect, test } from "vitest";
import type { KeyRange } from "../kv.ts";
import { bytes, text } from "../suite/subject.ts";
import type { Base } from "./log.ts";
import { keepingPages } from "./page-cache.ts";
import { plainRows } from "./testing.ts";

function counted(): { base: Base; asked: () => number } {
  const rows = plainRows();
  let asked = 0;
  const base: Base = {
    settled: 0,
    get: rows.get,
    range(range) {
      asked++;
      return rows.range(range);
    },
    apply: async (changes) => rows.apply(changes),
    rest() {},
    close: async () => {},
  };
  return { base, asked: () => asked };
}

const row = (n: number, value: string) => ({ key: bytes(`row${n + 100}`), value: bytes(value) });
const all: KeyRange = { start: bytes("row"), end: bytes("s"), limit: 100 };
const read = (base: Base, range: KeyRange) => base.range(range).map(({ value }) => text(value));

async function filled(count: number) {
  const { base, asked } = counted();
  const kept = keepingPages(base);
  const changes = Array.from({ length: count }, (_, n) => row(n, `${n}`));
  await kept.apply(changes, 1);
  return { kept, asked, values: changes.map(({ value }) => text(value)) };
}

test("a page that is asked for again is kept, whichever end it begins at, until the base changes", async () => {
  const { kept, asked, values } = await filled(30);
  for (let times = 0; times < 4; times++) {
    expect(read(kept, all)).toEqual(values);
    expect(read(kept, { ...all, reverse: true })).toEqual(values.toReversed());
    expect(read(kept, { ...all, limit: 20 })).toEqual(values.slice(0, 20));
  }
  expect(asked()).toBe(2 * 3);
  await kept.apply([row(7, "new")], 2);
  for (let times = 0; times < 3; times++) expect(read(kept, all)).toEqual(values.with(7, "new"));
  expect(asked()).toBe(2 * 3 + 1);
});

test("rows of it belong to who asked for them", async () => {
  const { kept, values } = await filled(30);
  for (let times = 0; times < 4; times++) {
    const page = kept.range(all);
    expect(page.map(({ value }) => text(value))).toEqual(values);
    for (const { value } of page) value.fill(0);
    page.length = 1;
  }
});

test("short pages, and large ones, are not kept", async () => {
  const { kept, asked } = await filled(30);
  for (let times = 0; times < 3; times++) read(kept, { ...all, limit: 15 });
  expect(asked()).toBe(3);
  await kept.apply([row(7, "x".repeat(200_000))], 2);
  for (let times = 0; times < 3; times++) read(kept, all);
  expect(asked()).toBe(6);
});
