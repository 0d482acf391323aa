import fc from "fast-check";
import { expect, test } from "vitest";
import { type Laid, SLAB, slabs } from "./slabs.ts";

const textOf = ({ bytes, start, end }: Laid) => Buffer.from(bytes.subarray(start, end)).toString();

const LENGTHS = fc.oneof(fc.nat(100), fc.nat(SLAB / 4), fc.constant(0));
const STEPS = fc.array(fc.tuple(fc.nat(40), fc.option(LENGTHS)), { maxLength: 400 });

test("every value is what was laid down, until it is free", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const { lay, free } = slabs();
      const known = new Map<number, { text: string; laid: Laid }>();
      for (const [n, [name, length]] of steps.entries()) {
        const former = known.get(name);
        if (former) free(former.laid);
        known.delete(name);
        if (length === null) continue;
        const text = String(n).padEnd(length, ".").slice(0, length);
        known.set(name, { text, laid: lay(Buffer.from(text)) });
      }
      for (const { text, laid } of known.values()) expect(textOf(laid)).toBe(text);
    }),
  );
});

test.each([0, 1, 100, SLAB / 8, SLAB / 2])(
  "slabs of values of %i bytes go when most of those are free",
  (length) => {
    const values = slabs();
    const all = Array.from({ length: 20_000_000 / Math.max(length, 1_000) }, () =>
      values.lay(new Uint8Array(length)),
    );
    for (const laid of all.filter((_, n) => n % 100 !== 0)) values.free(laid);
    const live = all.filter((_, n) => n % 100 === 0).length * Math.max(length, 16);
    expect(values.size).toBeLessThanOrEqual(2 * live + 2 * SLAB);
  },
);

test("what was read stays as it was, wherever the value goes", () => {
  const { lay, free } = slabs();
  const kept = lay(Buffer.from("kept"));
  const { bytes, start, end } = kept;
  for (let i = 0; i < 100; i++) free(lay(new Uint8Array(SLAB / 8)));
  expect(kept.bytes).not.toBe(bytes);
  expect(textOf(kept)).toBe("kept");
  expect(textOf({ bytes, start, end })).toBe("kept");
});
