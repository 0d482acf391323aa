import { expect, test } from "vitest";
import { countPins } from "./pins.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a blob without holders is released", () => countPins().released("a"));

test("a blob is released by the last of its holders, and each counts once", async () => {
  const pins = countPins();
  const [first, second, other] = [pins.hold("a"), pins.hold("a"), pins.hold("b")];
  let released = false;
  void pins.released("a").then(() => {
    released = true;
  });
  first();
  first();
  await turn();
  expect(released).toBe(false);
  second();
  await turn();
  expect(released).toBe(true);
  other();
});

test("a holder that arrives during a wait is waited for", async () => {
  const pins = countPins();
  const first = pins.hold("a");
  let released = false;
  void pins.released("a").then(() => {
    released = true;
  });
  first();
  const second = pins.hold("a");
  await turn();
  expect(released).toBe(false);
  second();
  await turn();
  expect(released).toBe(true);
});
