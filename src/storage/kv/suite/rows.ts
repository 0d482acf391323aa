import { describe, expect, test } from "vitest";
import { MAX_KEY_BYTES } from "../kv.ts";
import { bytes, type Subject, text } from "./subject.ts";

export function rowsSuite(subject: Subject): void {
  describe("rows", () => {
    test("are read as they were written, and are missing after their deletion", async () => {
      const lease = await subject.store.lease("p", "me");
      await subject.write(lease, { a: "1", b: "2" });
      expect(text((await subject.store.get(bytes("a")))!)).toBe("1");
      await subject.write(lease, { b: "3" }, ["a", "never there"]);
      expect(await subject.store.get(bytes("a"))).toBeUndefined();
      expect(text((await subject.store.get(bytes("b")))!)).toBe("3");
    });

    test("of one commit are deleted first and then put, and the last put of a key wins", async () => {
      const lease = await subject.store.lease("p", "me");
      await subject.write(lease, { a: "old" });
      const puts = ["first", "last"].map((value) => ({ key: bytes("a"), value: bytes(value) }));
      await subject.store.commit({ lease, puts, deletes: [bytes("a")] });
      expect(await subject.contents()).toEqual({ a: "last" });
    });

    test("may have empty values and any bytes in their keys", async () => {
      const lease = await subject.store.lease("p", "me");
      const keys = [[0], [0, 0], [0, 255], [1], [1, 0], [255], [255, 0], [255, 255]].map((k) =>
        Uint8Array.from(k),
      );
      const puts = keys.toReversed().map((key) => ({ key, value: new Uint8Array(0) }));
      await subject.store.commit({ lease, puts, deletes: [] });
      const rows = await subject.store.range({
        start: new Uint8Array(0),
        end: Uint8Array.of(255, 255, 0),
        limit: 10,
      });
      expect(rows.map(({ key }) => [...key])).toEqual(keys.map((key) => [...key]));
      for (const key of keys) expect((await subject.store.get(key))?.length).toBe(0);
    });

    test("that were read are independent copies", async () => {
      const lease = await subject.store.lease("p", "me");
      const long = "long".repeat(25_000);
      await subject.write(lease, { a: "one", b: "two", c: long, d: long.toUpperCase() });
      const a = await subject.store.get(bytes("a"));
      const c = await subject.store.get(bytes("c"));
      const d = await subject.store.get(bytes("d"));
      const [b] = await subject.store.range({ start: bytes("b"), end: bytes("c"), limit: 1 });
      await subject.write(lease, { a: "ONE", b: "TWO", c: "", d: "" });
      expect(await subject.contents()).toEqual({ a: "ONE", b: "TWO", c: "", d: "" });
      expect([a, b!.key, b!.value, c, d].map((value) => text(value!))).toEqual([
        "one",
        "b",
        "two",
        long,
        long.toUpperCase(),
      ]);

      (await subject.store.get(bytes("a")))!.fill(0);
      const [row] = await subject.store.range({ start: bytes("b"), end: bytes("c"), limit: 1 });
      row!.key.fill(0);
      row!.value.fill(0);
      expect(await subject.contents()).toEqual({ a: "ONE", b: "TWO", c: "", d: "" });
    });

    test("with an empty or overlong key are missing", async () => {
      const overlong = new Uint8Array(MAX_KEY_BYTES + 1);
      expect(await subject.store.get(new Uint8Array(0))).toBeUndefined();
      expect(await subject.store.get(overlong)).toBeUndefined();
      expect(await subject.store.get(new Uint8Array(100_000))).toBeUndefined();
    });
  });
}
