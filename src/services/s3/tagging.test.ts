import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { s3 as service } from "./service.ts";

const Bucket = "bucket";
const Key = "key";

let cloud: TestCloud;
let s3: TestCloud["aws"]["s3"];
beforeAll(async () => {
  cloud = await testCloud([service]);
  s3 = cloud.aws.s3;
  await s3.CreateBucket({ Bucket });
  await s3.PutObject({ Bucket, Key, Body: bodyOf("x") });
});
afterAll(() => cloud.close());

const tags = (count: number) => Array.from({ length: count }, (_, i) => ({ Key: `k${i}`, Value: `v${i}` }));
const tagObject = (TagSet: object[]) =>
  s3.PutObjectTagging({ Bucket, Key, Tagging: { TagSet: TagSet as never } });
const tagBucket = (TagSet: object[]) => s3.PutBucketTagging({ Bucket, Tagging: { TagSet: TagSet as never } });

test("an object's tags are replaced as a whole, and deleted", async () => {
  expect(await s3.GetObjectTagging({ Bucket, Key })).toMatchObject({ TagSet: [] });
  await tagObject(tags(10));
  await tagObject([{ Key: "ключ 鍵", Value: "" }]);
  expect(await s3.GetObjectTagging({ Bucket, Key })).toMatchObject({
    TagSet: [{ Key: "ключ 鍵", Value: "" }],
  });
  expect(await s3.HeadObject({ Bucket, Key })).toMatchObject({ TagCount: 1 });
  await s3.DeleteObjectTagging({ Bucket, Key });
  expect(await s3.GetObjectTagging({ Bucket, Key })).toMatchObject({ TagSet: [] });
});

test("each version has its own tags, and a delete marker none", async () => {
  await s3.CreateBucket({ Bucket: "versioned" });
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.PutBucketVersioning({ Bucket: "versioned", VersioningConfiguration });
  const at = { Bucket: "versioned", Key };
  const { VersionId: old } = await s3.PutObject({ ...at, Body: bodyOf("old") });
  const { VersionId } = await s3.PutObject({ ...at, Body: bodyOf("new") });
  expect(await s3.PutObjectTagging({ ...at, VersionId: old, Tagging: { TagSet: tags(1) } })).toEqual({
    VersionId: old,
  });
  expect(await s3.GetObjectTagging({ ...at, VersionId: old })).toEqual({ VersionId: old, TagSet: tags(1) });
  expect(await s3.GetObjectTagging(at)).toEqual({ VersionId, TagSet: [] });
  const { VersionId: marker } = await s3.DeleteObject(at);
  await expect(s3.GetObjectTagging(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  await expect(
    s3.PutObjectTagging({ ...at, VersionId: marker, Tagging: { TagSet: [] } }),
  ).rejects.toMatchObject({
    code: "MethodNotAllowed",
    members: { Method: "PUT", ResourceType: "DeleteMarker" },
  });
});

test("a bucket without tags has no tag set", async () => {
  const none = {
    code: "NoSuchTagSet",
    status: 404,
    message: "The TagSet does not exist",
    members: { BucketName: Bucket },
  };
  await expect(s3.GetBucketTagging({ Bucket })).rejects.toMatchObject(none);
  await tagBucket(tags(50));
  expect(await s3.GetBucketTagging({ Bucket })).toEqual({ TagSet: tags(50) });
  await s3.DeleteBucketTagging({ Bucket });
  await expect(s3.GetBucketTagging({ Bucket })).rejects.toMatchObject(none);
});

describe("tags are refused", () => {
  const wrong = (Key: string, Value = "v") => [{ Key, Value }];
  const invalidKey = "The TagKey you have provided is invalid";
  const invalidValue = "The TagValue you have provided is invalid";

  test.each([
    ["too many", tags(11), "BadRequest", "Object tags cannot be greater than 10"],
    [
      "duplicate keys",
      [...tags(1), ...tags(1)],
      "InvalidTag",
      "Cannot provide multiple Tags with the same key",
    ],
    ["an empty key", wrong(""), "InvalidTag", invalidKey],
    ["a long key", wrong("k".repeat(129)), "InvalidTag", invalidKey],
    ["a key with an invalid character", wrong("a&b"), "InvalidTag", invalidKey],
    ["a long value", wrong("k", "v".repeat(257)), "InvalidTag", invalidValue],
    ["a value with an invalid character", wrong("k", "😀"), "InvalidTag", invalidValue],
    ["AWS's own", wrong("aws:k"), "InvalidTag", "Your TagKey cannot be prefixed with aws:"],
    ["no value", [{ Key: "k" }], "MalformedXML", expect.anything()],
  ])("of an object: %s", async (_, set, code, message) => {
    await expect(tagObject(set)).rejects.toMatchObject({ code, message });
  });

  test.each([
    ["too many", tags(51), "BadRequest", "Bucket tag count cannot be greater than 50"],
    ["AWS's own", wrong("aws:k"), "InvalidTag", "System tags cannot be added/updated by requester"],
  ])("of a bucket: %s", async (_, set, code, message) => {
    await expect(tagBucket(set)).rejects.toMatchObject({ code, message });
  });
});
