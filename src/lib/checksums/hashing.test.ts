import { availableParallelism } from "node:os";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { type ChecksumName, checksumOf } from "./checksum.ts";
import { hashing } from "./hashing.ts";

const names: ChecksumName[] = ["md5", "sha256", "crc64nvme", "crc32c"];
const bytes = Buffer.alloc(3_000_017, "some text that is long enough to differ at every place");

async function digestOf(data: Uint8Array, chunkBytes: number) {
  const sums = hashing(names);
  for (let at = 0; at < data.length; at += chunkBytes) await sums.update(data.subarray(at, at + chunkBytes));
  return sums.digest();
}

function expected(data: Uint8Array) {
  return Object.fromEntries(names.map((name) => [name, Buffer.from(checksumOf(name, data)).toString("hex")]));
}

function hex(digests: Record<string, Uint8Array>) {
  return Object.fromEntries(
    Object.entries(digests).map(([name, digest]) => [name, Buffer.from(digest).toString("hex")]),
  );
}

test.each([0, 1, 262_144, 262_145, 524_288, 524_289, 3_000_017])("of %i bytes, in pieces", async (size) => {
  const data = bytes.subarray(0, size);
  for (const chunkBytes of [7_001, 65_536, 1_000_000])
    expect(hex(await digestOf(data, chunkBytes))).toEqual(expected(data));
});

test("of many streams at once", async () => {
  const parts = Array.from({ length: 12 }, (_, n) => bytes.subarray(n * 1_000));
  const digests = await Promise.all(parts.map((part) => digestOf(part, 65_536)));
  expect(digests.map(hex)).toEqual(parts.map(expected));
});

test("of one large piece", async () => {
  expect(hex(await digestOf(bytes, bytes.length))).toEqual(expected(bytes));
});

test("of pieces whose buffers the caller keeps", async () => {
  const own = Buffer.from(bytes);
  await digestOf(own, 65_536);
  expect(own.equals(bytes)).toBe(true);
});

test("makes the source wait when the worker falls behind", () => {
  const sums = hashing(["md5"]);
  const waits = Array.from({ length: 8 }, () => sums.update(bytes.subarray(0, 262_144)));
  expect(waits[0]).toBeUndefined();
  expect(waits.at(-1)).toBeInstanceOf(Promise);
  sums.abort();
});

describe("an abort", () => {
  test("releases a waiting source, and yields no digest", async () => {
    const sums = hashing(["md5"]);
    const waiting = sums.update(bytes);
    sums.abort();
    await waiting;
    await expect(sums.digest()).rejects.toThrow("aborted");
    sums.abort();
  });

  test("of a short stream yields no digest either", async () => {
    const sums = hashing(["md5"]);
    await sums.update(bytes.subarray(0, 10));
    sums.abort();
    await expect(sums.digest()).rejects.toThrow("aborted");
  });

  test("does not affect other streams", async () => {
    const aborted = hashing(names);
    void aborted.update(bytes);
    const going = digestOf(bytes, 65_536);
    aborted.abort();
    expect(hex(await going)).toEqual(expected(bytes));
  });

  test("after the digest has no effect", async () => {
    const sums = hashing(["md5"]);
    await sums.update(bytes);
    await sums.digest();
    sums.abort();
  });
});

test("a failure in the worker fails its streams, and the next stream gets a new worker", async () => {
  const sums = hashing(["no such algorithm" as ChecksumName]);
  const other = hashing(["md5"]);
  await Promise.allSettled([sums.update(bytes), other.update(bytes)]);
  await expect(sums.digest()).rejects.toThrow();
  expect(() => sums.abort()).not.toThrow();
  other.abort();
  expect(hex(await digestOf(bytes, 65_536))).toEqual(expected(bytes));
});

describe("workers", () => {
  /** Counts the threads that are started from now on. */
  function started() {
    const count = { workers: 0 };
    const add = () => void count.workers++;
    process.on("worker", add);
    onTestFinished(() => void process.off("worker", add));
    return count;
  }

  test("are limited by the machine's parallelism", async () => {
    const count = started();
    await Promise.all(Array.from({ length: 3 * availableParallelism() }, () => digestOf(bytes, 65_536)));
    expect(count.workers).toBeLessThanOrEqual(availableParallelism());
  });

  test("are not used for small bodies", async () => {
    const count = started();
    await Promise.all(Array.from({ length: 10 }, () => digestOf(bytes.subarray(0, 200_000), 65_536)));
    expect(count.workers).toBe(0);
  });

  test("end after an idle time, and are started again", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const all = () =>
      Promise.all(Array.from({ length: availableParallelism() }, () => digestOf(bytes, 65_536)));
    await all();
    const count = started();
    await all();
    expect(count.workers).toBe(0);
    await vi.advanceTimersByTimeAsync(10_000);
    await all();
    expect(count.workers).toBeGreaterThan(0);
  });
});
