import { expect, test } from "vitest";
import { afterWork, collectAll } from "./rest.ts";

test("memory is freed once after work has ended, and not without work", () => {
  let cpu = 300;
  const isTime = afterWork(() => cpu);
  const looks = (...used: number[]) =>
    used.map((ms) => {
      cpu += ms;
      return isTime();
    });
  expect(looks(20, 50, 290)).toEqual([false, false, false]);
  expect(looks(400, 500, 300)).toEqual([false, false, true]);
  expect(looks(0, 0, 100)).toEqual([false, false, false]);
  expect(looks(5_000, 301, 300, 0)).toEqual([false, false, true, false]);
});

test("unreferenced objects are collected", async () => {
  const kept = { rows: new Uint8Array(1_000) };
  const held = new WeakRef(kept);
  const garbage = new WeakRef({ rows: new Uint8Array(1_000) });
  await new Promise(setImmediate);
  collectAll();
  expect(held.deref()).toBe(kept);
  expect(garbage.deref()).toBeUndefined();
});
