import { expect, test } from "vitest";
import { contains } from "./conditions.ts";

const repeated = `${"a".repeat(90_000)}b${"a".repeat(90_000)}`;

test("repeats do not make contains() grow with the product of both lengths", { timeout: 2_000 }, () => {
  const all = "a".repeat(380_000);
  expect(contains({ S: all }, { S: repeated })).toBe(false);
  expect(contains({ S: all + repeated }, { S: repeated })).toBe(true);
  expect(contains({ B: Buffer.from(all) }, { B: Buffer.from(repeated) })).toBe(false);
});
