import fc from "fast-check";
import { expect, test } from "vitest";
import { orderedMap } from "./ordered-map.ts";

const key = fc.integer({ min: 0, max: 3_000 }).map((n) => String(n).padStart(4, "0"));

test("keys of any range, from either end, are those that a sorted list has", () => {
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 2_000, size: "max" }),
      fc.array(key, { maxLength: 500 }),
      fc.array(fc.tuple(key, key, fc.nat({ max: 1_500 }), fc.boolean()), { minLength: 20, maxLength: 20 }),
      (put, removed, ranges) => {
        const map = orderedMap<string>();
        for (const one of put) map.set(one, one);
        for (const one of removed) map.delete(one);
        const sorted = [...new Set(put).difference(new Set(removed))].sort();
        for (const [from, to, limit, reverse] of ranges) {
          const within = sorted.filter((one) => one >= from && one < to);
          if (reverse) within.reverse();
          const found = map.range(from, to, limit, reverse);
          expect(found.map(({ text }) => text)).toEqual(within.slice(0, limit));
          expect(found.every(({ text, value }) => text === value)).toBe(true);
        }
        expect([...map.all()].map(({ text }) => text)).toEqual(sorted);
      },
    ),
    { numRuns: 50 },
  );
});
