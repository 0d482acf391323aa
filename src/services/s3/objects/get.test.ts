import { describe, expect, test } from "vitest";
import { ANONYMOUS, rootOf } from "#kernel/calls/principal.ts";
import { TEST_START } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { random } from "#lib/random.ts";
import { bytesOf, textOf, withBucket } from "./testing.ts";

const at = { Bucket: "bucket", Key: "k" };

test("headers and metadata are returned", async () => {
  const { s3, close } = await withBucket();
  const Expires = "in a while, which is no date";
  const attributes = {
    CacheControl: "no-store",
    ContentDisposition: "inline",
    ContentEncoding: "gzip",
    ContentLanguage: "de",
    ContentType: "text/plain",
    WebsiteRedirectLocation: "/elsewhere",
    StorageClass: "STANDARD_IA",
    Expires,
    Metadata: { colour: "blue", ["__proto__"]: "kept" },
  } as const;
  await s3.PutObject({ ...at, ...attributes });
  expect(await s3.HeadObject(at)).toMatchObject({
    ...attributes,
    LastModified: new Date(TEST_START),
    ContentLength: 0,
  });
  await s3.PutObject(at);
  expect(await s3.HeadObject(at)).toEqual({
    AcceptRanges: "bytes",
    LastModified: new Date(TEST_START),
    ETag: '"d41d8cd98f00b204e9800998ecf8427e"',
    ContentLength: 0,
    ContentType: "binary/octet-stream",
    ServerSideEncryption: "AES256",
  });
  await close();
});

test("response headers can be overridden, but not by anonymous callers", async () => {
  const { s3, as, close } = await withBucket();
  await s3.PutObject({ ...at, ContentType: "text/plain" });
  const wanted = { ResponseContentType: "text/csv", ResponseCacheControl: "private" };
  expect(await s3.GetObject({ ...at, ...wanted })).toMatchObject({
    ContentType: "text/csv",
    CacheControl: "private",
  });
  await expect(as(ANONYMOUS).s3.GetObject({ ...at, ...wanted })).rejects.toMatchObject({ status: 403 });
  await close();
});

describe.each([
  ["in the store", 1_000],
  ["in a file", 300_000],
])("a body %s", (_, size) => {
  const bytes = Buffer.from(random(5).bytes(size));

  test("is read whole and in ranges", async () => {
    const { s3, close } = await withBucket();
    await s3.PutObject({ ...at, Body: bodyOf(bytes) });
    expect(await bytesOf((await s3.GetObject(at)).Body)).toEqual(bytes);
    const part = await s3.GetObject({ ...at, Range: "bytes=10-19" });
    expect(part).toMatchObject({ ContentLength: 10, ContentRange: `bytes 10-19/${size}` });
    expect(await bytesOf(part.Body)).toEqual(bytes.subarray(10, 20));
    expect(await bytesOf((await s3.GetObject({ ...at, Range: "bytes=-7" })).Body)).toEqual(
      bytes.subarray(-7),
    );
    expect(await s3.HeadObject({ ...at, Range: "bytes=0-0" })).toMatchObject({ ContentLength: 1 });
    await expect(s3.GetObject({ ...at, Range: `bytes=${size}-` })).rejects.toMatchObject({ status: 416 });
    await close();
  });

  test("is read to its end even if it is deleted meanwhile", async () => {
    const { s3, advance, close } = await withBucket();
    await s3.PutObject({ ...at, Body: bodyOf(bytes) });
    const { Body } = await s3.GetObject(at);
    await s3.DeleteObject(at);
    await Promise.all([advance("1s"), bytesOf(Body).then((read) => expect(read).toEqual(bytes))]);
    await close();
  });

  test("is its own part 1, and has no part 2", async () => {
    const { s3, close } = await withBucket();
    await s3.PutObject({ ...at, Body: bodyOf(bytes) });
    expect(await s3.GetObject({ ...at, PartNumber: 1 })).toMatchObject({
      ContentRange: `bytes 0-${size - 1}/${size}`,
    });
    await expect(s3.GetObject({ ...at, PartNumber: 2 })).rejects.toMatchObject({
      code: "InvalidPartNumber",
      members: { PartNumberRequested: 2, ActualPartCount: 1 },
    });
    await expect(s3.GetObject({ ...at, PartNumber: 1, Range: "bytes=0-1" })).rejects.toMatchObject({
      code: "InvalidRequest",
    });
    await close();
  });
});

describe("conditions", () => {
  const before = new Date(TEST_START - 1_000);
  const now = new Date(TEST_START);
  const hit = '"5d41402abc4b2a76b9719d911017c592"';

  test.each([
    [{ IfMatch: hit }, 200],
    [{ IfMatch: "5d41402abc4b2a76b9719d911017c592" }, 200],
    [{ IfMatch: '"x"' }, 412],
    [{ IfNoneMatch: '"x"' }, 200],
    [{ IfNoneMatch: hit }, 304],
    [{ IfNoneMatch: `"x", W/${hit}` }, 304],
    [{ IfModifiedSince: before }, 200],
    [{ IfModifiedSince: now }, 304],
    [{ IfUnmodifiedSince: now }, 200],
    [{ IfUnmodifiedSince: before }, 412],
    [{ IfMatch: hit, IfUnmodifiedSince: before }, 200],
    [{ IfNoneMatch: '"x"', IfModifiedSince: now }, 200],
    [{ IfNoneMatch: hit, IfModifiedSince: before }, 304],
  ])("%o: %i", async (conditions, status) => {
    const { s3, close } = await withBucket();
    await s3.PutObject({ ...at, Body: bodyOf("hello"), CacheControl: "no-cache" });
    for (const read of [s3.GetObject, s3.HeadObject]) {
      const answer = read({ ...at, ...conditions });
      if (status === 200) await expect(answer).resolves.toMatchObject({ ETag: hit });
      else await expect(answer).rejects.toMatchObject({ status });
    }
    await close();
  });

  test("a 304 response has cache headers", async () => {
    const { s3, close } = await withBucket();
    await s3.PutObject({ ...at, Body: bodyOf("hello"), CacheControl: "no-cache" });
    await expect(s3.GetObject({ ...at, IfNoneMatch: hit })).rejects.toMatchObject({
      headers: {
        etag: hit,
        "cache-control": "no-cache",
        "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
      },
    });
    await close();
  });
});

test("part 1 of an empty object is the whole object", async () => {
  const { s3, close } = await withBucket();
  await s3.PutObject(at);
  expect(await s3.GetObject({ ...at, PartNumber: 1 })).toMatchObject({
    ContentLength: 0,
    ContentRange: undefined,
  });
  await close();
});

test("reading a delete marker identifies it", async () => {
  const { s3, close } = await withBucket();
  await s3.PutBucketVersioning({ Bucket: "bucket", VersioningConfiguration: { Status: "Enabled" } });
  await s3.PutObject({ ...at, Body: bodyOf("old") });
  const { VersionId } = await s3.DeleteObject(at);
  await expect(s3.GetObject(at)).rejects.toMatchObject({
    code: "NoSuchKey",
    headers: { "x-amz-delete-marker": "true", "x-amz-version-id": VersionId },
  });
  await expect(s3.GetObject({ ...at, VersionId })).rejects.toMatchObject({
    code: "MethodNotAllowed",
    status: 405,
    members: { Method: "GET", ResourceType: "DeleteMarker" },
    headers: { allow: "DELETE", "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT" },
  });
  await close();
});

test("an archived object cannot be read", async () => {
  const { s3, close } = await withBucket();
  await s3.PutObject({ ...at, StorageClass: "DEEP_ARCHIVE" });
  expect(await s3.HeadObject(at)).toMatchObject({ StorageClass: "DEEP_ARCHIVE" });
  await expect(s3.GetObject(at)).rejects.toMatchObject({
    code: "InvalidObjectState",
    members: { StorageClass: "DEEP_ARCHIVE" },
  });
  await close();
});

test("other accounts are denied, but a missing bucket is reported first", async () => {
  const { s3, as, close } = await withBucket();
  await s3.PutObject({ ...at, Body: bodyOf("secret") });
  for (const client of [as(ANONYMOUS).s3, as(rootOf("111122223333")).s3]) {
    await expect(client.GetObject(at)).rejects.toMatchObject({
      code: "AccessDenied",
      message: "Access Denied",
      status: 403,
    });
    await expect(client.GetObject({ ...at, Bucket: "none" })).rejects.toMatchObject({
      code: "NoSuchBucket",
      members: { BucketName: "none" },
    });
  }
  await expect(s3.GetObject({ ...at, ExpectedBucketOwner: "111122223333" })).rejects.toMatchObject({
    code: "AccessDenied",
  });
  const { Body } = await s3.GetObject({ ...at, ExpectedBucketOwner: "000000000000" });
  expect(await textOf(Body)).toBe("secret");
  await close();
});

test("a range may span parts, and a reader may stop early", async () => {
  const { s3, close } = await withBucket();
  const bytes = Buffer.from(random(13).bytes(10 * 2 ** 20 + 100));
  const part = 5 * 2 ** 20;
  const { UploadId } = await s3.CreateMultipartUpload(at);
  const Parts = [];
  for (let start = 0, PartNumber = 1; start < bytes.length; start += part, PartNumber++) {
    const Body = bodyOf(bytes.subarray(start, start + part));
    const { ETag } = await s3.UploadPart({ ...at, UploadId: UploadId!, PartNumber, Body });
    Parts.push({ PartNumber, ETag });
  }
  await s3.CompleteMultipartUpload({ ...at, UploadId: UploadId!, MultipartUpload: { Parts } });

  for (const [first, last] of [
    [part - 1, part],
    [part - 5, 2 * part + 5],
    [2 * part, 2 * part],
    [2 * part - 3, bytes.length - 1],
  ] as const) {
    const { Body } = await s3.GetObject({ ...at, Range: `bytes=${first}-${last}` });
    expect((await bytesOf(Body)).equals(bytes.subarray(first, last + 1))).toBe(true);
  }
  expect(await s3.HeadObject({ ...at, PartNumber: 3 })).toMatchObject({ ContentLength: 100, PartsCount: 3 });

  const { Body } = await s3.GetObject(at);
  for await (const chunk of Body as AsyncIterable<Uint8Array>) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  await close();
});
