import fc from "fast-check";
import { expect, test } from "vitest";
import { descending, encodeKey, encodeStringPrefix, type KeyPart, successor } from "./keys.ts";

const NONE = new Uint8Array();
const part = fc.oneof(
  fc.string({ unit: "binary" }).filter((s) => s.isWellFormed()),
  fc.string({ unit: fc.constantFrom("\0", "a", "\x01", "\u{ff}") }),
);
const tuple = fc.tuple(part, fc.maxSafeNat(), part);
const compareParts = (a: KeyPart, b: KeyPart) =>
  typeof a === "number" ? a - Number(b) : Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));

test("keys sort like their tuples", () => {
  fc.assert(
    fc.property(tuple, tuple, (a, b) => {
      const wanted = a.map((x, i) => compareParts(x, b[i]!)).find((order) => order !== 0) ?? 0;
      expect(Math.sign(Buffer.compare(encodeKey(NONE, a), encodeKey(NONE, b)))).toBe(Math.sign(wanted));
    }),
  );
});

test("keys that begin with a string are one range", () => {
  fc.assert(
    fc.property(part, part, (text, prefix) => {
      const start = encodeStringPrefix(NONE, prefix);
      const key = encodeKey(NONE, [text, 7]);
      const inside = Buffer.compare(key, start) >= 0 && Buffer.compare(key, successor(start)) < 0;
      expect(prefix === "" || inside).toBe(
        prefix === "" || Buffer.from(text).subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix)),
      );
    }),
  );
});

test("rows below a tuple end before its successor, and rows of a longer string are not among them", () => {
  const a = encodeKey(NONE, ["a"]);
  expect(Buffer.compare(encodeKey(NONE, ["a", descending(0)]), successor(a))).toBeLessThan(0);
  expect(Buffer.compare(encodeKey(NONE, ["a\0b", 0]), successor(a))).toBeGreaterThan(0);
});

test("numbers outside the safe range are rejected", () => {
  expect(() => encodeKey(NONE, [-1])).toThrow(RangeError);
  expect(() => encodeKey(NONE, [2 ** 53])).toThrow(RangeError);
});
