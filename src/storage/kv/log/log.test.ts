import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { random } from "#lib/random.ts";
import { openLogged } from "../embedded.ts";
import { DamagedFileError, type KeyValueStore, type Lease } from "../kv.ts";
import { bytes, text } from "../suite/subject.ts";
import { HEAD_BYTES, RECORD_HEAD_BYTES } from "./layout.ts";
import { LOG_FILES } from "./log.ts";
import { type TestMachine, testMachine } from "./testing.ts";

/** Small, so that generations change often. */
const CAPACITY = 400;

const opened = (machine: TestMachine, capacity = CAPACITY) => openLogged({ ...machine.boot(), capacity });

const put = (store: KeyValueStore, lease: Lease, entries: Record<string, string>, deletes: string[] = []) =>
  store.commit({
    lease,
    puts: Object.entries(entries).map(([key, value]) => ({ key: bytes(key), value: bytes(value) })),
    deletes: deletes.map(bytes),
  });

async function contents(store: KeyValueStore): Promise<Record<string, string>> {
  const rows = await store.range({ start: bytes(""), end: bytes("\uffff"), limit: 1_000 });
  const found = Object.fromEntries(rows.map(({ key, value }) => [text(key), text(value)]));
  for (const key of ["a", "b", "c", "d"]) {
    const value = await store.get(bytes(key));
    expect(value && text(value)).toBe(found[key]);
  }
  return found;
}

const turns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

describe("a power cut", () => {
  const name = fc.constantFrom("a", "b", "c", "d");
  const change = fc.record({
    puts: fc.dictionary(name, fc.string({ minLength: 0, maxLength: 60 }), { maxKeys: 3 }),
    deletes: fc.array(name, { maxLength: 2 }),
    /** Turns of the event loop until the next commit; with none, commits share a group. */
    pause: fc.integer({ min: 0, max: 4 }),
    rests: fc.boolean(),
  });

  test("at any step leaves all acknowledged commits, and a prefix of the others", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(change, { minLength: 1, maxLength: 25 }),
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 }),
        fc.integer(),
        async (changes, cuts, seed) => {
          const chance = random(seed);
          const machine = testMachine(LOG_FILES, () => chance.bytes(1)[0]! / 256);
          let state: Record<string, string> = {};
          for (const cut of cuts) {
            const store = await opened(machine);
            expect(await contents(store)).toEqual(state);
            machine.cutAt(cut);
            const lease = await store.lease("p", "me");
            const history = [state];
            let acknowledged = 0;
            for (const { puts, deletes, pause, rests } of changes) {
              const next = { ...history.at(-1)! };
              for (const key of deletes) delete next[key];
              const number = history.push({ ...next, ...puts }) - 1;
              put(store, lease, puts, deletes).then(
                () => {
                  acknowledged = number;
                },
                () => {},
              );
              await turns(pause);
              if (rests) void store.rest!();
            }
            await turns(20);
            const { base, files } = machine.boot();
            const after = await openLogged({ base, files, capacity: CAPACITY });
            const found = await contents(after);
            expect(history.slice(acknowledged)).toContainEqual(found);
            state = found;
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe("a group that fails on the disk", () => {
  test.each([
    ["written", 1],
    ["synced", 2],
  ])("when it is %s is not found by the next boot", async (_, step) => {
    const machine = testMachine(LOG_FILES, () => 1);
    const store = await opened(machine);
    let lease = await store.lease("p", "me");
    await put(store, lease, { a: "kept" });
    machine.failAt(machine.steps + step, new Error("EIO"));
    await expect(put(store, lease, { a: "refused", b: "refused" })).rejects.toThrow("EIO");
    expect(await contents(store)).toEqual({ a: "kept" });
    const next = await opened(machine);
    expect(await contents(next)).toEqual({ a: "kept" });
    lease = await next.lease("p", "me");
    await put(next, lease, { c: "later" });
    expect(await contents(next)).toEqual({ a: "kept", c: "later" });
  });

  test("that could not be erased is erased before the next generation begins", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const { base, files } = machine.boot();
    const lagging = { ...base, settled: base.settled, apply: () => new Promise<void>(() => {}) };
    const store = await openLogged({ base: lagging, files, capacity: CAPACITY });
    let lease = await store.lease("p", "me");
    await put(store, lease, { a: "kept" });
    machine.failAt(machine.steps + 2, new Error("EIO"), 2);
    await expect(put(store, lease, { a: "refused" })).rejects.toThrow("EIO");
    lease = await store.lease("p", "me");
    await put(store, lease, { c: "x".repeat(CAPACITY) });
    machine.writeBack();
    expect(await contents(await opened(machine))).toEqual({ a: "kept", c: "x".repeat(CAPACITY) });
  });

  test("that cannot be erased prevents the next generation from beginning", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const store = await opened(machine);
    let lease = await store.lease("p", "me");
    await put(store, lease, { a: "kept" });
    machine.failAt(machine.steps + 2, new Error("EIO"), 3);
    await expect(put(store, lease, { a: "refused" })).rejects.toThrow("EIO");
    lease = await store.lease("p", "me");
    await expect(put(store, lease, { c: "x".repeat(CAPACITY) })).rejects.toThrow("EIO");
    lease = await store.lease("p", "me");
    await put(store, lease, { c: "x".repeat(CAPACITY) });
    expect(await contents(store)).toEqual({ a: "kept", c: "x".repeat(CAPACITY) });
  });
});

describe("the base", () => {
  test("does not receive rows that were deleted again, and receives changed ones once", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const { base, files } = machine.boot();
    const applied: string[] = [];
    const watched = {
      ...base,
      get settled() {
        return base.settled;
      },
      apply: (changes: Parameters<typeof base.apply>[0], settled: number | undefined) => {
        for (const { key, value } of changes) applied.push(`${text(key)}=${value && text(value)}`);
        return base.apply(changes, settled);
      },
    };
    const store = await openLogged({ base: watched, files, capacity: 100_000 });
    const lease = await store.lease("p", "me");
    for (let i = 0; i < 50; i++)
      await put(store, lease, { hot: `${i}`, [`body${i}`]: "x" }, [`body${i - 1}`]);
    expect(applied).toEqual([]);
    await store.close();
    expect(applied.filter((change) => change.startsWith("hot"))).toEqual(["hot=49"]);
    expect(applied.filter((change) => change.endsWith("=x"))).toEqual(["body49=x"]);
  });

  test("that fails blocks commits only when the log is full, and nothing is lost", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const { base, files } = machine.boot();
    let isFull = true;
    const store = await openLogged({
      base: {
        ...base,
        get settled() {
          return base.settled;
        },
        apply: (...change) => (isFull ? Promise.reject(new Error("ENOSPC")) : base.apply(...change)),
      },
      files,
      capacity: CAPACITY,
    });
    let written = 0;
    let refused: unknown;
    let lease = await store.lease("p", "me");
    while (!refused) {
      await put(store, lease, { [`row${written}`]: "x".repeat(50) }).then(
        () => written++,
        (error) => {
          refused = error;
        },
      );
    }
    expect(String(refused)).toContain("ENOSPC");
    expect(written).toBeGreaterThan(3);
    lease = await store.lease("p", "me");
    await expect(put(store, lease, { z: "z" })).rejects.toThrow("ENOSPC");
    isFull = false;
    lease = await store.lease("p", "me");
    await put(store, lease, { z: "z" });
    expect(Object.keys(await contents(store))).toHaveLength(written + 1);
    expect(Object.keys(await contents(await opened(machine)))).toHaveLength(written + 1);
  });

  test("that fails while memory is freed takes no room of the log", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const { base, files } = machine.boot();
    const store = await openLogged({
      base: {
        ...base,
        get settled() {
          return base.settled;
        },
        apply: () => Promise.reject(new Error("ENOSPC")),
      },
      files,
      capacity: 100_000,
    });
    const lease = await store.lease("p", "me");
    for (let n = 0; n < 2 * LOG_FILES; n++) {
      await put(store, lease, { [`row${n}`]: "x" });
      await store.rest!();
    }
    expect(Object.keys(await contents(store))).toHaveLength(2 * LOG_FILES);
    expect(Object.keys(await contents(await opened(machine, 100_000)))).toHaveLength(2 * LOG_FILES);
  });
});

test("a returned row stays unchanged, however often its file is reused", async () => {
  const store = await opened(testMachine(LOG_FILES, () => 1));
  const lease = await store.lease("p", "me");
  await put(store, lease, { a: "first" });
  const [found] = await store.range({ start: bytes("a"), end: bytes("b"), limit: 1 });
  for (let i = 0; i < 50; i++) await put(store, lease, { a: "x".repeat(100) });
  expect(text(found!.value)).toBe("first");
});

describe("a damaged log", () => {
  async function written() {
    const machine = testMachine(LOG_FILES, () => 1);
    const store = await opened(machine, 10_000);
    const lease = await store.lease("p", "me");
    for (const key of ["a", "b", "c"]) await put(store, lease, { [key]: "x".repeat(100) });
    return machine;
  }

  test("is read up to the first incomplete record", async () => {
    const machine = await written();
    const disk = machine.disks.find((disk) => disk.length > 0)!;
    const record = RECORD_HEAD_BYTES + 6 + 1 + 100;
    disk[HEAD_BYTES + record + RECORD_HEAD_BYTES + 20]! ^= 1;
    expect(Object.keys(await contents(await opened(machine)))).toEqual(["a"]);
  });

  test("that lacks the basis of a later generation is rejected", async () => {
    const machine = testMachine(LOG_FILES, () => 1);
    const { base, files } = machine.boot();
    const stuck = { ...base, settled: 0, apply: () => new Promise<never>(() => {}) };
    const store = await openLogged({ base: stuck, files, capacity: CAPACITY });
    const lease = await store.lease("p", "me");
    for (let i = 0; i < 6; i++) await put(store, lease, { [`row${i}`]: "x".repeat(100) });
    machine.disks[1]![HEAD_BYTES + 30]! ^= 1;
    await expect(opened(machine)).rejects.toThrow(DamagedFileError);
  });

  test("cannot be forged by a client that knows its layout", async () => {
    const machine = await written();
    const disk = machine.disks.find((disk) => disk.length > 0)!;
    const next = await opened(machine, 10_000);
    const lease = await next.lease("p", "me");
    // An old record's bytes, at the position where the next record of this generation would be.
    await put(next, lease, {
      d: Buffer.from(disk.subarray(HEAD_BYTES, HEAD_BYTES + 115)).toString("latin1"),
    });
    expect(Object.keys(await contents(await opened(machine, 10_000)))).toEqual(["a", "b", "c", "d"]);
  });
});
