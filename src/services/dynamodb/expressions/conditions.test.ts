import { expect, test } from "vitest";
import { conditionOf, contains } from "./conditions.ts";
import { placeholders } from "./placeholders.ts";

const repeated = `${"a".repeat(90_000)}b${"a".repeat(90_000)}`;

test("repeats do not make contains() grow with the product of both lengths", { timeout: 2_000 }, () => {
  const all = "a".repeat(380_000);
  expect(contains({ S: all }, { S: repeated })).toBe(false);
  expect(contains({ S: all + repeated }, { S: repeated })).toBe(true);
  expect(contains({ B: Buffer.from(all) }, { B: Buffer.from(repeated) })).toBe(false);
});

test("an expression compares the same two documents once", { timeout: 5_000 }, () => {
  const mapOf = (last: string) => ({
    M: Object.fromEntries(
      Array.from({ length: 30_000 }, (_, n) => [`k${n}`, { N: n < 29_999 ? "1" : last }]),
    ),
  });
  const list = `t IN (${Array(90).fill(":v").join(", ")})`;
  const test = conditionOf(
    "FilterExpression",
    Array(10).fill(list).join(" OR "),
    placeholders({ ExpressionAttributeValues: { ":v": mapOf("2") } }),
  );
  expect(test({ t: mapOf("1") })).toBe(false);
  expect(test({ t: mapOf("2") })).toBe(true);
});
