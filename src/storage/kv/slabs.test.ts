import fc from "fast-check";
import { expect, test } from "vitest";
import { keyBytes, keyText } from "./key-text.ts";
import { SLAB_BYTES, slabs } from "./slabs.ts";

/** Rows in slabs, with the known place of each. */
function laid() {
  const places = new Map<string, number>();
  const rows = slabs((key, place) => places.set(keyText(key), place));
  return {
    rows,
    placeOf: (name: string) => places.get(name)!,
    set(name: string, value: Uint8Array): void {
      const place = rows.lay(keyBytes(name), value);
      const former = places.get(name);
      places.set(name, place);
      if (former !== undefined) rows.free(former);
    },
    delete(name: string): void {
      const place = places.get(name);
      places.delete(name);
      if (place !== undefined) rows.free(place);
    },
  };
}

const LENGTHS = fc.oneof(fc.nat(100), fc.nat(SLAB_BYTES / 4), fc.constant(0));
const STEPS = fc.array(fc.tuple(fc.nat(40), fc.option(LENGTHS)), { maxLength: 400 });

test("every row keeps its content until it is freed", () => {
  fc.assert(
    fc.property(STEPS, (steps) => {
      const all = laid();
      const known = new Map<string, string>();
      for (const [n, [number, length]] of steps.entries()) {
        const name = `row ${number}`;
        const text = String(n).padEnd(length ?? 0, ".");
        if (length === null) {
          all.delete(name);
          known.delete(name);
        } else {
          all.set(name, keyBytes(text));
          known.set(name, text);
        }
      }
      for (const [name, text] of known) {
        const place = all.placeOf(name);
        expect(all.rows.compare(place, keyBytes(name))).toBe(0);
        expect(keyText(all.rows.key(place))).toBe(name);
        expect(keyText(all.rows.value(place))).toBe(text);
        const row = all.rows.row(place);
        expect([row.text, keyText(row.key), keyText(row.value)]).toEqual([name, name, text]);
      }
    }),
  );
});

test.each([0, 1, 100, SLAB_BYTES / 8, SLAB_BYTES / 2])(
  "slabs of values of %i bytes are freed when most rows are",
  (length) => {
    const all = laid();
    const count = 20_000_000 / Math.max(length, 1_000);
    for (let n = 0; n < count; n++) all.set(`row ${n}`, new Uint8Array(length));
    for (let n = 0; n < count; n++) if (n % 100 !== 0) all.delete(`row ${n}`);
    const live = Math.ceil(count / 100) * (length + 16);
    expect(all.rows.size).toBeLessThanOrEqual(2 * live + 2 * SLAB_BYTES);
  },
);

test("a returned row stays unchanged when the row is moved or freed", () => {
  const all = laid();
  all.set("kept", keyBytes("value"));
  const place = all.placeOf("kept");
  const row = all.rows.row(place);
  for (let n = 0; n < 100; n++) {
    all.set("other", new Uint8Array(SLAB_BYTES / 10));
    all.delete("other");
  }
  expect(all.placeOf("kept")).not.toBe(place);
  expect(keyText(all.rows.value(all.placeOf("kept")))).toBe("value");
  all.delete("kept");
  expect([row.text, keyText(row.key), keyText(row.value)]).toEqual(["kept", "kept", "value"]);
});
