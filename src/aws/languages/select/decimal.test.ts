import { expect, test } from "vitest";
import { decimalOf, textOf } from "./decimal.ts";

test.each([
  [" 1.50\n", "1.50"],
  ["-.5", "-0.5"],
  ["12e-1", "1.2"],
  [" ", undefined],
  ["1 2", undefined],
  ["", undefined],
])("%j is %s", (text, expected) => {
  const decimal = decimalOf(text);
  expect(decimal && textOf(decimal)).toBe(expected);
});

test("a column of a megabyte of spaces takes no longer than to read it", { timeout: 2_000 }, () => {
  expect(decimalOf(`${" ".repeat(1_000_000)}x`)).toBeUndefined();
  expect(decimalOf(`1${" ".repeat(1_000_000)}x`)).toBeUndefined();
});
