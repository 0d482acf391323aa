import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fault } from "./group.ts";
import { FencedError, type KeyValueStore } from "./kv.ts";
import { commitsSuite } from "./suite/commits.ts";
import { failuresSuite } from "./suite/failures.ts";
import { leasesSuite } from "./suite/leases.ts";
import { limitsSuite } from "./suite/limits.ts";
import { rangesSuite } from "./suite/ranges.ts";
import { rowsSuite } from "./suite/rows.ts";
import { newSubject, sound } from "./suite/subject.ts";

export interface Driver {
  /** Opens this test's data, which is empty at first. */
  open(options: { fault: Fault }): Promise<KeyValueStore>;
  /** Deletes the previous test's data. */
  clear(): Promise<void>;
  /** Whether data outlives the store that wrote it. */
  persists: boolean;
  /** The number of examples per property. */
  examples: number;
}

/** The behaviour that every driver must have. */
export function kvSuite(name: string, driver: Driver): void {
  describe(name, () => {
    const subject = newSubject(driver.examples);
    const open = () => driver.open({ fault: () => subject.disk() });

    beforeEach(async () => {
      subject.disk = sound;
      await driver.clear();
      subject.store = await open();
    });

    afterEach(async () => {
      await subject.store.close();
    });

    rowsSuite(subject);
    limitsSuite(subject);
    rangesSuite(subject);
    commitsSuite(subject);
    leasesSuite(subject);
    failuresSuite(subject);

    test.runIf(driver.persists)(
      "what was acknowledged is there when the store is opened again, and epochs go on",
      async () => {
        const before = await subject.store.lease("p", "me");
        await subject.write(before, { a: "1", b: "2" }, ["c"]);
        const unheeded = subject.write(before, { d: "4" });
        await subject.store.close();
        await unheeded;
        subject.store = await open();
        expect(await subject.contents()).toEqual({ a: "1", b: "2", d: "4" });
        const after = await subject.store.lease("p", "another");
        expect(after.epoch).toBeGreaterThan(before.epoch);
        await expect(subject.write(before, { a: "late" })).rejects.toThrow(FencedError);
      },
    );
  });
}
