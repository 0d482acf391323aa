import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";

test("the order of members does not affect the digest of a request", () => {
  const sent = { Item: { a: { S: "a" }, b: { M: { c: { N: "1" }, d: { NULL: true } } } } };
  const other = { Item: { b: { M: { d: { NULL: true }, c: { N: "1" } } }, a: { S: "a" } }, Token: undefined };
  expect(digestOf(other)).toBe(digestOf(sent));
  expect(digestOf({ L: [1, 2] })).not.toBe(digestOf({ L: [2, 1] }));
  expect(digestOf({ at: new Date(1) })).not.toBe(digestOf({ at: new Date(2) }));
});

test("byte strings are compared by their content", () => {
  const bytes = Buffer.from("nube");
  expect(digestOf({ B: bytes })).toBe(digestOf({ B: new Uint8Array(bytes) }));
  expect(digestOf({ B: bytes.subarray(1) })).toBe(digestOf({ B: Buffer.from("ube") }));
  expect(digestOf({ B: bytes })).not.toBe(digestOf({ B: Buffer.from("nubo") }));
});
