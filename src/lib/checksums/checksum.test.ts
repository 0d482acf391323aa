import { hash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ChecksumName, checksum, checksumOf } from "./checksum.ts";
import { type CombinableName, combine } from "./combine.ts";

const bytes = fc.uint8Array({ maxLength: 700 });
const all: ChecksumName[] = [
  "crc32",
  "crc32c",
  "crc64nvme",
  "md5",
  "sha1",
  "sha256",
  "sha256-leaves",
  "xxhash64",
  "xxhash3",
  "xxhash128",
];
const combinable: CombinableName[] = ["crc32", "crc32c", "crc64nvme"];

/** The published check values of "123456789" for CRCs, and of "abc" in RFC 1321, RFC 3174 and FIPS 180. */
const published: [ChecksumName, string, string][] = [
  ["crc32", "123456789", "cbf43926"],
  ["crc32c", "123456789", "e3069283"],
  ["crc64nvme", "123456789", "ae8b14860a799888"],
  ["md5", "abc", "900150983cd24fb0d6963f7d28e17f72"],
  ["sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"],
  ["sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
];

const hex = (digest: Uint8Array) => Buffer.from(digest).toString("hex");

test.each(published)("%s of %s", (name, text, expected) => {
  expect(hex(checksumOf(name, Buffer.from(text)))).toBe(expected);
});

describe.each(all)("%s", (name) => {
  test("of pieces equals that of the whole", () => {
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 6 }), (pieces) => {
        const sum = checksum(name);
        for (const piece of pieces) sum.update(piece);
        expect(hex(sum.digest())).toBe(hex(checksumOf(name, Buffer.concat(pieces))));
      }),
    );
  });
});

test.each([0, 1, 2 ** 20, 2 ** 20 + 1, 2.5 * 2 ** 20])("sha256-leaves of %i bytes", (size) => {
  const data = Buffer.alloc(size, "any text");
  const leaves = Array.from({ length: Math.max(Math.ceil(size / 2 ** 20), 1) }, (_, n) =>
    hash("sha256", data.subarray(n * 2 ** 20, (n + 1) * 2 ** 20), "hex"),
  );
  const sum = checksum("sha256-leaves");
  for (let at = 0; at < size; at += 300_000) sum.update(data.subarray(at, at + 300_000));
  expect(hex(sum.digest())).toBe(leaves.join(""));
});

test("crc64nvme of more than one block", () => {
  const data = Buffer.from(hash("sha512", "seed", "hex").repeat(3_000)); // 384,000 bytes, three blocks
  let crc = 0xffff_ffff_ffff_ffffn;
  for (const byte of data) {
    crc ^= BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  }
  expect(hex(checksumOf("crc64nvme", data))).toBe(
    (crc ^ 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, "0"),
  );
});

describe.each(combinable)("combined %s", (name) => {
  test("equals that of the whole", () => {
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const combined = combine(name, checksumOf(name, a), checksumOf(name, b), b.length);
        expect(hex(combined)).toBe(hex(checksumOf(name, Buffer.concat([a, b]))));
      }),
    );
  });

  test("over lengths beyond 32 bits is associative", () => {
    const [a, b, c] = ["a", "b", "c"].map((text) => checksumOf(name, Buffer.from(text)));
    const [lengthB, lengthC] = [5 * 2 ** 40 + 3, 7 * 2 ** 33 + 1];
    const left = combine(name, combine(name, a!, b!, lengthB), c!, lengthC);
    const right = combine(name, a!, combine(name, b!, c!, lengthC), lengthB + lengthC);
    expect(hex(left)).toBe(hex(right));
  });
});
