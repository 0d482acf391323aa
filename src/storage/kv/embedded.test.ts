import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { open } from "lmdb";
import { afterAll, expect, test } from "vitest";
import { openEmbedded } from "./embedded.ts";
import { DamagedFileError } from "./kv.ts";
import { openLmdb } from "./lmdb.ts";
import { checkHeader } from "./lmdb-header.ts";
import { bytes, text } from "./suite/subject.ts";
import { kvSuite } from "./suite.ts";

let folder: string;

async function newFolder(): Promise<void> {
  if (folder) await rm(folder, { recursive: true });
  folder = await mkdtemp(join(tmpdir(), "nube-kv-"));
}

kvSuite("embedded", {
  open: ({ fault }) => openEmbedded({ path: join(folder, "kv.mdb"), fault }),
  clear: newFolder,
  persists: true,
  examples: 50,
});

kvSuite("embedded, with a log that is always full", {
  open: ({ fault }) => openEmbedded({ path: join(folder, "kv.mdb"), fault, capacity: 300 }),
  clear: newFolder,
  persists: true,
  examples: 50,
});

kvSuite("embedded, that rests whenever it can", {
  open: async ({ fault }) => {
    const store = await openEmbedded({ path: join(folder, "kv.mdb"), fault });
    const resting = <T>(ask: () => T): T => {
      void store.rest!();
      return ask();
    };
    return {
      ...store,
      get: (key) => resting(() => store.get(key)),
      range: (range) => resting(() => store.range(range)),
      commit: (commit) => resting(() => store.commit(commit)),
    };
  },
  clear: newFolder,
  persists: true,
  examples: 50,
});

test.runIf(process.platform === "linux").each([
  ["log", 16_000_000, "4000000"],
  ["base", 1_000_000, "2000000"],
])(
  "a full disk under the %s fails whole commits, does not affect reads, and is recovered from when there is room",
  async (_, capacity, room) => {
    await newFolder();
    const program = join(import.meta.dirname, "full-disk.fixture.ts");
    const args = [program, join(folder, "kv.mdb"), String(capacity), room];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const seen = JSON.parse(stdout);
    expect(seen).toMatchObject({
      kept: true,
      torn: false,
      successor: "FencedError",
      recovered: true,
      reopened: true,
    });
    expect(seen.written).toBeGreaterThan(50);
    expect(seen.full).toMatch(/file too large|input\/output error/i);
    expect(seen.stillFull).toMatch(/file too large|input\/output error/i);
  },
);

test("a file of a version without a log is upgraded", async () => {
  await newFolder();
  const path = join(folder, "kv.mdb");
  const root = open({ path, noSubdir: true, pageSize: 8_192, encoding: "json" });
  const rows = root.openDB<Uint8Array, Uint8Array>("rows", { keyEncoding: "binary", encoding: "binary" });
  await root.put("openings", 7);
  await rows.put(bytes("old"), bytes("row"));
  await root.close();

  for (const value of ["one", "two"]) {
    const store = await openEmbedded({ path });
    expect(text((await store.get(bytes("old")))!)).toBe("row");
    const lease = await store.lease("p", "me");
    expect(lease.epoch).toBeGreaterThan(8 * 2 ** 26);
    await store.commit({ lease, puts: [{ key: bytes("new"), value: bytes(value) }], deletes: [] });
    await store.close();
  }
  const store = await openEmbedded({ path });
  expect(text((await store.get(bytes("new")))!)).toBe("two");
  await store.close();
});

test.each<[string, (whole: Buffer) => Uint8Array]>([
  ["truncated within its header", (whole) => whole.subarray(0, 100)],
  ["truncated after its first page", (whole) => whole.subarray(0, 8_192)],
  ["truncated before its trees", (whole) => whole.subarray(0, 2 * 8_192)],
  ["overwritten", (whole) => Buffer.concat([Buffer.alloc(4_096, "x"), whole.subarray(4_096)])],
])("a file that was %s is rejected with an error: LMDB would crash the process", async (_, spoil) => {
  await newFolder();
  const path = join(folder, "kv.mdb");
  const base = openLmdb(path);
  await base.apply([{ key: bytes("k"), value: bytes("v") }], 1);
  await base.close();
  checkHeader(path);
  await writeFile(path, spoil(await readFile(path)));
  expect(() => checkHeader(path)).toThrow(DamagedFileError);
  await expect(openEmbedded({ path })).rejects.toThrow(path);
});

afterAll(() => rm(folder, { recursive: true }));

test.runIf(process.platform === "linux")("a growing file is in memory once", async () => {
  await newFolder();
  const path = join(folder, "kv.mdb");
  const base = openLmdb(path);
  for (let n = 0; n < 10; n++)
    await base.apply(
      Array.from({ length: 100 }, (_, at) => ({ key: bytes(`${n}/${at}`), value: Buffer.alloc(4_000) })),
      base.settled,
    );
  expect(await mapsOf(path)).toBe(1);
  await base.close();
});

test.runIf(process.platform === "linux")("a map is dropped, and its rows are found again", async () => {
  await newFolder();
  const path = join(folder, "kv.mdb");
  const base = openLmdb(path);
  const row = (n: number) => ({ key: bytes(`${n}`), value: bytes("x".repeat(n)) });
  for (let n = 1; n <= 20; n++) {
    await base.apply([row(n)], n);
    // Maps are dropped after a number of generations; here also on request.
    if (n % 3 === 0) base.rest();
    if (n % 12 === 0) expect(await mapsOf(path)).toBe(0);
    expect(base.range({ start: bytes("0"), end: bytes("a"), limit: 100 })).toHaveLength(n);
    expect(base.get(bytes(`${n}`))).toEqual(Buffer.from("x".repeat(n)));
    expect(await mapsOf(path)).toBe(1);
  }
  await base.close();
});

test("a closed file stays closed", async () => {
  await newFolder();
  const base = openLmdb(join(folder, "kv.mdb"));
  await base.close();
  base.rest();
  expect(() => base.get(bytes("k"))).toThrow("closed");
});

test("a file that is being written is not unmapped", async () => {
  await newFolder();
  const base = openLmdb(join(folder, "kv.mdb"));
  const written = base.apply([{ key: bytes("k"), value: bytes("v") }], 1);
  base.rest();
  await written;
  expect(base.get(bytes("k"))).toEqual(Buffer.from("v"));
  await base.close();
});

const mapsOf = async (path: string): Promise<number> =>
  (await readFile("/proc/self/maps", "utf8")).split("\n").filter((line) => line.endsWith(path)).length;

test("the store knows when it was last written", async () => {
  await newFolder();
  const path = join(folder, "kv.mdb");
  const first = await openEmbedded({ path });
  expect(first.written).toBeUndefined();
  const before = Date.now();
  const lease = await first.lease("p", "o");
  await first.commit({ lease, puts: [{ key: bytes("k"), value: bytes("v") }], deletes: [] });
  await first.close();
  const { written, close } = await openEmbedded({ path });
  await close();
  // The times of files are those of the last tick.
  expect(written).toBeGreaterThan(before - 100);
  expect(written).toBeLessThan(Date.now() + 1);
});
