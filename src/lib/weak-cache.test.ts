import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { weakCache } from "./weak-cache.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Dereferencing a weak reference keeps its target alive until the end of that turn of the event loop. */
async function collected() {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  await new Promise(setImmediate);
}

test("recently used values are held, referenced ones are found, and no others are kept", async () => {
  const cache = weakCache<{ name: string }>(100);
  const inUse = { name: "in use" };
  cache.set("in use", inUse);
  cache.set("asked for", { name: "asked for" });
  for (let i = 0; i < 10_000; i++) {
    cache.set(`${i}`, { name: `${i}` });
    expect(cache.get("asked for")).toBeDefined();
  }
  await collected();
  expect(cache.get("in use")).toBe(inUse);
  expect(cache.get("9999")).toEqual({ name: "9999" });
  expect(cache.get("5")).toBeUndefined();
  expect([...cache.values()].length).toBeLessThanOrEqual(102);
});

test("a value that was dropped and used again is held again", async () => {
  const cache = weakCache<object>(2);
  let value: object | undefined = {};
  cache.set("a", value);
  for (const name of ["b", "c", "d"]) cache.set(name, {});
  expect(cache.get("a")).toBe(value);
  value = undefined;
  await collected();
  expect(cache.get("a")).toBeDefined();
});
