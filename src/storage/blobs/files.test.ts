import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import {
  type FileHandle,
  open,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BlobDamagedError, type BlobStore } from "./blobs.ts";
import { lentBuffers, releaseSpareMemory } from "./file-reader.ts";
import { openFiles } from "./files.ts";
import { blobSuite, freshId, KEY, load, patterned, store } from "./suite.ts";

let path: string;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), "nube-blobs-"));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(path, { recursive: true });
});

const fileOf = (id: string) => join(path, id.slice(0, 2), id);
const temporaries = () => readdir(join(path, "tmp"));

blobSuite(() => openFiles({ path }));

test("blobs exist after the store is reopened", async () => {
  const id = freshId();
  const bytes = patterned(100_000);
  const first = await openFiles({ path });
  await store(first, id, bytes);
  await first.close();
  expect(bytes.equals(await load(await openFiles({ path }), id, 0, bytes.length))).toBe(true);
});

test("incomplete blobs of an earlier process are removed when the store is opened", async () => {
  const first = await openFiles({ path });
  const writer = await first.create(freshId());
  await writer.write(patterned(2_000_000));
  expect(await temporaries()).toHaveLength(1);
  await openFiles({ path });
  expect(await temporaries()).toEqual([]);
  await writer.abort();
});

describe.each([
  { kind: "of plain bytes", key: undefined, markBytes: 4 },
  { kind: "of encrypted bytes", key: KEY, markBytes: 16 },
])("damage $kind", ({ key, markBytes }) => {
  const size = 150_000; // three frames
  let blobs: BlobStore;
  let id: string;
  let fileBytes: number;
  beforeEach(async () => {
    blobs = await openFiles({ path });
    id = freshId();
    await store(blobs, id, patterned(size), { key });
    fileBytes = (await stat(fileOf(id))).size;
    expect(fileBytes).toBe(size + 3 * markBytes + 12 + markBytes);
  });
  const read = (start: number, end: number) => load(blobs, id, start, end, { key });

  const flip = async (at: number) => {
    const bytes = await readFile(fileOf(id));
    bytes[at]! ^= 1 << (at % 8);
    await writeFile(fileOf(id), bytes);
  };

  test.each([0, 1, 65_535, 65_536, 140_000, size - 1])("of byte %i of the data", async (at) => {
    await flip(at);
    await expect(read(0, size)).rejects.toThrow(BlobDamagedError);
    await expect(read(at, at + 1)).rejects.toThrow(BlobDamagedError);
  });

  test("of every byte of the footer", async () => {
    for (let at = size; at < fileBytes; at++) {
      await flip(at);
      await expect(read(0, 1)).rejects.toThrow(BlobDamagedError);
      await flip(at);
    }
    expect(await read(0, 1)).toHaveLength(1);
  });

  test("by truncation", async () => {
    for (const bytes of [fileBytes - 1, size, 65_536 + 12 + 2 * markBytes, 65_536, 16, 15, 0]) {
      await truncate(fileOf(id), bytes);
      await expect(read(0, 1)).rejects.toThrow(BlobDamagedError);
    }
  });

  test("by bytes at the end", async () => {
    await writeFile(fileOf(id), "x", { flag: "a" });
    await expect(read(0, 1)).rejects.toThrow(BlobDamagedError);
  });

  test("by a file under another name", async () => {
    const other = freshId();
    await store(blobs, other, patterned(size), { key });
    await rename(fileOf(other), fileOf(id));
    await expect(read(0, 1)).rejects.toThrow(BlobDamagedError);
  });

  test("does not affect other frames, and nothing of a damaged chunk is returned", async () => {
    await flip(70_000);
    expect(
      patterned(size)
        .subarray(0, 65_536)
        .equals(await read(0, 65_536)),
    ).toBe(true);
    const reader = blobs.read(id, 0, size, { key })[Symbol.asyncIterator]();
    await expect(reader.next()).rejects.toThrow(BlobDamagedError);
  });
});

describe("a failing disk", () => {
  async function onEveryFile(method: "writev" | "datasync" | "sync" | "read") {
    const file = await open(path, "r");
    await file.close();
    return vi.spyOn(Object.getPrototypeOf(file) as FileHandle, method);
  }
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });

  test.each(["writev", "datasync", "sync"] as const)(
    "in %s fails the commit, and the abort removes the temporary file",
    async (method) => {
      const blobs = await openFiles({ path });
      const id = freshId();
      const writer = await blobs.create(id);
      await writer.write(patterned(10));
      (await onEveryFile(method)).mockRejectedValueOnce(full);
      await expect(writer.commit()).rejects.toBe(full);
      await writer.abort();
      expect(await temporaries()).toEqual([]);
      await expect(stat(fileOf(id))).rejects.toThrow("ENOENT");
      await store(blobs, id, patterned(10));
      expect(await load(blobs, id, 0, 10)).toHaveLength(10);
    },
  );

  test("in the middle of a stream: a later write fails, and so does the commit", async () => {
    const blobs = await openFiles({ path });
    (await onEveryFile("writev")).mockRejectedValueOnce(full);
    const writer = await blobs.create(freshId());
    const writing = async () => {
      for (let n = 0; n < 10; n++) await writer.write(patterned(1_000_000));
    };
    await expect(writing()).rejects.toBe(full);
    await expect(writer.commit()).rejects.toBe(full);
    await writer.abort();
    expect(await temporaries()).toEqual([]);
  });

  test("that writes less than it was given gets the rest", async () => {
    const blobs = await openFiles({ path });
    const writev = await onEveryFile("writev");
    const id = freshId();
    const bytes = patterned(3_000_000);
    writev.mockImplementation(async function (this: FileHandle, chunks, position) {
      const { bytesWritten } = await this.write(
        chunks[0] as Uint8Array,
        0,
        Math.min(chunks[0]!.byteLength, 70_001),
        position,
      );
      return { bytesWritten, buffers: chunks };
    } as FileHandle["writev"]);
    await store(blobs, id, bytes);
    expect(bytes.equals(await load(blobs, id, 0, bytes.length))).toBe(true);
  });

  test("in a read: the system's error", async () => {
    const blobs = await openFiles({ path });
    const id = freshId();
    await store(blobs, id, patterned(10));
    const broken = Object.assign(new Error("EIO: i/o error"), { code: "EIO" });
    (await onEveryFile("read")).mockRejectedValueOnce(broken);
    await expect(load(blobs, id, 0, 10)).rejects.toBe(broken);
  });
});

test("encrypted bytes are not in the file in plain text", async () => {
  const blobs = await openFiles({ path });
  const id = freshId();
  await store(blobs, id, Buffer.alloc(200_000, "a secret that repeats"), { key: KEY });
  expect((await readFile(fileOf(id))).includes("secret")).toBe(false);
});

describe.skipIf(process.platform !== "linux")("open files", () => {
  /** The number of blobs that this process has open. */
  function openBlobs(): number {
    const links = readdirSync("/proc/self/fd").map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`);
      } catch {
        return ""; // the one that listed the folder
      }
    });
    return links.filter((link) => link.startsWith(path)).length;
  }

  const turn = () => new Promise((resolve) => setImmediate(resolve));

  test("are closed however a reader or writer ends", async () => {
    const blobs = await openFiles({ path });
    const id = freshId();
    await store(blobs, id, patterned(2_000_000));
    await load(blobs, id, 0, 2_000_000);
    for await (const _ of blobs.read(id, 0, 2_000_000)) break;
    await blobs.read(id, 0, 1)[Symbol.asyncIterator]().return!();
    await expect(load(blobs, id, 0, 3_000_000)).rejects.toThrow(RangeError);
    await (await blobs.create(freshId())).abort();
    expect(openBlobs()).toBe(0);
  });

  test("of dropped readers are closed once they are collected, and release the blob", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const blobs = await openFiles({ path });
    const id = freshId();
    await store(blobs, id, patterned(2_000_000));
    for (let n = 0; n < 20; n++) {
      blobs.read(id, 0, 10);
      await blobs.read(id, 0, 2_000_000)[Symbol.asyncIterator]().next();
    }
    expect(openBlobs()).toBeGreaterThan(0);
    let removed = false;
    void blobs.remove(id).then(() => {
      removed = true;
    });
    await vi.waitUntil(async () => {
      collect();
      await turn();
      return removed && openBlobs() === 0;
    });
  });
});

describe("chunks in lent memory", () => {
  test("have the written content, with many concurrent readers, some of which end early", async () => {
    const blobs = await openFiles({ path });
    const bytes = patterned(5_000_000);
    const id = freshId();
    await store(blobs, id, bytes);
    const readers = Array.from({ length: 24 }, async (_, n) => {
      let at = n * 1_000;
      for await (const chunk of blobs.read(id, at, bytes.length, { lend: true })) {
        await new Promise(setImmediate);
        expect(Buffer.compare(chunk, bytes.subarray(at, at + chunk.length))).toBe(0);
        at += chunk.length;
        if (n % 3 === 0 && at > 2_000_000) return;
      }
      expect(at).toBe(bytes.length);
    });
    await Promise.all(readers);
  });

  test("become smaller with the number of readers, and large again without them", async () => {
    const blobs = await openFiles({ path });
    const size = 5_000_000;
    const id = freshId();
    await store(blobs, id, patterned(size));
    const begin = () => blobs.read(id, 0, size, { lend: true })[Symbol.asyncIterator]();
    const alone = begin();
    expect((await alone.next()).value).toHaveLength(2 ** 21);
    const readers = Array.from({ length: 500 }, begin);
    let bytes = 0;
    for (const reader of readers) bytes += (await reader.next()).value!.length;
    expect(bytes).toBeLessThan(250_000_000);
    expect((await readers.at(-1)!.next()).value).toHaveLength(2 ** 16);
    await Promise.all([alone, ...readers].map((reader) => reader.return!()));
    for await (const chunk of blobs.read(id, 0, size, { lend: true })) {
      expect(chunk).toHaveLength(2 ** 21);
      break;
    }
  });

  test.each([undefined, KEY])("of small and large bodies are separate, with key %s", async (key) => {
    const blobs = await openFiles({ path });
    const bodies = await Promise.all(
      [1, 65_536, 65_537, 300_000, 524_000, 525_000, 3_000_000].map(async (size) => {
        const id = freshId();
        const bytes = Buffer.alloc(size, `of ${size} bytes `);
        await store(blobs, id, bytes, { key });
        return { id, bytes };
      }),
    );
    const readers = Array.from({ length: 60 }, async (_, n) => {
      const { id, bytes } = bodies[n % bodies.length]!;
      let at = n % 2 === 0 ? 0 : Math.floor(bytes.length / 2);
      for await (const chunk of blobs.read(id, at, bytes.length, { lend: true, key })) {
        await new Promise(setImmediate);
        expect(Buffer.compare(chunk, bytes.subarray(at, at + chunk.length))).toBe(0);
        at += chunk.length;
        if (n % 5 === 0) return;
      }
      expect(at).toBe(bytes.length);
    });
    await Promise.all(readers);
  });

  test("of a small body reuse the memory of the previous one", async () => {
    const blobs = await openFiles({ path });
    const id = freshId();
    await store(blobs, id, patterned(300_000));
    const memory = new Set<ArrayBufferLike>();
    for (let n = 0; n < 5; n++)
      for await (const chunk of blobs.read(id, n, 300_000, { lend: true })) memory.add(chunk.buffer);
    expect(memory.size).toBe(1);
  });

  test("of small bodies reuse memory after many large ones", () => {
    releaseSpareMemory();
    const large = Array.from({ length: 20 }, () => lentBuffers.take(2 ** 21));
    for (const buffer of large) lentBuffers.giveBack(buffer);
    const small = lentBuffers.take(100_000);
    lentBuffers.giveBack(small);
    expect(lentBuffers.take(90_000).buffer).toBe(small.buffer);
  });

  test.each([undefined, KEY])("reuse memory that the consumer has released, with key %s", async (key) => {
    const blobs = await openFiles({ path });
    const id = freshId();
    await store(blobs, id, patterned(8_000_000), { key });
    const memory = new Set<ArrayBufferLike>();
    for await (const chunk of blobs.read(id, 0, 8_000_000, { lend: true, key })) memory.add(chunk.buffer);
    expect(memory.size).toBeLessThanOrEqual(3);
  });
});
