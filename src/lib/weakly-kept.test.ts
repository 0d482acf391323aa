import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { weaklyKept } from "./weakly-kept.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** What a turn of the event loop has seen of a weak reference stays there until its end. */
async function collected() {
  for (let turn = 0; turn < 3; turn++) {
    await new Promise(setImmediate);
    collectGarbage();
  }
  await new Promise(setImmediate);
}

test("what was asked for of late is held, what somebody holds is found, and nothing else is kept", async () => {
  const kept = weaklyKept<{ name: string }>(100);
  const inUse = { name: "in use" };
  kept.set("in use", inUse);
  kept.set("asked for", { name: "asked for" });
  for (let i = 0; i < 10_000; i++) {
    kept.set(`${i}`, { name: `${i}` });
    expect(kept.get("asked for")).toBeDefined();
  }
  await collected();
  expect(kept.get("in use")).toBe(inUse);
  expect(kept.get("9999")).toEqual({ name: "9999" });
  expect(kept.get("5")).toBeUndefined();
  expect([...kept.values()].length).toBeLessThanOrEqual(102);
});

test("what was let go and asked for again is held again", async () => {
  const kept = weaklyKept<object>(2);
  let value: object | undefined = {};
  kept.set("a", value);
  for (const name of ["b", "c", "d"]) kept.set(name, {});
  expect(kept.get("a")).toBe(value);
  value = undefined;
  await collected();
  expect(kept.get("a")).toBeDefined();
});
