import { createHash } from "node:crypto";
import {
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteBucketEncryptionCommand,
  GetBucketEncryptionCommand,
  GetObjectCommand,
  PutBucketEncryptionCommand,
  PutObjectCommand,
  type ServerSideEncryptionRule,
} from "@aws-sdk/client-s3";

import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "bucket-encryption");
});

const DEFAULT = doc("AmazonS3/latest/userguide/default-encryption-faq.html");
const SSE_S3 = doc("AmazonS3/latest/userguide/specifying-s3-encryption.html");
const KMS = doc("AmazonS3/latest/userguide/specifying-kms-encryption.html");
const BLOCKED = doc("AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html");
const PUT = doc("AmazonS3/latest/API/API_PutBucketEncryption.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketEncryption.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucketEncryption.html");

const bytes = Buffer.alloc(32, "k");
const KEY = {
  SSECustomerAlgorithm: "AES256",
  SSECustomerKey: bytes.toString("base64"),
  SSECustomerKeyMD5: createHash("md5").update(bytes).digest("base64"),
};
const ofSource = (key: typeof KEY) => ({
  CopySourceSSECustomerAlgorithm: key.SSECustomerAlgorithm,
  CopySourceSSECustomerKey: key.SSECustomerKey,
  CopySourceSSECustomerKeyMD5: key.SSECustomerKeyMD5,
});

behaviour(
  "PutBucketEncryption needs no digest of its document",
  "https://github.com/hashicorp/terraform-provider-aws/blob/v1.60.0/aws/resource_aws_s3_bucket_test.go",
  async () => {
    const rule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } } as const;
    const { status, text } = await s3.raw(
      new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
      {
        headers: {
          "content-md5": undefined,
          "x-amz-checksum-crc32": undefined,
          "x-amz-sdk-checksum-algorithm": undefined,
        },
      },
    );
    expect([status, text]).toEqual([200, ""]);
  },
);

// KMS keys

for (const [what, id, message] of [
  ["has an invalid ID", "fake-key-id", "Invalid keyId 'fake-key-id'"],
  [
    "does not exist",
    "134f2428-cec1-4b25-a1ae-9048164dba47",
    "Key 'arn:aws:kms:us-east-1:000000000000:key/134f2428-cec1-4b25-a1ae-9048164dba47' does not exist",
  ],
  [
    "is in another Region",
    "arn:aws:kms:us-west-2:000000000000:key/134f2428-cec1-4b25-a1ae-9048164dba47",
    "Invalid arn us-west-2",
  ],
] as const) {
  behaviour(`a KMS key that ${what} is refused`, KMS, () =>
    refused(
      s3.send(
        new PutObjectCommand({
          Bucket,
          Key: "x",
          Body: "b",
          ServerSideEncryption: "aws:kms",
          SSEKMSKeyId: id,
        }),
      ),
      "KMS.NotFoundException",
      400,
      { message },
    ),
  );
}

behaviour("a KMS key without aws:kms is refused", KMS, () =>
  refused(
    s3.send(
      new PutObjectCommand({ Bucket, Key: "x", Body: "b", ServerSideEncryption: "AES256", SSEKMSKeyId: "k" }),
    ),
    "InvalidArgument",
    400,
    {
      message:
        "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
    },
  ),
);

behaviour("an encryption context that is not a map of strings is refused", KMS, () =>
  refused(
    s3.send(
      new PutObjectCommand({
        Bucket,
        Key: "x",
        Body: "b",
        ServerSideEncryption: "aws:kms",
        SSEKMSEncryptionContext: Buffer.from('{"a":1}').toString("base64"),
      }),
    ),
    "InvalidArgument",
    400,
  ),
);

// Default encryption

const put = (rule: ServerSideEncryptionRule, of = Bucket) =>
  s3.send(
    new PutBucketEncryptionCommand({ Bucket: of, ServerSideEncryptionConfiguration: { Rules: [rule] } }),
  );
const rulesOf = async (of: string) =>
  (await s3.send(new GetBucketEncryptionCommand({ Bucket: of }))).ServerSideEncryptionConfiguration!.Rules;
const AES256: ServerSideEncryptionRule = { ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } };

behaviour("a new bucket encrypts with SSE-S3 by default", DEFAULT, async () => {
  expect(await rulesOf(await freshBucket(s3))).toEqual([{ ...AES256, BucketKeyEnabled: false }]);
});

behaviour("the configuration has exactly one rule", GET, async () => {
  const { text } = await s3.raw(new GetBucketEncryptionCommand({ Bucket }));
  expect(text).toContain(
    '<ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">',
  );
  expect(elementsOf(text)).toEqual(["Rule"]);
  expect(elementIn(text, "SSEAlgorithm")).toBe("AES256");
});

behaviour("aws:kms may be the default, with a key and a bucket key", PUT, async () => {
  const of = await freshBucket(s3);
  const rule = {
    ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" as const, KMSMasterKeyID: "alias/mine" },
    BucketKeyEnabled: true,
  };
  await put(rule, of);
  expect(await rulesOf(of)).toEqual([rule]);
});

behaviour("PutObject fails where the default KMS key does not exist", KMS, async () => {
  const of = await freshBucket(s3);
  await put({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms", KMSMasterKeyID: "fake" } }, of);
  await refused(
    s3.send(new PutObjectCommand({ Bucket: of, Key: "k", Body: "b" })),
    "KMS.NotFoundException",
    400,
  );
});

behaviour("encryption headers of a request override the default", SSE_S3, async () => {
  const of = await freshBucket(s3);
  await put({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } }, of);
  const input = { Bucket: of, Key: "k", Body: "b", ServerSideEncryption: "AES256" as const };
  expect((await s3.send(new PutObjectCommand(input))).ServerSideEncryption).toBe("AES256");
});

behaviour("DeleteBucketEncryption answers 204 and restores SSE-S3", DELETE, async () => {
  const of = await freshBucket(s3);
  await put({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" } }, of);
  expect(await s3.raw(new DeleteBucketEncryptionCommand({ Bucket: of }))).toMatchObject({
    status: 204,
    text: "",
  });
  expect(await rulesOf(of)).toEqual([{ ...AES256, BucketKeyEnabled: false }]);
});

behaviour("a KMS key with AES256 as default is refused", PUT, () =>
  refused(
    put({ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256", KMSMasterKeyID: "k" } }),
    "InvalidArgument",
    400,
    {
      message:
        "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
    },
  ),
);

for (const [what, rules] of [
  ["no rule", []],
  ["two rules", [AES256, AES256]],
  ["an empty rule", [{}]],
  ["an unknown algorithm", [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES" as "AES256" } }]],
] as const) {
  behaviour(`a configuration of ${what} is malformed`, PUT, () =>
    refused(
      s3.send(
        new PutBucketEncryptionCommand({
          Bucket,
          ServerSideEncryptionConfiguration: { Rules: [...rules] },
        }),
      ),
      "MalformedXML",
      400,
    ),
  );
}

behaviour("GetBucketEncryption of a missing bucket fails with NoSuchBucket", GET, () =>
  refused(s3.send(new GetBucketEncryptionCommand({ Bucket: "not-there" })), "NoSuchBucket", 404),
);

behaviour("a bucket that blocks SSE-C denies writes and allows reads", BLOCKED, async () => {
  const of = await freshBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket: of, Key: "before", Body: "b", ...KEY }));
  const rule = { ...AES256, BlockedEncryptionTypes: { EncryptionType: ["SSE-C" as const] } };
  await put(rule, of);
  expect(await rulesOf(of)).toEqual([{ ...rule, BucketKeyEnabled: false }]);
  const to = { Bucket: of, Key: "after", ...KEY };
  await refused(s3.send(new PutObjectCommand({ ...to, Body: "b" })), "AccessDenied", 403);
  await refused(s3.send(new CreateMultipartUploadCommand(to)), "AccessDenied", 403);
  await refused(
    s3.send(new CopyObjectCommand({ ...to, CopySource: `${of}/before`, ...ofSource(KEY) })),
    "AccessDenied",
    403,
  );
  await s3.send(new GetObjectCommand({ Bucket: of, Key: "before", ...KEY }));
});

behaviour(
  "the error of a denied SSE-C write says that the bucket blocks it",
  doc("AmazonS3/latest/userguide/troubleshoot-403-errors.html"),
  async () => {
    const of = await freshBucket(s3);
    await put({ ...AES256, BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] } }, of);
    const blockedError = (action: string) => ({
      message: expect.stringMatching(
        new RegExp(
          `^User: arn:aws:iam::\\d+:root is not authorized to perform: ${action} on resource: "arn:aws:s3:::${of}/k" because this bucket has blocked upload requests that specify Server Side Encryption with Customer provided keys \\(SSE-C\\)\\. Please specify a different server-side encryption type$`,
        ),
      ) as string,
    });
    const to = { Bucket: of, Key: "k", ...KEY };
    await expect(s3.send(new PutObjectCommand({ ...to, Body: "b" }))).rejects.toMatchObject(
      blockedError("s3:PutObject"),
    );
    await s3.send(new PutObjectCommand({ Bucket: of, Key: "plain", Body: "b" }));
    const copy = new CopyObjectCommand({ ...to, CopySource: `${of}/plain` });
    await expect(s3.send(copy)).rejects.toMatchObject(blockedError("s3:CopyObject"));
  },
);

behaviour("BlockedEncryptionTypes NONE allows SSE-C again", BLOCKED, async () => {
  const of = await freshBucket(s3);
  await put({ ...AES256, BlockedEncryptionTypes: { EncryptionType: ["SSE-C"] } }, of);
  await put({ ...AES256, BlockedEncryptionTypes: { EncryptionType: ["NONE"] } }, of);
  await s3.send(new PutObjectCommand({ Bucket: of, Key: "k", Body: "b", ...KEY }));
});
