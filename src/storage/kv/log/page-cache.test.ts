import { expect, test } from "vitest";
import type { KeyRange } from "../kv.ts";
import { bytes, text } from "../suite/subject.ts";
import type { Base } from "./log.ts";
import { withPageCache } from "./page-cache.ts";
import { plainRows } from "./testing.ts";

function counted(): { base: Base; requested: () => number } {
  const rows = plainRows();
  let requested = 0;
  const base: Base = {
    settled: 0,
    get: rows.get,
    range(range) {
      requested++;
      return rows.range(range);
    },
    apply: async (changes) => rows.apply(changes),
    rest() {},
    close: async () => {},
  };
  return { base, requested: () => requested };
}

const row = (n: number, value: string) => ({ key: bytes(`row${n + 100}`), value: bytes(value) });
const all: KeyRange = { start: bytes("row"), end: bytes("s"), limit: 100 };
const read = (base: Base, range: KeyRange) => base.range(range).map(({ value }) => text(value));

async function filled(count: number) {
  const { base, requested } = counted();
  const cached = withPageCache(base);
  const changes = Array.from({ length: count }, (_, n) => row(n, `${n}`));
  await cached.apply(changes, 1);
  return { cached, requested, values: changes.map(({ value }) => text(value)) };
}

test("a page that is read again is cached, in both directions, until the base changes", async () => {
  const { cached, requested, values } = await filled(30);
  for (let times = 0; times < 4; times++) {
    expect(read(cached, all)).toEqual(values);
    expect(read(cached, { ...all, reverse: true })).toEqual(values.toReversed());
    expect(read(cached, { ...all, limit: 20 })).toEqual(values.slice(0, 20));
  }
  expect(requested()).toBe(2 * 3);
  await cached.apply([row(7, "new")], 2);
  for (let times = 0; times < 3; times++) expect(read(cached, all)).toEqual(values.with(7, "new"));
  expect(requested()).toBe(2 * 3 + 1);
});

test("its rows belong to the caller", async () => {
  const { cached, values } = await filled(30);
  for (let times = 0; times < 4; times++) {
    const page = cached.range(all);
    expect(page.map(({ value }) => text(value))).toEqual(values);
    for (const { value } of page) value.fill(0);
    page.length = 1;
  }
});

test("short and large pages are not cached", async () => {
  const { cached, requested } = await filled(30);
  for (let times = 0; times < 3; times++) read(cached, { ...all, limit: 15 });
  expect(requested()).toBe(3);
  await cached.apply([row(7, "x".repeat(200_000))], 2);
  for (let times = 0; times < 3; times++) read(cached, all);
  expect(requested()).toBe(6);
});
