import fc from "fast-check";
import { expect, test } from "vitest";
import { keyBytes } from "./key-text.ts";
import { placesOf } from "./places.ts";
import { compareBytes } from "./row-layout.ts";

/** Places that are the keys' own numbers, with a count of comparisons. */
function numbered() {
  let compared = 0;
  const keyOf = (n: number) => keyBytes(String(n).padStart(5, "0"));
  const places = placesOf({
    compare(place, key) {
      compared++;
      const own = keyOf(Math.floor(place));
      return compareBytes(own, 0, own.length, key);
    },
    key: (place) => keyOf(Math.floor(place)),
  });
  return { places, keyOf, compared: () => compared };
}

const number = fc.nat({ max: 3_000 });
const runs = fc.array(
  fc.tuple(number, fc.nat({ max: 700 }), fc.constantFrom("set", "delete"), fc.constantFrom(-1, 1, 7)),
  { maxLength: 20 },
);
const ranges = fc.array(fc.tuple(number, number, fc.nat({ max: 1_500 }), fc.boolean()), {
  minLength: 10,
  maxLength: 10,
});

test("keys and ranges from either end equal those of a sorted list", () => {
  fc.assert(
    fc.property(runs, ranges, (runs, ranges) => {
      const { places, keyOf } = numbered();
      const known = new Map<number, number>();
      let turn = 0;
      for (const [from, count, what, step] of runs) {
        for (let n = from, i = 0; i < count && n >= 0; n += step, i++) {
          // The place of a row changes, its key does not.
          const place = n + 1 / (2 + (turn++ % 100));
          if (what === "set") expect(places.set(keyOf(n), place)).toBe(known.get(n));
          else expect(places.delete(keyOf(n))).toBe(known.get(n));
          if (what === "set") known.set(n, place);
          else known.delete(n);
        }
      }
      const sorted = [...known].sort(([a], [b]) => a - b);
      expect(places.size).toBe(known.size);
      expect([...places.all()]).toEqual(sorted.map(([, place]) => place));
      for (const [from, to, limit, reverse] of ranges) {
        expect(places.get(keyOf(from))).toBe(known.get(from));
        const within = sorted.filter(([n]) => n >= from && n < to).map(([, place]) => place);
        if (reverse) within.reverse();
        expect(places.range(keyOf(from), keyOf(to), limit, reverse)).toEqual(within.slice(0, limit));
      }
    }),
    { numRuns: 60 },
  );
});

test("inserting keys that continue a sequence needs no search each time", () => {
  const { places, keyOf, compared } = numbered();
  for (let n = 0; n < 60_000; n += 100) places.set(keyOf(n), n);
  const before = compared();
  for (let n = 30_001; n < 30_100; n++) places.set(keyOf(n), n);
  expect(compared() - before).toBeLessThan(99 * 4);
});

test("the size of a table depends on its current rows only", () => {
  const { places, keyOf } = numbered();
  for (let n = 0; n < 90_000; n++) {
    places.set(keyOf(n), n);
    if (n >= 100) expect(places.delete(keyOf(n - 100))).toBe(n - 100);
  }
  expect(places.size).toBe(100);
  expect([...places.all()]).toEqual(Array.from({ length: 100 }, (_, n) => 89_900 + n));
});
