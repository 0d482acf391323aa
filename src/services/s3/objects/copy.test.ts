import { describe, expect, test } from "vitest";
import { TEST_START } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { random } from "#lib/random.ts";
import { copySourceOf } from "./copy-source.ts";
import { bytesOf, textOf, withBucket } from "./testing.ts";

const source = { Bucket: "bucket", Key: "from" };
const copy = { Bucket: "bucket", Key: "to", CopySource: "bucket/from" };

test("a copy is like its source except for redirect and storage class", async () => {
  const { s3, close } = await withBucket();
  const put = await s3.PutObject({
    ...source,
    Body: bodyOf("hello"),
    ContentType: "text/plain",
    CacheControl: "no-cache",
    Metadata: { a: "b" },
    Tagging: "t=1",
    StorageClass: "STANDARD_IA",
    WebsiteRedirectLocation: "/x",
  });
  const { CopyObjectResult: result } = await s3.CopyObject(copy);
  expect(result).toEqual({
    ETag: put.ETag,
    LastModified: new Date(TEST_START),
    ChecksumCRC64NVME: put.ChecksumCRC64NVME,
    ChecksumType: "FULL_OBJECT",
  });
  const got = await s3.GetObject({ ...copy });
  expect(got).toMatchObject({
    ContentType: "text/plain",
    CacheControl: "no-cache",
    Metadata: { a: "b" },
    TagCount: 1,
    StorageClass: undefined,
    WebsiteRedirectLocation: undefined,
  });
  expect(await textOf(got.Body)).toBe("hello");
  await close();
});

test("directives replace metadata and tags", async () => {
  const { s3, close } = await withBucket();
  await s3.PutObject({ ...source, ContentType: "text/plain", Metadata: { a: "b" }, Tagging: "t=1" });
  await s3.CopyObject({
    ...copy,
    MetadataDirective: "REPLACE",
    TaggingDirective: "REPLACE",
    Metadata: { c: "d" },
    Tagging: "u=2&v=3",
  });
  expect(await s3.HeadObject(copy)).toMatchObject({
    ContentType: "binary/octet-stream",
    Metadata: { c: "d" },
    TagCount: 2,
  });
  await expect(s3.CopyObject({ ...copy, MetadataDirective: "KEEP" as "COPY" })).rejects.toMatchObject({
    code: "InvalidArgument",
    message: "Unknown metadata directive.",
  });
  await close();
});

test("an object can be copied onto itself only to change something", async () => {
  const { s3, close } = await withBucket();
  await s3.PutObject({ ...source, Body: bodyOf("hello") });
  const itself = { ...copy, Key: "from" };
  await expect(s3.CopyObject(itself)).rejects.toMatchObject({ code: "InvalidRequest" });
  await s3.CopyObject({ ...itself, MetadataDirective: "REPLACE", Metadata: { new: "yes" } });
  const got = await s3.GetObject(source);
  expect(got.Metadata).toEqual({ new: "yes" });
  expect(await textOf(got.Body)).toBe("hello");
  await close();
});

test("a large object is copied into another bucket with another checksum", async () => {
  const { s3, close } = await withBucket();
  await s3.CreateBucket({ Bucket: "other" });
  const bytes = Buffer.from(random(9).bytes(1_300_000));
  const { ETag } = await s3.PutObject({ ...source, Body: bodyOf(bytes) });
  const { CopyObjectResult: result } = await s3.CopyObject({
    ...copy,
    Bucket: "other",
    ChecksumAlgorithm: "SHA256",
  });
  expect(result).toMatchObject({ ETag, ChecksumSHA256: expect.any(String) });
  await s3.DeleteObject(source);
  expect(await bytesOf((await s3.GetObject({ Bucket: "other", Key: "to" })).Body)).toEqual(bytes);
  await close();
});

test("an older version is copied by its ID; a delete marker cannot be copied", async () => {
  const { s3, close } = await withBucket();
  await s3.PutBucketVersioning({ Bucket: "bucket", VersioningConfiguration: { Status: "Enabled" } });
  const old = await s3.PutObject({ ...source, Body: bodyOf("old") });
  await s3.PutObject({ ...source, Body: bodyOf("new") });
  const CopySource = `bucket/from?versionId=${old.VersionId}`;
  expect(await s3.CopyObject({ ...copy, CopySource })).toMatchObject({
    CopySourceVersionId: old.VersionId,
    VersionId: expect.any(String),
  });
  expect(await textOf((await s3.GetObject(copy)).Body)).toBe("old");

  const marker = await s3.DeleteObject(source);
  await expect(s3.CopyObject(copy)).rejects.toMatchObject({ code: "NoSuchKey" });
  await expect(
    s3.CopyObject({ ...copy, CopySource: `bucket/from?versionId=${marker.VersionId}` }),
  ).rejects.toMatchObject({
    code: "InvalidRequest",
    message: "The source of a copy request may not specifically refer to a delete marker by version id.",
  });
  await close();
});

test.each([
  [{ CopySourceIfMatch: '"x"' }, "x-amz-copy-source-If-Match"],
  [{ CopySourceIfNoneMatch: "*" }, "x-amz-copy-source-If-None-Match"],
  [{ CopySourceIfModifiedSince: new Date(TEST_START) }, "x-amz-copy-source-If-Modified-Since"],
  [{ CopySourceIfUnmodifiedSince: new Date(TEST_START - 1_000) }, "x-amz-copy-source-If-Unmodified-Since"],
])("%o fails the copy", async (conditions, Condition) => {
  const { s3, close } = await withBucket();
  await s3.PutObject(source);
  await expect(s3.CopyObject({ ...copy, ...conditions })).rejects.toMatchObject({
    code: "PreconditionFailed",
    members: { Condition },
  });
  await close();
});

describe("a copy source", () => {
  test.each([
    ["bkt/k", { bucket: "bkt", key: "k", versionId: undefined }],
    ["/bkt/a%2Fb%3Fc%20d+e%2B", { bucket: "bkt", key: "a/b?c d e+", versionId: undefined }],
    ["bkt%2Fk", { bucket: "bkt", key: "k", versionId: undefined }],
    ["bkt//k?versionId=v", { bucket: "bkt", key: "/k", versionId: "v" }],
  ])("%s", (header, expected) => {
    expect(copySourceOf(header)).toEqual(expected);
  });

  test.each(["", "b", "b/k", "bkt", "bkt/", "/k", "bkt/%ZZ"])("'%s' is refused", (header) => {
    expect(() => copySourceOf(header)).toThrow(expect.objectContaining({ code: "InvalidArgument" }));
  });
});
