import { gunzipSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { random } from "#lib/random.ts";
import { snappyOf } from "#lib/snappy.ts";
import { COMPRESSIONS } from "./compression.ts";

/** Decompresses a block by the format's specification. */
function unsnapped(bytes: Buffer): Buffer {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    length |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  const out = Buffer.alloc(length);
  let end = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      let size = (tag >> 2) + 1;
      if (size > 60) {
        const wide = size - 60;
        size = bytes.readUIntLE(at, wide) + 1;
        at += wide;
      }
      end += bytes.copy(out, end, at, at + size);
      at += size;
      continue;
    }
    const isNear = (tag & 3) === 1;
    const size = isNear ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const offset = isNear ? ((tag >> 5) << 8) | bytes[at]! : bytes.readUInt16LE(at);
    at += isNear ? 1 : 2;
    for (let n = 0; n < size; n++, end++) out[end] = out[end - offset]!;
  }
  expect(end).toBe(length);
  return out;
}

const chance = random(7);
const samples: [string, Buffer][] = [
  ["no data", Buffer.alloc(0)],
  ["a byte", Buffer.from("a")],
  ["a few bytes", Buffer.from("abcde")],
  ["one repeated letter", Buffer.alloc(65_536, "x")],
  ["68 repetitions of a letter", Buffer.alloc(68, "x")],
  ["noise", Buffer.from(chance.bytes(65_536))],
  ["lines", Buffer.from('{"customer":17,"kind":"click"}\n'.repeat(2_000))],
  [
    "words",
    Buffer.from(Array.from({ length: 9_000 }, () => `word${chance.below(500)}`).join(" ")).subarray(
      0,
      65_536,
    ),
  ],
];

test.each(samples)("%s is restored from Snappy", (_, data) => {
  expect(unsnapped(snappyOf(data)).equals(data)).toBe(true);
});

test("repetitive data is compressed", () => {
  expect(snappyOf(samples.find(([name]) => name === "lines")![1]).length).toBeLessThan(4_000);
});

const large = Buffer.concat([...samples.map(([, data]) => data), Buffer.alloc(3 * 2 ** 20, "large ")]);
const compressed = (format: keyof typeof COMPRESSIONS, data = large) =>
  COMPRESSIONS[format]!.compressed(data, "entry");

test("the Snappy format for Java is a header and blocks prefixed with their sizes", async () => {
  const bytes = await compressed("Snappy");
  expect(bytes.subarray(0, 16).toString("hex")).toBe(
    `82${Buffer.from("SNAPPY").toString("hex")}000000000100000001`,
  );
  const found: Buffer[] = [];
  for (let at = 16; at < bytes.length; at += 4 + bytes.readUInt32BE(at))
    found.push(unsnapped(bytes.subarray(at + 4, at + 4 + bytes.readUInt32BE(at))));
  expect(Buffer.concat(found).equals(large)).toBe(true);
});

test("the Snappy format of Hadoop prefixes each block with its uncompressed and compressed sizes", async () => {
  const bytes = await compressed("HADOOP_SNAPPY");
  const found: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 8 + bytes.readUInt32BE(at + 4)) {
    found.push(unsnapped(bytes.subarray(at + 8, at + 8 + bytes.readUInt32BE(at + 4))));
    expect(found.at(-1)!.length).toBe(bytes.readUInt32BE(at));
  }
  expect(Buffer.concat(found).equals(large)).toBe(true);
});

test("a ZIP has one entry, which its central directory refers to", async () => {
  const bytes = await compressed("ZIP");
  const end = bytes.length - 22;
  expect(bytes.toString("latin1", end, end + 4)).toBe("PK\x05\x06");
  const central = bytes.readUInt32LE(end + 16);
  expect(bytes.toString("latin1", central, central + 4)).toBe("PK\x01\x02");
  expect(bytes.toString("latin1", central + 46, end)).toBe("entry");
  expect(bytes.readUInt32LE(central + 42)).toBe(0);
  const size = bytes.readUInt32LE(central + 20);
  expect(inflateRawSync(bytes.subarray(35, 35 + size)).equals(large)).toBe(true);
});

test("GZIP output can be decompressed", async () => {
  expect(gunzipSync(await compressed("GZIP")).equals(large)).toBe(true);
});
