import { describe, expect, test } from "vitest";
import { FencedError, LeaseHeldError } from "../kv.ts";
import type { Subject } from "./subject.ts";

export function leasesSuite(subject: Subject): void {
  describe("leases", () => {
    test("are renewed by their owner and refused to others", async () => {
      const lease = await subject.store.lease("p", "me");
      expect(await subject.store.lease("p", "me")).toEqual(lease);
      await expect(subject.store.lease("p", "you")).rejects.toThrow(LeaseHeldError);
      expect((await subject.store.lease("q", "you")).partition).toBe("q");
    });

    test("that are released can be acquired by another owner, with a higher epoch", async () => {
      const mine = await subject.store.lease("p", "me");
      await subject.store.release(mine);
      const yours = await subject.store.lease("p", "you");
      expect(yours.epoch).toBeGreaterThan(mine.epoch);
      await subject.write(yours, { a: "yours" });
    });

    test("that are released fence all later commits of their owner", async () => {
      const mine = await subject.store.lease("p", "me");
      await subject.write(mine, { a: "mine" });
      await subject.store.release(mine);
      const yours = await subject.store.lease("p", "you");
      await expect(subject.write(mine, { a: "late" })).rejects.toThrow(FencedError);
      await subject.store.release(mine);
      await expect(subject.store.lease("p", "me")).rejects.toThrow(LeaseHeldError);
      await subject.write(yours, { b: "yours" });
      expect(await subject.contents()).toEqual({ a: "mine", b: "yours" });
    });

    test("that were never granted are fenced", async () => {
      const forged = { partition: "p", owner: "me", epoch: 999 };
      await expect(subject.write(forged, { a: "1" })).rejects.toThrow(FencedError);
      expect(await subject.contents()).toEqual({});
    });
  });
}
