import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type KeyRange, MAX_KEY_BYTES, MAX_PAGE_ROWS, type Row } from "../kv.ts";
import { bytes, hexRows, type Subject } from "./subject.ts";

export function rangesSuite(subject: Subject): void {
  describe("ranges", () => {
    const key = fc.array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), { minLength: 1, maxLength: 3 });
    const bound = fc.array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), { maxLength: 4 });

    test("return the rows between their bounds in order, forwards and backwards", async () => {
      const lease = await subject.store.lease("p", "me");
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(key, { selector: String, maxLength: 40 }),
          fc.array(
            fc.record({
              start: bound,
              end: bound,
              limit: fc.integer({ min: 0, max: 12 }),
              reverse: fc.boolean(),
            }),
          ),
          async (keys, ranges) => {
            const rows = keys.map((k) => ({ key: Uint8Array.from(k), value: Uint8Array.from([...k, 7]) }));
            await subject.store.commit({ lease, puts: rows, deletes: [] });
            for (const { start, end, limit, reverse } of ranges) {
              const range = { start: Uint8Array.from(start), end: Uint8Array.from(end), limit, reverse };
              expect(hexRows(await subject.store.range(range))).toEqual(hexRows(expectedRange(rows, range)));
            }
            await subject.store.commit({ lease, puts: [], deletes: rows.map((row) => row.key) });
          },
        ),
        { numRuns: subject.examples },
      );
    });

    test("are read page by page, forwards from after the last key, backwards up to it", async () => {
      const lease = await subject.store.lease("p", "me");
      const rows = Array.from({ length: 2_345 }, (_, i) => ({
        key: bytes(`k${String(i).padStart(5, "0")}`),
        value: bytes(`${i}`),
      }));
      await subject.store.commit({ lease, puts: rows, deletes: [] });
      const seen: Row[] = [];
      for (
        let start = bytes("k"), page: Row[];
        ;
        start = Buffer.concat([page.at(-1)!.key, Uint8Array.of(0)])
      ) {
        page = await subject.store.range({ start, end: bytes("l"), limit: 500 });
        seen.push(...page);
        if (page.length < 500) break;
      }
      expect(hexRows(seen)).toEqual(hexRows(rows));
      const back: Row[] = [];
      for (let end: Uint8Array = bytes("l"), page: Row[]; ; end = page.at(-1)!.key) {
        page = await subject.store.range({ start: bytes("k"), end, limit: 500, reverse: true });
        back.push(...page);
        if (page.length < 500) break;
      }
      expect(hexRows(back)).toEqual(hexRows(rows.toReversed()));
    });

    test("return at most MAX_PAGE_ROWS rows, whatever the limit", async () => {
      const lease = await subject.store.lease("p", "me");
      const puts = Array.from({ length: MAX_PAGE_ROWS + 1 }, (_, i) => ({
        key: bytes(`${i}`),
        value: bytes(""),
      }));
      await subject.store.commit({ lease, puts, deletes: [] });
      expect(await subject.store.range({ start: bytes(""), end: bytes("z"), limit: 1e9 })).toHaveLength(
        MAX_PAGE_ROWS,
      );
    });

    test("accept bounds that are longer than the longest key", async () => {
      const lease = await subject.store.lease("p", "me");
      const longest = new Uint8Array(MAX_KEY_BYTES).fill(5);
      await subject.store.commit({ lease, puts: [{ key: longest, value: bytes("v") }], deletes: [] });
      const after = new Uint8Array(10_000).fill(5);
      const none = new Uint8Array(0);
      expect(await subject.store.range({ start: none, end: after, limit: 9 })).toHaveLength(1);
      expect(await subject.store.range({ start: none, end: after, limit: 9, reverse: true })).toHaveLength(1);
      expect(await subject.store.range({ start: after, end: Uint8Array.of(6), limit: 9 })).toHaveLength(0);
      expect(
        await subject.store.range({ start: after, end: Uint8Array.of(6), limit: 9, reverse: true }),
      ).toHaveLength(0);
    });
  });
}

function expectedRange(rows: readonly Row[], { start, end, limit, reverse }: KeyRange): Row[] {
  const within = rows
    .filter(({ key }) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0)
    .sort((a, b) => Buffer.compare(a.key, b.key));
  return (reverse ? within.reverse() : within).slice(0, limit);
}
