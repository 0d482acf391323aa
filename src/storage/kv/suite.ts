import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Fault } from "./group.ts";
import {
  type Commit,
  FencedError,
  type KeyRange,
  type KeyValueStore,
  type Lease,
  LeaseHeldError,
  LimitError,
  MAX_COMMIT,
  MAX_KEY,
  MAX_PAGE,
  MAX_VALUE,
  type Row,
} from "./kv.ts";

export interface Driver {
  /** Opens the data of this test, which are empty at first. */
  open(options: { fault: Fault }): Promise<KeyValueStore>;
  /** Throws the data of the last test away. */
  clear(): Promise<void>;
  /** Whether data outlive the store that wrote them. */
  persists: boolean;
  /** How many examples a property is tried with. */
  examples: number;
}

/** What every driver must do. */
export function kvSuite(name: string, driver: Driver): void {
  describe(name, () => {
    let store: KeyValueStore;
    let disk: () => void;
    const open = () => driver.open({ fault: () => disk() });
    const sound = () => {};
    const failing = (error: Error) => () => {
      throw error;
    };

    beforeEach(async () => {
      disk = sound;
      await driver.clear();
      store = await open();
    });

    afterEach(async () => {
      await store.close();
    });

    const write = (lease: Lease, entries: Record<string, string>, deletes: string[] = []) =>
      store.commit(change(lease, entries, deletes));

    async function contents(start = "", end = "\uffff"): Promise<Record<string, string>> {
      const rows = await store.range({ start: bytes(start), end: bytes(end), limit: MAX_PAGE });
      return Object.fromEntries(rows.map(({ key, value }) => [text(key), text(value)]));
    }

    describe("rows", () => {
      test("are read as they were written, and are gone once deleted", async () => {
        const lease = await store.lease("p", "me");
        await write(lease, { a: "1", b: "2" });
        expect(text((await store.get(bytes("a")))!)).toBe("1");
        await write(lease, { b: "3" }, ["a", "never there"]);
        expect(await store.get(bytes("a"))).toBeUndefined();
        expect((await store.getMany([bytes("a"), bytes("b")])).map((value) => value && text(value))).toEqual([
          undefined,
          "3",
        ]);
      });

      test("of one commit: deletes come before puts, and the last put of a key counts", async () => {
        const lease = await store.lease("p", "me");
        await write(lease, { a: "old" });
        const puts = ["first", "last"].map((value) => ({ key: bytes("a"), value: bytes(value) }));
        await store.commit({ lease, puts, deletes: [bytes("a")] });
        expect(await contents()).toEqual({ a: "last" });
      });

      test("may have empty values and any bytes in their keys", async () => {
        const lease = await store.lease("p", "me");
        const keys = [[0], [0, 0], [0, 255], [1], [1, 0], [255], [255, 0], [255, 255]].map((k) =>
          Uint8Array.from(k),
        );
        const puts = keys.toReversed().map((key) => ({ key, value: new Uint8Array(0) }));
        await store.commit({ lease, puts, deletes: [] });
        const rows = await store.range({
          start: new Uint8Array(0),
          end: Uint8Array.of(255, 255, 0),
          limit: 10,
        });
        expect(rows.map(({ key }) => [...key])).toEqual(keys.map((key) => [...key]));
        for (const key of keys) expect((await store.get(key))?.length).toBe(0);
      });

      test("handed out belong to the caller", async () => {
        const lease = await store.lease("p", "me");
        await write(lease, { a: "one", b: "two" });
        const got = (await store.get(bytes("a")))!;
        const [row] = await store.range({ start: bytes("b"), end: bytes("c"), limit: 1 });
        await write(lease, { a: "ONE", b: "TWO", c: "x".repeat(100_000) });
        expect((await store.get(bytes("c")))?.length).toBe(100_000);
        expect([text(got), text(row!.key), text(row!.value)]).toEqual(["one", "b", "two"]);
        got.fill(0);
        expect(text((await store.get(bytes("a")))!)).toBe("ONE");
      });

      test("of an empty or overlong key are not there", async () => {
        const overlong = new Uint8Array(MAX_KEY + 1);
        expect(await store.get(new Uint8Array(0))).toBeUndefined();
        expect(await store.getMany([overlong, new Uint8Array(100_000)])).toEqual([undefined, undefined]);
      });
    });

    describe("limits", () => {
      test("a key and a value at their limits are stored, also beside one another", async () => {
        const lease = await store.lease("p", "me");
        const puts = [0x00, 0x7f, 0xff].map((byte) => ({
          key: new Uint8Array(MAX_KEY).fill(byte),
          value: new Uint8Array(MAX_VALUE).fill(byte),
        }));
        await store.commit({ lease, puts, deletes: [] });
        const rows = await store.range({
          start: new Uint8Array(0),
          end: new Uint8Array(MAX_KEY + 1).fill(255),
          limit: 4,
        });
        expect(rows.map(({ key, value }) => [key.length, value.length, value[0]])).toEqual(
          [0x00, 0x7f, 0xff].map((byte) => [MAX_KEY, MAX_VALUE, byte]),
        );
        for (const { key, value } of puts) expect(Buffer.compare((await store.get(key))!, value)).toBe(0);
      });

      test("a whole commit at its limit is stored", async () => {
        const lease = await store.lease("p", "me");
        const count = MAX_COMMIT / MAX_VALUE;
        const puts = Array.from({ length: count }, (_, i) => ({
          key: Uint8Array.of(i),
          value: new Uint8Array(MAX_VALUE - 1),
        }));
        await store.commit({ lease, puts, deletes: [] });
        expect((await store.get(Uint8Array.of(count - 1)))?.length).toBe(MAX_VALUE - 1);
        await expect(store.commit({ lease, puts, deletes: [Uint8Array.of(99)] })).rejects.toThrow(LimitError);
      });

      test.each<[string, Partial<Commit>]>([
        ["an empty key", { puts: [{ key: new Uint8Array(0), value: bytes("v") }] }],
        ["a key one byte too long", { puts: [{ key: new Uint8Array(MAX_KEY + 1), value: bytes("v") }] }],
        ["a deleted key one byte too long", { deletes: [new Uint8Array(MAX_KEY + 1)] }],
        ["a value one byte too long", { puts: [{ key: bytes("k"), value: new Uint8Array(MAX_VALUE + 1) }] }],
      ])("%s is refused, and harms none of the 63 good writers beside it", async (_, bad) => {
        const lease = await store.lease("p", "me");
        const writers = Array.from({ length: 64 }, (_, i) =>
          i === 31
            ? store.commit({ lease, puts: [], deletes: [], ...bad })
            : write(lease, { [`key${i}`]: "good" }),
        );
        const outcomes = await Promise.allSettled(writers);
        expect(
          outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason.name] : [])),
        ).toEqual(["LimitError"]);
        expect(Object.keys(await contents())).toHaveLength(63);
      });
    });

    describe("ranges", () => {
      const key = fc.array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), { minLength: 1, maxLength: 3 });
      const bound = fc.array(fc.constantFrom(0, 1, 0x7f, 0xfe, 0xff), { maxLength: 4 });

      test("hold what lies between their bounds, in order, either way", async () => {
        const lease = await store.lease("p", "me");
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
              await store.commit({ lease, puts: rows, deletes: [] });
              for (const { start, end, limit, reverse } of ranges) {
                const range = { start: Uint8Array.from(start), end: Uint8Array.from(end), limit, reverse };
                expect(hexRows(await store.range(range))).toEqual(hexRows(expectedRange(rows, range)));
              }
              await store.commit({ lease, puts: [], deletes: rows.map((row) => row.key) });
            },
          ),
          { numRuns: driver.examples },
        );
      });

      test("are walked page by page, forwards from the key after the last, backwards from the last", async () => {
        const lease = await store.lease("p", "me");
        const rows = Array.from({ length: 2_345 }, (_, i) => ({
          key: bytes(`k${String(i).padStart(5, "0")}`),
          value: bytes(`${i}`),
        }));
        await store.commit({ lease, puts: rows, deletes: [] });
        const seen: Row[] = [];
        for (
          let start = bytes("k"), page: Row[];
          ;
          start = Buffer.concat([page.at(-1)!.key, Uint8Array.of(0)])
        ) {
          page = await store.range({ start, end: bytes("l"), limit: 500 });
          seen.push(...page);
          if (page.length < 500) break;
        }
        expect(hexRows(seen)).toEqual(hexRows(rows));
        const back: Row[] = [];
        for (let end: Uint8Array = bytes("l"), page: Row[]; ; end = page.at(-1)!.key) {
          page = await store.range({ start: bytes("k"), end, limit: 500, reverse: true });
          back.push(...page);
          if (page.length < 500) break;
        }
        expect(hexRows(back)).toEqual(hexRows(rows.toReversed()));
      });

      test("are pages: none has more rows than allowed, whatever is asked for", async () => {
        const lease = await store.lease("p", "me");
        const puts = Array.from({ length: MAX_PAGE + 1 }, (_, i) => ({
          key: bytes(`${i}`),
          value: bytes(""),
        }));
        await store.commit({ lease, puts, deletes: [] });
        expect(await store.range({ start: bytes(""), end: bytes("z"), limit: 1e9 })).toHaveLength(MAX_PAGE);
      });

      test("take bounds that are longer than any key", async () => {
        const lease = await store.lease("p", "me");
        const longest = new Uint8Array(MAX_KEY).fill(5);
        await store.commit({ lease, puts: [{ key: longest, value: bytes("v") }], deletes: [] });
        const after = new Uint8Array(10_000).fill(5);
        const none = new Uint8Array(0);
        expect(await store.range({ start: none, end: after, limit: 9 })).toHaveLength(1);
        expect(await store.range({ start: none, end: after, limit: 9, reverse: true })).toHaveLength(1);
        expect(await store.range({ start: after, end: Uint8Array.of(6), limit: 9 })).toHaveLength(0);
        expect(
          await store.range({ start: after, end: Uint8Array.of(6), limit: 9, reverse: true }),
        ).toHaveLength(0);
      });
    });

    describe("commits", () => {
      test("are serializable: every read sees a whole history up to some commit, and all that was acknowledged", async () => {
        const partitions = ["x", "y", "z"] as const;
        const name = fc.constantFrom("a", "b", "c", "d");
        const commit = fc.record({
          partition: fc.constantFrom(...partitions),
          puts: fc.dictionary(name, fc.string({ maxLength: 3 }), { maxKeys: 3 }),
          deletes: fc.array(name, { maxLength: 2 }),
        });
        const step = fc.oneof(
          { weight: 5, arbitrary: commit },
          { weight: 2, arbitrary: fc.record({ read: fc.constantFrom(...partitions) }) },
          { weight: 1, arbitrary: fc.record({ pause: fc.integer({ min: 0, max: 3 }) }) },
        );
        let round = 0;
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
            const space = `${round++}/`;
            const histories = new Map<
              string,
              { lease: Lease; states: Record<string, string>[]; acknowledged: number }
            >();
            for (const partition of partitions) {
              const lease = await store.lease(space + partition, "me");
              histories.set(partition, { lease, states: [{}], acknowledged: 0 });
            }
            const pending: Promise<void>[] = [];

            async function read(partition: string): Promise<void> {
              const history = histories.get(partition)!;
              const prefix = `${space}${partition}/`;
              const earliest = history.acknowledged;
              const seen = await contents(prefix, `${prefix}\uffff`);
              expect(history.states.slice(earliest)).toContainEqual(seen);
            }

            for (const step of steps) {
              if ("read" in step) {
                pending.push(read(step.read));
              } else if ("pause" in step) {
                for (let i = 0; i < step.pause; i++) await new Promise(setImmediate);
              } else {
                const history = histories.get(step.partition)!;
                const prefix = `${space}${step.partition}/`;
                const deletes = step.deletes.map((key) => prefix + key);
                const puts = Object.fromEntries(
                  Object.entries(step.puts).map(([key, value]) => [prefix + key, value]),
                );
                const state = { ...history.states.at(-1)! };
                for (const key of deletes) delete state[key];
                const number = history.states.push({ ...state, ...puts }) - 1;
                pending.push(
                  write(history.lease, puts, deletes).then(() => {
                    expect(history.acknowledged).toBe(number - 1);
                    history.acknowledged = number;
                  }),
                );
              }
            }
            await Promise.all(pending);
            for (const partition of partitions) {
              const history = histories.get(partition)!;
              expect(await contents(`${space}${partition}/`, `${space}${partition}/\uffff`)).toEqual(
                history.states.at(-1),
              );
            }
          }),
          { numRuns: driver.examples },
        );
      });

      test("a thousand at once all arrive, those of one partition in order", async () => {
        const leases = await Promise.all(Array.from({ length: 10 }, (_, i) => store.lease(`p${i}`, "me")));
        await Promise.all(
          Array.from({ length: 1_000 }, (_, i) =>
            write(leases[i % 10]!, { [`row${i}`]: `${i}`, [`last${i % 10}`]: `${i}` }),
          ),
        );
        expect(Object.keys(await contents("row", "rox"))).toHaveLength(1_000);
        expect(await contents("last", "lasu")).toEqual(
          Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`last${i}`, `${990 + i}`])),
        );
      });

      test("without a change are accepted under a good lease only", async () => {
        const lease = await store.lease("p", "me");
        await write(lease, {});
        await store.release(lease);
        await expect(write(lease, {})).rejects.toThrow(FencedError);
      });
    });

    describe("leases", () => {
      test("are renewed by their owner and refused to others", async () => {
        const lease = await store.lease("p", "me");
        expect(await store.lease("p", "me")).toEqual(lease);
        await expect(store.lease("p", "you")).rejects.toThrow(LeaseHeldError);
        expect((await store.lease("q", "you")).partition).toBe("q");
      });

      test("that are given back go to whoever asks, with a higher epoch", async () => {
        const mine = await store.lease("p", "me");
        await store.release(mine);
        const yours = await store.lease("p", "you");
        expect(yours.epoch).toBeGreaterThan(mine.epoch);
        await write(yours, { a: "yours" });
      });

      test("that are over fence their owner off, however late it comes", async () => {
        const mine = await store.lease("p", "me");
        await write(mine, { a: "mine" });
        await store.release(mine);
        const yours = await store.lease("p", "you");
        await expect(write(mine, { a: "late" })).rejects.toThrow(FencedError);
        await store.release(mine);
        await expect(store.lease("p", "me")).rejects.toThrow(LeaseHeldError);
        await write(yours, { b: "yours" });
        expect(await contents()).toEqual({ a: "mine", b: "yours" });
      });

      test("that were never granted are worth nothing", async () => {
        const forged = { partition: "p", owner: "me", epoch: 999 };
        await expect(write(forged, { a: "1" })).rejects.toThrow(FencedError);
        expect(await contents()).toEqual({});
      });
    });

    describe("a group that fails", () => {
      test.each(["EIO", "ENOSPC"])(
        "with %s leaves nothing behind, and nothing follows it until the lease is taken anew",
        async (code) => {
          const lease = await store.lease("p", "me");
          await write(lease, { before: "1" });
          disk = failing(Object.assign(new Error(`${code}: from the disk`), { code }));
          const failed = await Promise.allSettled([
            write(lease, { a: "1" }),
            write(lease, { b: "2" }, ["before"]),
          ]);
          expect(failed).toMatchObject([
            { status: "rejected", reason: { code } },
            { status: "rejected", reason: { code } },
          ]);
          disk = sound;
          expect(await contents()).toEqual({ before: "1" });
          await expect(write(lease, { c: "3" })).rejects.toThrow(FencedError);
          const anew = await store.lease("p", "me");
          expect(anew.epoch).toBeGreaterThan(lease.epoch);
          await expect(write(lease, { d: "4" })).rejects.toThrow(FencedError);
          await write(anew, { e: "5" });
          expect(await contents()).toEqual({ before: "1", e: "5" });
        },
      );

      test("refuses what its partition handed in while it was under way, and nothing of others", async () => {
        const mine = await store.lease("mine", "me");
        const yours = await store.lease("yours", "me");
        await write(mine, { a: "1" });
        const error = new Error("from the disk");
        let late: Promise<PromiseSettledResult<void>[]> | undefined;
        disk = () => {
          disk = sound;
          late = Promise.allSettled([write(mine, { a: "3" }), write(yours, { b: "1" })]);
          throw error;
        };
        await expect(write(mine, { a: "2" })).rejects.toBe(error);
        expect(await late).toMatchObject([
          { status: "rejected", reason: { name: "FencedError", cause: error } },
          { status: "fulfilled" },
        ]);
        expect(await contents()).toEqual({ a: "1", b: "1" });
      });

      test("does not give the partition away", async () => {
        const lease = await store.lease("p", "me");
        disk = failing(new Error("from the disk"));
        await expect(write(lease, { a: "1" })).rejects.toThrow("from the disk");
        await expect(store.lease("p", "you")).rejects.toThrow(LeaseHeldError);
      });
    });

    test.runIf(driver.persists)(
      "what was acknowledged is there when the store is opened again, and epochs go on",
      async () => {
        const before = await store.lease("p", "me");
        await write(before, { a: "1", b: "2" }, ["c"]);
        const unheeded = write(before, { d: "4" });
        await store.close();
        await unheeded;
        store = await open();
        expect(await contents()).toEqual({ a: "1", b: "2", d: "4" });
        const after = await store.lease("p", "another");
        expect(after.epoch).toBeGreaterThan(before.epoch);
        await expect(write(before, { a: "late" })).rejects.toThrow(FencedError);
      },
    );
  });
}

const bytes = (string: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(string));
const text = (value: Uint8Array): string => Buffer.from(value).toString();

function change(lease: Lease, entries: Record<string, string>, deletes: string[]): Commit {
  return {
    lease,
    puts: Object.entries(entries).map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
    deletes: deletes.map(bytes),
  };
}

const hexRows = (rows: readonly Row[]): string[] =>
  rows.map(({ key, value }) => `${Buffer.from(key).toString("hex")}=${Buffer.from(value).toString("hex")}`);

function expectedRange(rows: readonly Row[], { start, end, limit, reverse }: KeyRange): Row[] {
  const within = rows
    .filter(({ key }) => Buffer.compare(key, start) >= 0 && Buffer.compare(key, end) < 0)
    .sort((a, b) => Buffer.compare(a.key, b.key));
  return (reverse ? within.reverse() : within).slice(0, limit);
}
