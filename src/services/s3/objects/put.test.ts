import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { checksumOf } from "#lib/checksums/checksum.ts";
import { random } from "#lib/random.ts";
import { bodyWithTrailers, bytesOf, overHttp, textOf, withBucket } from "./testing.ts";

const at = { Bucket: "bucket", Key: "k" };
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");

describe("checksums", () => {
  const hello = Buffer.from("hello\n");

  test.each([
    ["CRC32", "NjowIA=="],
    ["CRC32C", base64(checksumOf("crc32c", hello))],
    ["CRC64NVME", base64(checksumOf("crc64nvme", hello))],
    ["SHA1", createHash("sha1").update(hello).digest("base64")],
    ["SHA256", createHash("sha256").update(hello).digest("base64")],
  ])("%s in a header is verified, stored and returned in checksum mode", async (algorithm, value) => {
    const { s3, close } = await withBucket();
    const member = `Checksum${algorithm}`;
    const put = await s3.PutObject({ ...at, Body: bodyOf(hello), [member]: value });
    expect(put).toMatchObject({ [member]: value, ChecksumType: "FULL_OBJECT" });
    expect(await s3.HeadObject({ ...at, ChecksumMode: "ENABLED" })).toMatchObject({ [member]: value });
    expect(await s3.HeadObject(at)).not.toHaveProperty(member);
    expect(await s3.GetObject({ ...at, ChecksumMode: "ENABLED", Range: "bytes=0-1" })).not.toHaveProperty(
      member,
    );
    const wrong = value.replace(/^./, (first) => (first === "A" ? "B" : "A"));
    await expect(s3.PutObject({ ...at, Body: bodyOf(hello), [member]: wrong })).rejects.toMatchObject({
      code: "BadDigest",
      message: `The ${algorithm} you specified did not match the calculated checksum.`,
    });
    await close();
  });

  test("the checksum of a large body may be in a trailer", async () => {
    const { s3, close } = await withBucket();
    const bytes = Buffer.from(random(3).bytes(700_000));
    const crc = base64(checksumOf("crc32", bytes));
    const put = await s3.PutObject({
      ...at,
      ChecksumAlgorithm: "CRC32",
      Body: bodyWithTrailers(bytes, { "x-amz-checksum-crc32": crc }),
    });
    expect(put).toMatchObject({
      ETag: `"${createHash("md5").update(bytes).digest("hex")}"`,
      ChecksumCRC32: crc,
    });
    expect(await bytesOf((await s3.GetObject(at)).Body)).toEqual(bytes);
    await expect(
      s3.PutObject({ ...at, Body: bodyWithTrailers(bytes, { "x-amz-checksum-crc32": "AAAAAA==" }) }),
    ).rejects.toMatchObject({ code: "BadDigest" });
    expect(await bytesOf((await s3.GetObject(at)).Body)).toEqual(bytes);
    await close();
  });

  test.each([
    [{ ChecksumCRC32: "nonsense" }, "Value for x-amz-checksum-crc32 header is invalid."],
    [
      { ChecksumCRC32: "NjowIA==", ChecksumSHA1: "x" },
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    ],
    [
      { ChecksumAlgorithm: "CRC32" },
      "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found.",
    ],
    [
      { ChecksumAlgorithm: "SHA1", ChecksumCRC32: "NjowIA==" },
      "Value for x-amz-sdk-checksum-algorithm header is invalid.",
    ],
  ] as const)("%o is refused", async (members, message) => {
    const { s3, close } = await withBucket();
    await expect(s3.PutObject({ ...at, Body: bodyOf(hello), ...members })).rejects.toMatchObject({
      code: "InvalidRequest",
      message,
    });
    await close();
  });

  test("Content-MD5 is verified", async () => {
    const { s3, close } = await withBucket();
    const put = (ContentMD5: string) => s3.PutObject({ ...at, Body: bodyOf(hello), ContentMD5 });
    await expect(put("sZRqySSS0jR8YjW00mERhA==")).resolves.toMatchObject({
      ETag: '"b1946ac92492d2347c6235b4d2611184"',
    });
    await expect(put("1B2M2Y8AsgTpgAmY7PhCfg==")).rejects.toMatchObject({
      code: "BadDigest",
      members: {
        ExpectedDigest: "d41d8cd98f00b204e9800998ecf8427e",
        CalculatedDigest: "sZRqySSS0jR8YjW00mERhA==",
      },
    });
    await expect(put("short")).rejects.toMatchObject({ code: "InvalidDigest" });
    await close();
  });
});

describe("conditions", () => {
  test("If-None-Match: * writes only a missing key", async () => {
    const { s3, close } = await withBucket();
    const put = () => s3.PutObject({ ...at, IfNoneMatch: "*" });
    await put();
    await expect(put()).rejects.toMatchObject({
      code: "PreconditionFailed",
      status: 412,
      members: { Condition: "If-None-Match" },
    });
    await s3.PutBucketVersioning({ Bucket: "bucket", VersioningConfiguration: { Status: "Enabled" } });
    await s3.DeleteObject(at);
    await expect(put()).resolves.toBeDefined();
    await close();
  });

  test("of two writers with If-None-Match: *, one succeeds", async () => {
    const { s3, close } = await withBucket();
    const writers = ["a", "b", "c", "d"].map((text) =>
      s3.PutObject({ ...at, Body: bodyOf(text), IfNoneMatch: "*" }),
    );
    const outcomes = await Promise.allSettled(writers);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await close();
  });

  test("If-Match overwrites only a matching object", async () => {
    const { s3, close } = await withBucket();
    await expect(s3.PutObject({ ...at, IfMatch: '"x"' })).rejects.toMatchObject({ code: "NoSuchKey" });
    const { ETag } = await s3.PutObject({ ...at, Body: bodyOf("one") });
    await s3.PutObject({ ...at, Body: bodyOf("two"), IfMatch: ETag });
    await expect(s3.PutObject({ ...at, Body: bodyOf("three"), IfMatch: ETag })).rejects.toMatchObject({
      code: "PreconditionFailed",
      members: { Condition: "If-Match" },
    });
    expect(await textOf((await s3.GetObject(at)).Body)).toBe("two");
    await close();
  });

  test("unsupported conditions are refused", async () => {
    const { s3, close } = await withBucket();
    await expect(s3.PutObject({ ...at, IfNoneMatch: '"x"' })).rejects.toMatchObject({ status: 501 });
    await expect(s3.PutObject({ ...at, IfNoneMatch: "*", IfMatch: "x" })).rejects.toMatchObject({
      code: "NotImplemented",
      members: { Header: "If-Match,If-None-Match" },
    });
    await close();
  });
});

describe("limits", () => {
  test.each([
    [{ Key: "ö".repeat(513) }, "KeyTooLongError"],
    [{ Metadata: { a: "x".repeat(2_048) } }, "MetadataTooLarge"],
    [{ StorageClass: "OUTPOSTS" }, "InvalidStorageClass"],
    [{ WebsiteRedirectLocation: "elsewhere" }, "InvalidRedirectLocation"],
    [{ Tagging: "a=1&a=2" }, "InvalidArgument"],
    [{ Tagging: "a=%ZZ" }, "InvalidArgument"],
    [{ Tagging: "a=<" }, "InvalidTag"],
    [{ Tagging: Array.from({ length: 11 }, (_, n) => `t${n}`).join("&") }, "BadRequest"],
    [{ ACL: "public-read" }, "AccessControlListNotSupported"],
    [{ GrantRead: "id=1" }, "AccessControlListNotSupported"],
    [{ WriteOffsetBytes: 0 }, "NotImplemented"],
    [{ ObjectLockLegalHoldStatus: "ON" }, "InvalidRequest"],
  ] as const)("%o", async (members, code) => {
    const { s3, close } = await withBucket();
    await expect(s3.PutObject({ ...at, ...members })).rejects.toMatchObject({ code });
    await close();
  });

  test("a body without a length, or too long, is refused without reading it", async () => {
    const { s3, close, ...cloud } = await withBucket();
    const unread = (size: number | undefined) => ({
      ...bodyOf(""),
      size,
      bytes: () => Promise.reject(new Error("read")),
      [Symbol.asyncIterator]: () => {
        throw new Error("read");
      },
    });
    await expect(
      overHttp({ ...cloud, close }, "PutObject", { ...at, Body: unread(undefined) }),
    ).rejects.toMatchObject({
      code: "MissingContentLength",
      status: 411,
    });
    await expect(s3.PutObject({ ...at, Body: unread(5 * 2 ** 30 + 1) })).rejects.toMatchObject({
      code: "EntityTooLarge",
      members: { ProposedSize: 5_368_709_121, MaxSizeAllowed: 5_368_709_120 },
    });
    await close();
  });

  test("keys of 1,024 bytes and keys that look like paths are stored as they are", async () => {
    const { s3, close } = await withBucket();
    for (const Key of ["k".repeat(1_024), "a/../b", "a//b", "a/", "/", "%2F", "a b+c", "\u{1f600}"]) {
      await s3.PutObject({ ...at, Key, Body: bodyOf(Key) });
    }
    for (const Key of ["a/../b", "a//b", "a/", "/", "%2F", "a b+c", "\u{1f600}"])
      expect(await textOf((await s3.GetObject({ ...at, Key })).Body)).toBe(Key);
    await close();
  });
});

describe("no unreferenced file remains", () => {
  const large = () => bodyOf(new Uint8Array(200_000));

  test("when an object is replaced, copied over or deleted", async () => {
    const { s3, files, advance, close } = await withBucket();
    await s3.PutObject({ ...at, Body: large() });
    await s3.PutObject({ ...at, Body: large() });
    await s3.PutObject({ ...at, Key: "other", Body: large() });
    await s3.CopyObject({ ...at, CopySource: "bucket/other" });
    await advance("1s");
    expect(files.size).toBe(2);
    await s3.DeleteObjects({ Bucket: "bucket", Delete: { Objects: [{ Key: "k" }, { Key: "other" }] } });
    await advance("1s");
    expect(files.size).toBe(0);
    await close();
  });

  test.each([
    ["its digest is wrong", { ContentMD5: "1B2M2Y8AsgTpgAmY7PhCfg==" }, "BadDigest"],
    ["its checksum is wrong", { ChecksumCRC32: "AAAAAA==" }, "BadDigest"],
    ["its bucket is missing", { Bucket: "none" }, "NoSuchBucket"],
  ])("when %s", async (_, members, code) => {
    const { s3, files, close } = await withBucket();
    await expect(s3.PutObject({ ...at, Body: large(), ...members })).rejects.toMatchObject({ code });
    expect(files.size).toBe(0);
    await close();
  });

  test("when a condition stops holding while the body is received", async () => {
    const { s3, files, close } = await withBucket();
    const Body = {
      ...large(),
      async *[Symbol.asyncIterator]() {
        yield new Uint8Array(100_000);
        await s3.PutObject(at);
        yield new Uint8Array(100_000);
      },
    };
    await expect(s3.PutObject({ ...at, Body, IfNoneMatch: "*" })).rejects.toMatchObject({
      code: "PreconditionFailed",
    });
    expect(files.size).toBe(0);
    await close();
  });

  test("when the body is interrupted", async () => {
    const { s3, files, close } = await withBucket();
    const Body = {
      ...large(),
      async *[Symbol.asyncIterator]() {
        yield new Uint8Array(100_000);
        throw new Error("torn");
      },
    };
    await expect(s3.PutObject({ ...at, Body })).rejects.toMatchObject({ code: "InternalFailure" });
    await expect(s3.HeadObject(at)).rejects.toMatchObject({ code: "NoSuchKey" });
    expect(files.size).toBe(0);
    await close();
  });
});
