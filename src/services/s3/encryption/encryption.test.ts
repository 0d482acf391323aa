import { hash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { bodyOf } from "#lib/body.ts";
import { textOf, withBucket } from "../objects/testing.ts";

let cloud: Awaited<ReturnType<typeof withBucket>>;
beforeEach(async () => {
  cloud = await withBucket();
});
afterEach(() => cloud.close());

const Bucket = "bucket";
const at = { Bucket, Key: "k" };
const MiB = 2 ** 20;

const keyOf = (letter: string) => {
  const bytes = Buffer.alloc(32, letter);
  return {
    SSECustomerAlgorithm: "AES256",
    SSECustomerKey: bytes.toString("base64"),
    SSECustomerKeyMD5: hash("md5", bytes, "base64"),
  };
};
const KEY = keyOf("a");
const OTHER = keyOf("b");
const sourceKey = (key: typeof KEY) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
});

describe("SSE-S3", () => {
  test("encrypts every object by default", async () => {
    const { s3 } = cloud;
    const expected = { ServerSideEncryption: "AES256" };
    expect(await s3.PutObject({ ...at, Body: bodyOf("body") })).toMatchObject(expected);
    expect(await s3.GetObject(at)).toMatchObject(expected);
    expect(await s3.HeadObject(at)).toMatchObject(expected);
    expect(await s3.CopyObject({ Bucket, Key: "copy", CopySource: "bucket/k" })).toMatchObject(expected);
    const { UploadId } = await s3.CreateMultipartUpload(at);
    const part = { ...at, UploadId: UploadId!, PartNumber: 1 };
    expect(await s3.UploadPart({ ...part, Body: bodyOf("part") })).toMatchObject(expected);
    expect(await s3.UploadPartCopy({ ...part, CopySource: "bucket/k" })).toMatchObject(expected);
  });

  test.each([
    [{ ServerSideEncryption: "AES128" }, "InvalidArgument"],
    [{ ServerSideEncryption: "aws:fsx" }, "InvalidArgument"],
    [{ ServerSideEncryption: "AES256", SSEKMSKeyId: "k" }, "InvalidArgument"],
    [{ SSEKMSKeyId: "k" }, "InvalidArgument"],
    [{ ServerSideEncryption: "aws:kms", SSEKMSEncryptionContext: "eyJhIjoxfQ==" }, "InvalidArgument"],
    [{ ServerSideEncryption: "aws:kms", SSEKMSEncryptionContext: "W10=" }, "InvalidArgument"],
    [{ ServerSideEncryption: "aws:kms", SSEKMSEncryptionContext: "x" }, "InvalidArgument"],
    [{ ServerSideEncryption: "aws:kms", SSEKMSKeyId: "k" }, "KMS.NotFoundException"],
    [{ ServerSideEncryption: "aws:kms:dsse", SSEKMSKeyId: "k" }, "KMS.NotFoundException"],
    [{ ServerSideEncryption: "aws:kms:dsse" }, "NotImplemented"],
  ] as const)("%o is refused", async (request, code) => {
    await expect(
      cloud.s3.PutObject({ ...at, Body: bodyOf("b"), ...(request as object) }),
    ).rejects.toMatchObject({
      code,
    });
    await expect(cloud.s3.CreateMultipartUpload({ ...at, ...(request as object) })).rejects.toMatchObject({
      code,
    });
  });

  test.each([
    ["alias/mine", "Alias arn:aws:kms:us-east-1:000000000000:alias/mine is not found."],
    ["fake", "Invalid keyId 'fake'"],
    [
      "134f2428-cec1-4b25-a1ae-9048164dba47",
      "Key 'arn:aws:kms:us-east-1:000000000000:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
    ],
    [
      "arn:aws:kms:us-east-1:111111111111:key/134f2428-cec1-4b25-a1ae-9048164dba47",
      "Key 'arn:aws:kms:us-east-1:111111111111:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
    ],
    ["arn:aws:kms:eu-west-1:111111111111:key/134f2428-cec1-4b25-a1ae-9048164dba47", "Invalid arn eu-west-1"],
  ])("the KMS key %s does not exist", async (SSEKMSKeyId, message) => {
    const put = cloud.s3.PutObject({
      ...at,
      Body: bodyOf("b"),
      ServerSideEncryption: "aws:kms",
      SSEKMSKeyId,
    });
    await expect(put).rejects.toMatchObject({ code: "KMS.NotFoundException", message, status: 400 });
  });
});

describe("SSE-C", () => {
  test.each([4, 200_000])("%i bytes can be read only with their key", async (size) => {
    const { s3 } = cloud;
    const Body = Buffer.alloc(size, "x");
    const put = await s3.PutObject({ ...at, Body: bodyOf(Body), ...KEY });
    const { SSECustomerKey: _, ...expected } = KEY;
    expect(put).toMatchObject(expected);
    expect(put.ServerSideEncryption).toBeUndefined();
    expect(put.ETag).not.toBe(`"${hash("md5", Body)}"`);
    const got = await s3.GetObject({ ...at, ...KEY });
    expect(got).toMatchObject({ ...expected, ETag: put.ETag, ContentLength: size });
    expect(await textOf(got.Body)).toBe("x".repeat(size));
    expect(await textOf((await s3.GetObject({ ...at, ...KEY, Range: "bytes=1-2" })).Body)).toBe("xx");
    for (const read of [s3.GetObject, s3.HeadObject]) {
      await expect(read(at)).rejects.toMatchObject({ code: "InvalidRequest", status: 400 });
      await expect(read({ ...at, ...OTHER })).rejects.toMatchObject({ code: "AccessDenied", status: 403 });
    }
    const attributes = { ...at, ObjectAttributes: ["ETag" as const] };
    await expect(s3.GetObjectAttributes(attributes)).rejects.toMatchObject({ code: "InvalidRequest" });
    expect((await s3.GetObjectAttributes({ ...attributes, ...KEY })).ETag).toBe(put.ETag!.slice(1, -1));
  });

  test("a key for an object that is not encrypted with it is refused", async () => {
    await cloud.s3.PutObject({ ...at, Body: bodyOf("b") });
    await expect(cloud.s3.GetObject({ ...at, ...KEY })).rejects.toMatchObject({
      code: "InvalidRequest",
      message: "The encryption parameters are not applicable to this object.",
    });
  });

  test("a copy is decrypted with the source's key and encrypted with its own", async () => {
    const { s3 } = cloud;
    await s3.PutObject({ ...at, Body: bodyOf("body"), ...KEY });
    const copy = { Bucket, Key: "copy", CopySource: "bucket/k" };
    await expect(s3.CopyObject(copy)).rejects.toMatchObject({ code: "InvalidRequest" });
    await expect(s3.CopyObject({ ...copy, ...sourceKey(OTHER) })).rejects.toMatchObject({
      code: "AccessDenied",
    });
    const plain = await s3.CopyObject({ ...copy, ...sourceKey(KEY) });
    expect(plain.CopyObjectResult!.ETag).toBe(`"${hash("md5", "body")}"`);
    expect(await textOf((await s3.GetObject({ Bucket, Key: "copy" })).Body)).toBe("body");
    await s3.CopyObject({ ...copy, ...sourceKey(KEY), ...OTHER });
    expect(await textOf((await s3.GetObject({ Bucket, Key: "copy", ...OTHER })).Body)).toBe("body");
    await s3.CopyObject({ Bucket, Key: "k", CopySource: "bucket/k", ...sourceKey(KEY), ...OTHER });
    expect(await textOf((await s3.GetObject({ ...at, ...OTHER })).Body)).toBe("body");
  });

  test("a multipart upload requires the key with every part", async () => {
    const { s3 } = cloud;
    const { UploadId, ...begun } = await s3.CreateMultipartUpload({ ...at, ...KEY });
    expect(begun).toMatchObject({ SSECustomerAlgorithm: "AES256", SSECustomerKeyMD5: KEY.SSECustomerKeyMD5 });
    const bytes = Buffer.alloc(5 * MiB, "1");
    const part = { ...at, UploadId: UploadId!, PartNumber: 1, Body: bodyOf(bytes) };
    await expect(s3.UploadPart(part)).rejects.toMatchObject({
      message: expect.stringMatching("initiate requested"),
    });
    await expect(s3.UploadPart({ ...part, ...OTHER })).rejects.toMatchObject({
      message: "The provided encryption parameters did not match the ones used originally.",
    });
    const sent = await s3.UploadPart({ ...part, ...KEY });
    expect(sent.ETag).not.toBe(`"${hash("md5", bytes)}"`);
    await s3.PutObject({ Bucket, Key: "source", Body: bodyOf("end"), ...OTHER });
    const copied = await s3.UploadPartCopy({
      ...at,
      UploadId: UploadId!,
      PartNumber: 2,
      CopySource: "bucket/source",
      ...sourceKey(OTHER),
      ...KEY,
    });
    const Parts = [
      { PartNumber: 1, ETag: sent.ETag },
      { PartNumber: 2, ETag: copied.CopyPartResult!.ETag },
    ];
    await s3.CompleteMultipartUpload({ ...at, UploadId: UploadId!, MultipartUpload: { Parts } });
    await expect(s3.GetObject(at)).rejects.toMatchObject({ code: "InvalidRequest" });
    const got = await s3.GetObject({ ...at, ...KEY, Range: `bytes=${5 * MiB - 2}-` });
    expect(await textOf(got.Body)).toBe("11end");
  });

  test.each([
    [{ SSECustomerKey: KEY.SSECustomerKey }, "InvalidArgument", "must provide a valid encryption algorithm"],
    [{ SSECustomerAlgorithm: "AES256" }, "InvalidArgument", "must provide an appropriate secret key"],
    [
      { ...KEY, SSECustomerAlgorithm: "AES128" },
      "InvalidEncryptionAlgorithmError",
      "Supported value: AES256",
    ],
    [{ ...KEY, SSECustomerKeyMD5: undefined }, "InvalidArgument", "must provide the client calculated MD5"],
    [{ ...KEY, SSECustomerKeyMD5: OTHER.SSECustomerKeyMD5 }, "InvalidArgument", "did not match the hash"],
    [{ ...KEY, SSECustomerKey: "c2hvcnQ=" }, "InvalidArgument", "did not match the hash"],
    [
      { ...KEY, SSECustomerKey: "c2hvcnQ=", SSECustomerKeyMD5: "TwnaqdlbyxZqMCQHoOC6vg==" },
      "InvalidArgument",
      "invalid for the specified algorithm",
    ],
    [
      { ...KEY, ServerSideEncryption: "AES256" },
      "InvalidArgument",
      "incompatible with the encryption method",
    ],
  ] as const)("%o is refused", async (headers, code, message) => {
    const request = { ...at, ...(headers as object) };
    const refused = { code, status: 400, message: expect.stringMatching(message) };
    await expect(cloud.s3.PutObject({ ...request, Body: bodyOf("b") })).rejects.toMatchObject(refused);
    await expect(cloud.s3.CreateMultipartUpload(request)).rejects.toMatchObject(refused);
    await cloud.s3.PutObject({ ...at, Body: bodyOf("b") });
    if (!("ServerSideEncryption" in headers))
      await expect(cloud.s3.GetObject(request)).rejects.toMatchObject(refused);
  });
});

describe("a bucket's default encryption", () => {
  const put = (rule: object) =>
    cloud.s3.PutBucketEncryption({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } });
  const rules = async () =>
    (await cloud.s3.GetBucketEncryption({ Bucket })).ServerSideEncryptionConfiguration!.Rules;
  const byDefault = (SSEAlgorithm: string, more = {}) => ({
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm, ...more },
  });
  const DEFAULT = [{ ...byDefault("AES256"), BucketKeyEnabled: false }];

  test("is SSE-S3 by default and after deletion", async () => {
    expect(await rules()).toEqual(DEFAULT);
    await put({ ...byDefault("aws:kms", { KMSMasterKeyID: "alias/k" }), BucketKeyEnabled: true });
    expect(await rules()).toEqual([
      { ...byDefault("aws:kms", { KMSMasterKeyID: "alias/k" }), BucketKeyEnabled: true },
    ]);
    await expect(cloud.s3.PutObject({ ...at, Body: bodyOf("b") })).rejects.toMatchObject({
      code: "KMS.NotFoundException",
    });
    await cloud.s3.PutObject({ ...at, Body: bodyOf("b"), ServerSideEncryption: "AES256" });
    await cloud.s3.DeleteBucketEncryption({ Bucket });
    expect(await rules()).toEqual(DEFAULT);
    await cloud.s3.PutObject({ ...at, Body: bodyOf("b") });
  });

  test("blocks SSE-C until it is allowed again", async () => {
    await put({ ...byDefault("AES256"), BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] } });
    const refused = { code: "AccessDenied", status: 403 };
    await expect(cloud.s3.PutObject({ ...at, Body: bodyOf("b"), ...KEY })).rejects.toMatchObject(refused);
    await expect(cloud.s3.CreateMultipartUpload({ ...at, ...KEY })).rejects.toMatchObject(refused);
    await put(byDefault("AES256"));
    expect(await rules()).toMatchObject([{ BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] } }]);
    await put({ BlockedEncryptionTypes: { EncryptionType: ["NONE"] } });
    await cloud.s3.PutObject({ ...at, Body: bodyOf("b"), ...KEY });
  });

  test.each([
    [{}, "MalformedXML"],
    [byDefault("AES128"), "MalformedXML"],
    [byDefault("AES256", { KMSMasterKeyID: "k" }), "InvalidArgument"],
    [{ ...byDefault("AES256"), BlockedEncryptionTypes: { EncryptionType: ["SSE-S3"] } }, "MalformedXML"],
  ])("cannot be %o", async (rule, code) => {
    await expect(put(rule)).rejects.toMatchObject({ code });
  });
});
