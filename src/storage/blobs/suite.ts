import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { BlobDamagedError, BlobMissingError, type BlobStore, type ReadOptions } from "./blobs.ts";

const KB = 1024;
const MB = 1024 * KB;

let ids = 0;
export const freshId = () => (++ids).toString(16).padStart(4, "0").repeat(8);

/** Bytes that differ between positions, so that a misplaced chunk is detected. */
export function patterned(size: number): Buffer {
  const words = new Uint32Array(Math.ceil(size / 4));
  for (let n = 0; n < words.length; n++) words[n] = Math.imul(n + 1, 2_654_435_761);
  return Buffer.from(words.buffer, 0, size);
}

export async function store(
  blobs: BlobStore,
  id: string,
  bytes: Uint8Array,
  { chunkBytes = 100_000, key }: { chunkBytes?: number; key?: Uint8Array | undefined } = {},
): Promise<void> {
  const writer = await blobs.create(id, { key });
  for (let at = 0; at < bytes.length; at += chunkBytes)
    await writer.write(bytes.subarray(at, at + chunkBytes));
  await writer.commit();
}

export async function load(
  blobs: BlobStore,
  id: string,
  start: number,
  end: number,
  options?: ReadOptions,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of blobs.read(id, start, end, options)) {
    expect(chunk.length).toBeGreaterThan(0);
    expect(chunk.length).toBeLessThanOrEqual(2 * MB);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export const KEY = Buffer.alloc(32, "key");

/** The behaviour that every driver must have. */
export function blobSuite(open: () => Promise<BlobStore>): void {
  async function opened(): Promise<BlobStore> {
    const blobs = await open();
    onTestFinished(() => blobs.close());
    return blobs;
  }

  describe("committed bytes are read", () => {
    const sizes = [
      0,
      1,
      64 * KB - 1,
      64 * KB,
      64 * KB + 1,
      512 * KB,
      512 * KB + 1,
      MB - 1,
      MB + 1,
      5 * MB + 17,
    ];
    test.each(sizes)("%i bytes", async (size) => {
      const blobs = await opened();
      const id = freshId();
      const bytes = patterned(size);
      await store(blobs, id, bytes);
      expect(bytes.equals(await load(blobs, id, 0, size))).toBe(true);
    });

    test.each(sizes)("%i bytes with a key", async (size) => {
      const blobs = await opened();
      const id = freshId();
      const bytes = patterned(size);
      await store(blobs, id, bytes, { key: KEY });
      expect(bytes.equals(await load(blobs, id, 0, size, { key: KEY }))).toBe(true);
    });

    test.each([undefined, KEY])("in chunks of any size, with key %s", async (key) => {
      const blobs = await opened();
      const bytes = patterned(200_000);
      for (const chunkBytes of [1_000, 65_536, 200_000]) {
        const id = freshId();
        await store(blobs, id, bytes, { chunkBytes, key });
        expect(bytes.equals(await load(blobs, id, 0, bytes.length, { key }))).toBe(true);
      }
    });

    test("with empty chunks", async () => {
      const blobs = await opened();
      const id = freshId();
      const writer = await blobs.create(id);
      for (const chunk of ["", "a", "", "b", ""]) await writer.write(Buffer.from(chunk));
      await writer.commit();
      expect(String(await load(blobs, id, 0, 2))).toBe("ab");
    });

    test("of many concurrent writers", async () => {
      const blobs = await opened();
      const bytes = patterned(300_000);
      const written = Array.from({ length: 40 }, (_, n) => ({
        id: freshId(),
        part: bytes.subarray(n * 100),
      }));
      await Promise.all(written.map(({ id, part }) => store(blobs, id, part)));
      for (const { id, part } of written)
        expect(part.equals(await load(blobs, id, 0, part.length))).toBe(true);
    });
  });

  test("an encrypted blob requires its key", async () => {
    const blobs = await opened();
    const id = freshId();
    const plain = freshId();
    await store(blobs, id, patterned(100), { key: KEY });
    await store(blobs, plain, patterned(100));
    const wrong = { key: Buffer.alloc(32, "other") };
    for (const [blob, options] of [[id, wrong], [id], [plain, wrong]] as const)
      await expect(load(blobs, blob, 0, 1, options)).rejects.toThrow(BlobDamagedError);
  });

  test.each([undefined, KEY])("any range can be read, with key %s", async (key) => {
    const blobs = await opened();
    const id = freshId();
    const bytes = patterned(700_001);
    await store(blobs, id, bytes, { key });
    const edges = [0, 1, 65_535, 65_536, 65_537, 524_288, 524_289, 700_000, 700_001];
    const place = fc.oneof(fc.constantFrom(...edges), fc.nat(bytes.length));
    await fc.assert(
      fc.asyncProperty(place, place, async (a, b) => {
        const [start, end] = a < b ? [a, b] : [b, a];
        expect(bytes.subarray(start, end).equals(await load(blobs, id, start, end, { key }))).toBe(true);
      }),
    );
  });

  test.each([
    [-1, 2],
    [2, 1],
    [0, 6],
    [0.5, 2],
    [Number.NaN, 2],
  ])("the range from %f to %f of five bytes is refused", async (start, end) => {
    const blobs = await opened();
    const id = freshId();
    await store(blobs, id, Buffer.from("bytes"));
    await expect(load(blobs, id, start, end)).rejects.toThrow(RangeError);
  });

  describe("a blob is missing", () => {
    const missing = async (blobs: BlobStore, id: string) =>
      expect(load(blobs, id, 0, 0)).rejects.toThrow(BlobMissingError);

    test("if it was never created", async () => missing(await opened(), freshId()));

    test("until it is committed", async () => {
      const blobs = await opened();
      const id = freshId();
      const writer = await blobs.create(id);
      await writer.write(patterned(2 * MB));
      await missing(blobs, id);
      await writer.abort();
    });

    test("after its abort", async () => {
      const blobs = await opened();
      const id = freshId();
      const writer = await blobs.create(id);
      await writer.write(patterned(2 * MB));
      await writer.abort();
      await writer.abort();
      await missing(blobs, id);
      await expect(writer.write(patterned(1))).rejects.toThrow("aborted");
      await expect(writer.commit()).rejects.toThrow("aborted");
    });

    test("after its removal", async () => {
      const blobs = await opened();
      const id = freshId();
      await store(blobs, id, patterned(10));
      await blobs.remove(id);
      await missing(blobs, id);
      await blobs.remove(id);
    });
  });

  test("an abort after the commit has no effect", async () => {
    const blobs = await opened();
    const id = freshId();
    const writer = await blobs.create(id);
    await writer.write(patterned(10));
    await writer.commit();
    await writer.abort();
    expect(await load(blobs, id, 0, 10)).toHaveLength(10);
  });

  describe("a reader is unaffected by the removal", () => {
    const bytes = patterned(3 * MB);

    test.each([0, 1, 2])("after %i pulls", async (pulls) => {
      const blobs = await opened();
      const id = freshId();
      await store(blobs, id, bytes);
      const reader = blobs.read(id, 0, bytes.length)[Symbol.asyncIterator]();
      const chunks: Uint8Array[] = [];
      for (let n = 0; n < pulls; n++) chunks.push((await reader.next()).value);
      const removal = blobs.remove(id);
      for await (const chunk of { [Symbol.asyncIterator]: () => reader }) chunks.push(chunk);
      expect(bytes.equals(Buffer.concat(chunks))).toBe(true);
      await removal;
      await expect(load(blobs, id, 0, 1)).rejects.toThrow(BlobMissingError);
    });

    test("and may end early", async () => {
      const blobs = await opened();
      const id = freshId();
      await store(blobs, id, bytes);
      for await (const _ of blobs.read(id, 0, bytes.length)) break;
      const unpulled = blobs.read(id, 0, bytes.length)[Symbol.asyncIterator]();
      await unpulled.return!();
      expect(await unpulled.next()).toEqual({ done: true, value: undefined });
      await blobs.remove(id);
    });
  });

  test("a removal does not wait for readers that have begun", async () => {
    const blobs = await opened();
    const id = freshId();
    await store(blobs, id, patterned(3 * MB));
    const reader = blobs.read(id, 0, 3 * MB)[Symbol.asyncIterator]();
    await reader.next();
    await blobs.remove(id);
    await reader.return!();
  });

  describe("a copy", () => {
    const bytes = patterned(200_000);

    test.each([undefined, KEY])("is read as the original, with key %s", async (key) => {
      const blobs = await opened();
      const [original, copy, second] = [freshId(), freshId(), freshId()];
      await store(blobs, original, bytes, { key });
      await blobs.copy(original, copy);
      await blobs.remove(original);
      await blobs.copy(copy, second);
      for (const id of [copy, second]) {
        expect(bytes.equals(await load(blobs, id, 0, bytes.length, { key, original }))).toBe(true);
        await expect(load(blobs, id, 0, 1, { key })).rejects.toThrow(BlobDamagedError);
      }
    });

    test("requires the key of the original", async () => {
      const blobs = await opened();
      const [original, copy] = [freshId(), freshId()];
      await store(blobs, original, bytes, { key: KEY });
      await blobs.copy(original, copy);
      const wrong = { key: Buffer.alloc(32, "other"), original };
      await expect(load(blobs, copy, 0, 1, wrong)).rejects.toThrow(BlobDamagedError);
    });

    test("of a missing blob is refused, and leaves nothing", async () => {
      const blobs = await opened();
      const copy = freshId();
      await expect(blobs.copy(freshId(), copy)).rejects.toThrow(BlobMissingError);
      await expect(load(blobs, copy, 0, 0)).rejects.toThrow(BlobMissingError);
    });

    test("is not disturbed by the removal of the original meanwhile", async () => {
      const blobs = await opened();
      const [original, copy] = [freshId(), freshId()];
      await store(blobs, original, bytes);
      const copied = blobs.copy(original, copy);
      await blobs.remove(original);
      await copied;
      expect(bytes.equals(await load(blobs, copy, 0, bytes.length, { original }))).toBe(true);
    });
  });

  test.each(["", "../x", "a".repeat(31), "A".repeat(32), `${"a".repeat(32)}\n`, `../${"a".repeat(29)}`])(
    "%j is not a valid ID",
    async (id) => {
      const blobs = await opened();
      await expect(blobs.create(id)).rejects.toThrow("not the id of a blob");
      await expect(blobs.copy(id, freshId())).rejects.toThrow("not the id of a blob");
      await expect(blobs.copy(freshId(), id)).rejects.toThrow("not the id of a blob");
      await expect(blobs.remove(id)).rejects.toThrow("not the id of a blob");
      expect(() => blobs.read(id, 0, 1)).toThrow("not the id of a blob");
    },
  );
}
