import { expect, test } from "vitest";
import { isDeeperThan } from "./nesting.ts";

test.each([
  [0, 1, false],
  [0, [], true],
  [1, [], false],
  [1, { a: 1 }, false],
  [1, [{}], true],
  [2, { a: [1, { b: 2 }] }, true],
  [3, { a: [1, { b: 2 }] }, false],
])("deeper than %i: %j is %s", (levels, value, expected) => {
  expect(isDeeperThan(levels, value)).toBe(expected);
});

test("it handles nesting deeper than the stack", () => {
  const deep = JSON.parse(`${"[".repeat(500_000)}${"]".repeat(500_000)}`);
  expect(isDeeperThan(1_000, deep)).toBe(true);
});
