import { describe, expect, test } from "vitest";
import { type Commit, LimitError, MAX_COMMIT_BYTES, MAX_KEY_BYTES, MAX_VALUE_BYTES } from "../kv.ts";
import { bytes, type Subject } from "./subject.ts";

export function limitsSuite(subject: Subject): void {
  describe("limits", () => {
    test("several keys and values of maximum size are stored", async () => {
      const lease = await subject.store.lease("p", "me");
      const puts = [0x00, 0x7f, 0xff].map((byte) => ({
        key: new Uint8Array(MAX_KEY_BYTES).fill(byte),
        value: new Uint8Array(MAX_VALUE_BYTES).fill(byte),
      }));
      await subject.store.commit({ lease, puts, deletes: [] });
      const rows = await subject.store.range({
        start: new Uint8Array(0),
        end: new Uint8Array(MAX_KEY_BYTES + 1).fill(255),
        limit: 4,
      });
      expect(rows.map(({ key, value }) => [key.length, value.length, value[0]])).toEqual(
        [0x00, 0x7f, 0xff].map((byte) => [MAX_KEY_BYTES, MAX_VALUE_BYTES, byte]),
      );
      for (const { key, value } of puts)
        expect(Buffer.compare((await subject.store.get(key))!, value)).toBe(0);
    });

    test("a commit of maximum size is stored", async () => {
      const lease = await subject.store.lease("p", "me");
      const count = MAX_COMMIT_BYTES / MAX_VALUE_BYTES;
      const puts = Array.from({ length: count }, (_, i) => ({
        key: Uint8Array.of(i),
        value: new Uint8Array(MAX_VALUE_BYTES - 1),
      }));
      await subject.store.commit({ lease, puts, deletes: [] });
      expect((await subject.store.get(Uint8Array.of(count - 1)))?.length).toBe(MAX_VALUE_BYTES - 1);
      await expect(subject.store.commit({ lease, puts, deletes: [Uint8Array.of(99)] })).rejects.toThrow(
        LimitError,
      );
    });

    test.each<[string, Partial<Commit>]>([
      ["an empty key", { puts: [{ key: new Uint8Array(0), value: bytes("v") }] }],
      [
        "a key that is one byte too long",
        { puts: [{ key: new Uint8Array(MAX_KEY_BYTES + 1), value: bytes("v") }] },
      ],
      ["a deleted key that is one byte too long", { deletes: [new Uint8Array(MAX_KEY_BYTES + 1)] }],
      [
        "a value that is one byte too long",
        { puts: [{ key: bytes("k"), value: new Uint8Array(MAX_VALUE_BYTES + 1) }] },
      ],
    ])("%s is refused, and 63 concurrent valid commits succeed", async (_, bad) => {
      const lease = await subject.store.lease("p", "me");
      const writers = Array.from({ length: 64 }, (_, i) =>
        i === 31
          ? subject.store.commit({ lease, puts: [], deletes: [], ...bad })
          : subject.write(lease, { [`key${i}`]: "good" }),
      );
      const outcomes = await Promise.allSettled(writers);
      expect(
        outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.name] : [])),
      ).toEqual(["LimitError"]);
      expect(Object.keys(await subject.contents())).toHaveLength(63);
    });
  });
}
