import fc from "fast-check";
import { expect, test } from "vitest";
import { ANY, matchesGlob, ONE } from "./glob.ts";

const globOf = (pattern: string) => pattern.replaceAll("*", ANY).replaceAll("?", ONE);
const expected = (pattern: string, text: string) =>
  new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);

const patterns = fc.string({ unit: fc.constantFrom("a", "b", "?", "*"), maxLength: 8 });
const texts = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
/** Long enough that the text is not matched by backtracking. */
const FILLER = "cd".repeat(700);

test("patterns match as regular expressions do, whether short or long", () => {
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      expect(matchesGlob(globOf(pattern), text)).toBe(expected(pattern, text));
      for (const [long, within, short] of [
        [FILLER + pattern, FILLER + text, pattern],
        [pattern + FILLER, text + FILLER, pattern],
        [`${FILLER}*${pattern}*${FILLER}`, FILLER + text + FILLER, `*${pattern}*`],
      ] as const)
        expect(matchesGlob(globOf(long), within)).toBe(expected(short, text));
    }),
  );
});

test.each([
  ["a repeated character", "a".repeat(10_000)],
  ["a repeated character and wildcards", "a?".repeat(5_000)],
])("%s makes no pattern slow", { timeout: 3_000 }, (_, piece) => {
  const text = "a".repeat(60_000);
  expect(matchesGlob(globOf(`*${piece}b*`), text)).toBe(false);
  expect(matchesGlob(globOf(`*${piece}b*`), `${text}b`)).toBe(true);
  expect(matchesGlob(globOf(`*${piece}`), text)).toBe(true);
});
