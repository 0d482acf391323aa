import { expect, test } from "vitest";
import { hasBytes, hasText, indexOfText } from "./substring.ts";

/** Repeats that defeat a search which compares again what it has compared. */
const repeated = (length: number) => `${"a".repeat(length)}b${"a".repeat(length)}`;

test.each([
  ["", "", true],
  ["a", "", true],
  ["", "a", false],
  ["abc", "abcd", false],
  ["abc", "bc", true],
  ["€uro", "uro", true],
])("%j has %j: %s", (text, sought, expected) => {
  expect(hasText(text, sought)).toBe(expected);
  expect(hasBytes(Buffer.from(text), Buffer.from(sought))).toBe(expected);
});

test("long texts agree with the platform's search", () => {
  const words = Array.from({ length: 3_000 }, (_, at) => "ab€".repeat(at % 7) + "a".repeat(at % 5));
  const text = words.join("");
  for (const sought of [
    words.slice(1_000, 1_400).join(""),
    words.slice(2_990).join(""),
    `${words.slice(1_000, 1_400).join("")}c`,
    "ab€".repeat(400),
  ]) {
    for (const from of [0, 1, text.indexOf(sought), text.indexOf(sought) + 1])
      expect(indexOfText(text, sought, from)).toBe(text.indexOf(sought, from));
    expect(hasBytes(Buffer.from(text), Buffer.from(sought))).toBe(text.includes(sought));
  }
});

test("bytes are sought in a part of their buffer", () => {
  const part = Buffer.from("..needle..").subarray(2, 8);
  expect(hasBytes(part, Buffer.from("needle"))).toBe(true);
  expect(hasBytes(part, Buffer.from("needle."))).toBe(false);
});

test("many searches, each from the end of the one before, read a long text once", { timeout: 2_000 }, () => {
  const word = "abcdefghi";
  const text = word.repeat(10_000) + "x".repeat(1_000_000);
  let at = 0;
  for (let n = 0; n < 10_000; n++) at = indexOfText(text, word, at) + word.length;
  expect(at).toBe(10_000 * word.length);
});

test("repeats do not make a search grow with the product of both lengths", { timeout: 2_000 }, () => {
  const text = "a".repeat(400_000);
  expect(hasText(text, repeated(100_000))).toBe(false);
  expect(hasText(text + repeated(100_000), repeated(100_000))).toBe(true);
  expect(hasBytes(Buffer.from(text), Buffer.from(repeated(100_000)))).toBe(false);
});
