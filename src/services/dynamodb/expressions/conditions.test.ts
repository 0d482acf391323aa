import { expect, test } from "vitest";
import type { Value } from "../values/value.ts";
import { conditionOf, contains } from "./conditions.ts";
import { placeholders } from "./placeholders.ts";

const repeated = `${"a".repeat(90_000)}b${"a".repeat(90_000)}`;

test("repeats do not make contains() grow with the product of both lengths", { timeout: 2_000 }, () => {
  const all = "a".repeat(380_000);
  expect(contains({ S: all }, { S: repeated })).toBe(false);
  expect(contains({ S: all + repeated }, { S: repeated })).toBe(true);
  expect(contains({ B: Buffer.from(all) }, { B: Buffer.from(repeated) })).toBe(false);
});

const mapOf = (last: string) => ({
  M: Object.fromEntries(Array.from({ length: 30_000 }, (_, n) => [`k${n}`, { N: n < 29_999 ? "1" : last }])),
});
const testOf = (expression: string, value: Value) =>
  conditionOf("FilterExpression", expression, placeholders({ ExpressionAttributeValues: { ":v": value } }));
const CONTAINS = Array(150).fill("contains(t, :v)").join(" OR ");

test("an expression compares the same two documents once", { timeout: 5_000 }, () => {
  const list = `t IN (${Array(90).fill(":v").join(", ")})`;
  const test = testOf(Array(10).fill(list).join(" OR "), mapOf("2"));
  expect(test({ t: mapOf("1") })).toBe(false);
  expect(test({ t: mapOf("2") })).toBe(true);
});

test("an expression searches the same list for the same document once", { timeout: 4_000 }, () => {
  const test = testOf(CONTAINS, mapOf("2"));
  for (let items = 0; items < 4; items++) expect(test({ t: { L: [mapOf("1")] } })).toBe(false);
  expect(test({ t: { L: [mapOf("1"), mapOf("2")] } })).toBe(true);
});

test("an expression searches a set of byte strings in the time of one search", { timeout: 3_000 }, () => {
  const BS = Array.from({ length: 130_000 }, (_, n) => Buffer.from([n >> 16, n >> 8, n]));
  const test = testOf(CONTAINS, { B: Buffer.from([255, 255, 255]) });
  for (let items = 0; items < 3; items++) expect(test({ t: { BS: [...BS] } })).toBe(false);
  expect(test({ t: { BS: [...BS, Buffer.from([255, 255, 255])] } })).toBe(true);
});
