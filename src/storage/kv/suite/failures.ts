import { describe, expect, test } from "vitest";
import { FencedError, LeaseHeldError } from "../kv.ts";
import { failing, type Subject, sound } from "./subject.ts";

export function failuresSuite(subject: Subject): void {
  describe("a failed group commit", () => {
    test.each(["EIO", "ENOSPC"])(
      "with %s stores nothing, and fences later commits until the lease is acquired again",
      async (code) => {
        const lease = await subject.store.lease("p", "me");
        await subject.write(lease, { before: "1" });
        subject.disk = failing(Object.assign(new Error(`${code}: from the disk`), { code }));
        const failed = await Promise.allSettled([
          subject.write(lease, { a: "1" }),
          subject.write(lease, { b: "2" }, ["before"]),
        ]);
        expect(failed).toMatchObject([
          { status: "rejected", reason: { code } },
          { status: "rejected", reason: { code } },
        ]);
        subject.disk = sound;
        expect(await subject.contents()).toEqual({ before: "1" });
        await expect(subject.write(lease, { c: "3" })).rejects.toThrow(FencedError);
        const anew = await subject.store.lease("p", "me");
        expect(anew.epoch).toBeGreaterThan(lease.epoch);
        await expect(subject.write(lease, { d: "4" })).rejects.toThrow(FencedError);
        await subject.write(anew, { e: "5" });
        expect(await subject.contents()).toEqual({ before: "1", e: "5" });
      },
    );

    test("fences concurrent commits of the same partition, but not of others", async () => {
      const mine = await subject.store.lease("mine", "me");
      const yours = await subject.store.lease("yours", "me");
      await subject.write(mine, { a: "1" });
      const error = new Error("from the disk");
      let late: Promise<PromiseSettledResult<void>[]> | undefined;
      subject.disk = () => {
        subject.disk = sound;
        late = Promise.allSettled([subject.write(mine, { a: "3" }), subject.write(yours, { b: "1" })]);
        throw error;
      };
      await expect(subject.write(mine, { a: "2" })).rejects.toBe(error);
      expect(await late).toMatchObject([
        { status: "rejected", reason: { name: "FencedError", cause: error } },
        { status: "fulfilled" },
      ]);
      expect(await subject.contents()).toEqual({ a: "1", b: "1" });
    });

    test("does not release the lease", async () => {
      const lease = await subject.store.lease("p", "me");
      subject.disk = failing(new Error("from the disk"));
      await expect(subject.write(lease, { a: "1" })).rejects.toThrow("from the disk");
      await expect(subject.store.lease("p", "you")).rejects.toThrow(LeaseHeldError);
    });
  });
}
