import { expect, test } from "vitest";
import { openHot } from "./hot.ts";

test("used records stay cached, unused ones are dropped when the cache is full, and its size is bounded", () => {
  const hot = openHot(10_000);
  hot.set("read", 1, 100);
  for (let n = 0; n < 200; n++) {
    hot.set(`row${n}`, n, 300);
    expect(hot.get("read")).toBe(1);
  }
  const kept = Array.from({ length: 200 }, (_, n) => hot.get(`row${n}`)).filter((n) => n !== undefined);
  expect(kept.length).toBeGreaterThan(15);
  expect(kept.length).toBeLessThan(45);
  expect(hot.get("row199")).toBe(199);
});

test("large records are not cached", () => {
  const hot = openHot();
  hot.set("large", 1, 60_000);
  expect(hot.get("large")).toBeUndefined();
});

test("a deleted record is removed from both halves", () => {
  const hot = openHot(1_000);
  hot.set("old", 1, 900);
  hot.set("new", 2, 900);
  hot.set("newer", 3, 100);
  for (const text of ["old", "new", "newer"]) {
    hot.delete(text);
    expect(hot.get(text)).toBeUndefined();
  }
});
