import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Bzip2Error, bunzipped } from "./bzip2.ts";

const decoded = (base64: string) => Buffer.from(base64, "base64");

/** Made by bzip2 itself. */
const FILES: [what: string, file: string, content: string][] = [
  ["nothing", "QlpoORdyRThQkAAAAAA=", ""],
  ["two lines", "QlpoOTFBWSZTWZFbnakAAAJRAAAQAAQ8ACAAMMAIabKIIyeLuSKcKEhIrc7UgA==", "a,b\nc,d\n"],
  [
    "a long run",
    "QlpoMTFBWSZTWdk+l4wAAAzRgIAQQCQCRIBAAAggACEkJmiEAMH42RqzGtFi7pD4u5IpwoSGyfS8YA==",
    `${"x".repeat(300)}hello, hello, hello\n`,
  ],
];

async function unpack(file: Uint8Array, chunk = file.length): Promise<string> {
  async function* chunks() {
    for (let at = 0; at < file.length; at += chunk) yield file.subarray(at, at + chunk);
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of bunzipped(chunks())) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

describe.each(FILES)("a file of %s", (_, base64, content) => {
  test.each([1, 7, 1_000])("in chunks of %i bytes", async (chunk) => {
    expect(await unpack(decoded(base64), chunk)).toBe(content);
  });

  test("truncated anywhere is an error", async () => {
    const file = decoded(base64);
    for (let end = 4; end < file.length; end++) {
      await expect(unpack(file.subarray(0, end))).rejects.toMatchObject({ isTruncated: true });
    }
  });

  test("changed anywhere is rejected, and never yields other content", async () => {
    const file = decoded(base64);
    for (let at = 0; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at]! ^= 0x10;
      const found = await unpack(changed).catch((error) => error);
      if (!(found instanceof Bzip2Error)) expect(found).toBe(content);
    }
  });
});

test("concatenated files are one", async () => {
  const all = Buffer.concat(FILES.map(([, base64]) => decoded(base64)));
  expect(await unpack(all)).toBe(FILES.map(([, , content]) => content).join(""));
});

test("any other bytes are rejected", async () => {
  await expect(unpack(Buffer.from("plain text"))).rejects.toThrow(Bzip2Error);
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const file = Buffer.concat([Buffer.from("BZh9"), Buffer.from("314159265359", "hex"), bytes]);
      await expect(unpack(file)).rejects.toThrow(Bzip2Error);
    }),
  );
});
