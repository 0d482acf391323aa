import { expect, test } from "vitest";
import { testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { s3 } from "../service.ts";

test("an object is put, read, described and deleted", async () => {
  const { aws, close } = await testCloud([s3]);
  await aws.s3.CreateBucket({ Bucket: "photos" });
  const put = await aws.s3.PutObject({
    Bucket: "photos",
    Key: "a/../b//c",
    Body: bodyOf("hello"),
    Metadata: { Colour: "blue" },
    Tagging: "k=v",
  });
  expect(put).toEqual({
    ETag: '"5d41402abc4b2a76b9719d911017c592"',
    ChecksumCRC64NVME: expect.any(String),
    ChecksumType: "FULL_OBJECT",
  });
  const got = await aws.s3.GetObject({ Bucket: "photos", Key: "a/../b//c" });
  expect(Buffer.from(got.Body as Uint8Array).toString()).toBe("hello");
  expect(got).toMatchObject({ ContentLength: 5, TagCount: 1, Metadata: { colour: "blue" } });
  await aws.s3.DeleteObject({ Bucket: "photos", Key: "a/../b//c" });
  await expect(aws.s3.HeadObject({ Bucket: "photos", Key: "a/../b//c" })).rejects.toMatchObject({
    code: "NoSuchKey",
  });
  await aws.s3.DeleteBucket({ Bucket: "photos" });
  await close();
});
