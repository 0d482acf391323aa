import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeWords, encodeWords } from "./encoded-words.ts";

test("printable ASCII is unchanged", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(encodeWords(text)).toBe(text);
    }),
  );
  expect(decodeWords("plain =? text")).toBe("plain =? text");
});

test("other text round-trips", () => {
  // fast-check's own arbitrary for all Unicode characters takes seconds to initialize.
  const character = fc.oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }));
  const text = fc
    .array(character, { minLength: 1 })
    .map((codes) => String.fromCodePoint(...codes))
    .filter((one) => !one.includes("=?"));
  fc.assert(
    fc.property(text, (one) => {
      const header = encodeWords(one);
      expect(header).toMatch(/^[\t\x20-\x7e]*$/);
      expect(decodeWords(header)).toBe(one);
    }),
  );
});

test("text with few foreign characters uses quoted-printable, with many base64", () => {
  expect(encodeWords("grün = a_b?")).toBe("=?UTF-8?Q?gr=C3=BCn_=3D_a=5Fb=3F?=");
  expect(encodeWords("日本")).toBe("=?UTF-8?B?5pel5pys?=");
  expect(decodeWords("a =?utf-8?q?b=20c?= d")).toBe("a b c d");
});
