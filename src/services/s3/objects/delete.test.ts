import { expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { overHttp, withBucket } from "./testing.ts";

const at = { Bucket: "bucket", Key: "k" };

test("deleting a missing object succeeds", async () => {
  const { s3, close } = await withBucket();
  expect(await s3.DeleteObject(at)).toEqual({});
  await expect(s3.DeleteObject({ ...at, Bucket: "none" })).rejects.toMatchObject({ code: "NoSuchBucket" });
  await close();
});

test("If-Match deletes only a matching object", async () => {
  const { s3, close } = await withBucket();
  await expect(s3.DeleteObject({ ...at, IfMatch: "*" })).rejects.toMatchObject({ code: "NoSuchKey" });
  const { ETag } = await s3.PutObject({ ...at, Body: bodyOf("one") });
  await expect(s3.DeleteObject({ ...at, IfMatch: '"x"' })).rejects.toMatchObject({
    code: "PreconditionFailed",
    status: 412,
  });
  await s3.DeleteObject({ ...at, IfMatch: ETag });
  await expect(s3.HeadObject(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  await close();
});

test("DeleteObjects returns a result per entry", async () => {
  const { s3, close } = await withBucket();
  await s3.PutBucketVersioning({ Bucket: "bucket", VersioningConfiguration: { Status: "Enabled" } });
  const { VersionId } = await s3.PutObject({ ...at, Key: "a" });
  await s3.PutObject({ ...at, Key: "b" });
  const answer = await s3.DeleteObjects({
    Bucket: "bucket",
    Delete: {
      Objects: [
        { Key: "a", VersionId },
        { Key: "b" },
        { Key: "b", VersionId: "abc" },
        { Key: "b", ETag: '"x"' },
        { Key: "x".repeat(1_025) },
      ],
    },
  });
  expect(answer).toEqual({
    Deleted: [
      { Key: "a", VersionId },
      { Key: "b", DeleteMarker: true, DeleteMarkerVersionId: expect.any(String) },
    ],
    Errors: [
      {
        Key: "b",
        VersionId: "abc",
        Code: "NoSuchVersion",
        Message: "The specified version does not exist.",
      },
      { Key: "b", Code: "NoSuchKey", Message: "The specified key does not exist." },
      { Key: "x".repeat(1_025), Code: "KeyTooLongError", Message: "Your key is too long" },
    ],
  });
  const quiet = await s3.DeleteObjects({
    Bucket: "bucket",
    Delete: { Quiet: true, Objects: [{ Key: "c" }] },
  });
  expect(quiet.Deleted).toBeUndefined();
  await close();
});

test.each([0, 1_001])("a batch of %i entries is malformed", async (length) => {
  const { s3, close } = await withBucket();
  const Objects = Array.from({ length }, (_, n) => ({ Key: `${n}` }));
  await expect(s3.DeleteObjects({ Bucket: "bucket", Delete: { Objects } })).rejects.toMatchObject({
    code: "MalformedXML",
  });
  await close();
});

test("DeleteObjects over HTTP requires a digest and verifies it", async () => {
  const cloud = await withBucket();
  const batch = { Bucket: "bucket", Delete: { Objects: [{ Key: "k" }] } };
  const send = (headers: Record<string, string>) =>
    overHttp(cloud, "DeleteObjects", batch, headers, Buffer.from("123456789"));
  await expect(send({})).rejects.toMatchObject({ code: "InvalidRequest" });
  await expect(send({ "content-md5": "JfnnlDI7RTiF9RgfG2JNCw==" })).resolves.toBeDefined();
  await expect(send({ "x-amz-checksum-crc32": "y/Q5Jg==" })).resolves.toBeDefined();
  await expect(send({ "content-md5": "1B2M2Y8AsgTpgAmY7PhCfg==" })).rejects.toMatchObject({
    code: "BadDigest",
  });
  await expect(send({ "content-md5": "short" })).rejects.toMatchObject({ code: "InvalidDigest" });
  await expect(send({ "x-amz-checksum-crc32": "AAAAAA==" })).rejects.toMatchObject({ code: "BadDigest" });
  await cloud.close();
});
