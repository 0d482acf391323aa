import { createHash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetObjectAnnotationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketEncryptionCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { freshBucket, refused, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "managed-key");
});

const USING = doc("AmazonS3/latest/userguide/UsingKMSEncryption.html");
const SPECIFYING = doc("AmazonS3/latest/userguide/specifying-kms-encryption.html");
const BUCKET_KEY = doc("AmazonS3/latest/userguide/configuring-bucket-key-object.html");
const ACROSS_ACCOUNTS = doc("AmazonS3/latest/userguide/bucket-encryption.html");
const REPLICATION = doc("AmazonS3/latest/userguide/replication-config-for-kms-objects.html");
const ETAG = doc("AmazonS3/latest/API/API_Object.html");
const PARTS = "https://repost.aws/knowledge-center/s3-large-file-encryption-kms-key";
const ANONYMOUS = "https://github.com/aws/aws-cli/issues/1006";

const KMS = { ServerSideEncryption: "aws:kms" } as const;
const KEY = /^arn:aws:kms:us-east-1:000000000000:key\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const encrypted = { ...KMS, SSEKMSKeyId: expect.stringMatching(KEY) };

const put = (Key: string, more: object = {}, client = s3) =>
  client.send(new PutObjectCommand({ Bucket, Key, Body: "body", ...more }));
const get = (Key: string, client = s3) => client.send(new GetObjectCommand({ Bucket, Key }));
const byDefault = (name: string, BucketKeyEnabled?: boolean) =>
  s3.send(
    new PutBucketEncryptionCommand({
      Bucket: name,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "aws:kms" }, BucketKeyEnabled }],
      },
    }),
  );

behaviour("aws:kms without a key encrypts with the account's AWS managed key", USING, async () => {
  const written = await put("whole", KMS);
  expect(written).toMatchObject(encrypted);
  const read = await get("whole");
  expect(read).toMatchObject({ ...encrypted, ETag: written.ETag });
  expect(await read.Body!.transformToString()).toBe("body");
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "whole" }))).toMatchObject(encrypted);
});

behaviour("an account has one AWS managed key in a Region", USING, async () => {
  const [one, other] = [await put("one", KMS), await put("other", KMS)];
  expect(one.SSEKMSKeyId).toBe(other.SSEKMSKeyId);
});

behaviour("the ETag is not the MD5 of the object", ETAG, async () => {
  const { ETag } = await put("etag", KMS);
  expect(ETag).toMatch(/^"[0-9a-f]{32}"$/);
  expect(ETag).not.toBe(`"${createHash("md5").update("body").digest("hex")}"`);
});

behaviour(
  "the AWS managed key may be named by its alias, its id, and the ARN of either",
  SPECIFYING,
  async () => {
    const { SSEKMSKeyId: arn } = await put("named", KMS);
    const alias = "alias/aws/s3";
    for (const SSEKMSKeyId of [alias, arn, arn!.split("/")[1], arn!.replace(/key\/.*/, alias)])
      expect(await put("named", { ...KMS, SSEKMSKeyId })).toMatchObject({ SSEKMSKeyId: arn });
  },
);

behaviour("the context of an encryption with KMS is returned", SPECIFYING, async () => {
  const SSEKMSEncryptionContext = Buffer.from('{"a":"1"}').toString("base64");
  expect(await put("context", { ...KMS, SSEKMSEncryptionContext })).toMatchObject({
    SSEKMSEncryptionContext,
  });
  expect((await put("context", { SSEKMSEncryptionContext })).SSEKMSEncryptionContext).toBeUndefined();
});

behaviour("a bucket key is used if the request says so", BUCKET_KEY, async () => {
  expect((await put("with", { ...KMS, BucketKeyEnabled: true })).BucketKeyEnabled).toBe(true);
  expect((await get("with")).BucketKeyEnabled).toBe(true);
  expect((await put("without", KMS)).BucketKeyEnabled).toBeUndefined();
});

behaviour("the bucket's default applies to writes that specify no encryption", ACROSS_ACCOUNTS, async () => {
  const other = await freshBucket(s3, "managed-key-default");
  await byDefault(other, true);
  const expected = { ...encrypted, BucketKeyEnabled: true };
  expect(await put("default", { Bucket: other })).toMatchObject(expected);
  expect(await put("default", { Bucket: other, ...KMS })).toMatchObject(expected);
  const off = await put("default", { Bucket: other, ...KMS, BucketKeyEnabled: false });
  expect(off).toMatchObject(encrypted);
  expect(off.BucketKeyEnabled).toBeUndefined();
  const own = await put("own", { Bucket: other, ServerSideEncryption: "AES256" });
  expect(own.ServerSideEncryption).toBe("AES256");
  expect(own.SSEKMSKeyId).toBeUndefined();
});

behaviour("an upload in parts is encrypted as it was begun", USING, async () => {
  const at = { Bucket, Key: "parts" };
  const { UploadId, ...begun } = await s3.send(new CreateMultipartUploadCommand({ ...at, ...KMS }));
  expect(begun).toMatchObject(encrypted);
  const part = await s3.send(new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "part" }));
  expect(part).toMatchObject(encrypted);
  expect(part.ETag).not.toBe(`"${createHash("md5").update("part").digest("hex")}"`);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
  const done = await s3.send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  expect(done).toMatchObject(encrypted);
  const read = await get("parts");
  expect(read).toMatchObject(encrypted);
  expect(await read.Body!.transformToString()).toBe("part");
});

behaviour("a copy has the encryption that it is given, not that of its source", SPECIFYING, async () => {
  const plain = await put("plain");
  const copy = (Key: string, from: string, more = {}) =>
    s3.send(new CopyObjectCommand({ Bucket, Key, CopySource: `${Bucket}/${from}`, ...more }));
  const sealed = await copy("sealed", "plain", KMS);
  expect(sealed).toMatchObject(encrypted);
  expect(sealed.CopyObjectResult!.ETag).not.toBe(plain.ETag);
  const back = await copy("back", "sealed");
  expect(back.ServerSideEncryption).toBe("AES256");
  expect(back.CopyObjectResult!.ETag).toBe(plain.ETag);
  expect(await (await get("back")).Body!.transformToString()).toBe("body");
});

async function shared(name: string) {
  const shared = await freshBucket(s3, name);
  await s3.send(
    new PutPublicAccessBlockCommand({
      Bucket: shared,
      PublicAccessBlockConfiguration: { BlockPublicPolicy: false },
    }),
  );
  await s3.send(
    new PutBucketOwnershipControlsCommand({
      Bucket: shared,
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    }),
  );
  const Statement = {
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject*", "s3:PutObject*"],
    Resource: `arn:aws:s3:::${shared}/*`,
  };
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket: shared,
      Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
    }),
  );
  return shared;
}

const undecrypted = (call: Promise<unknown>) =>
  refused(call, "AccessDenied", 403, { message: expect.stringMatching("to perform: kms:Decrypt") });

behaviour(
  "the key of another account's upload is the uploader's, and only its account reads the object",
  ACROSS_ACCOUNTS,
  async () => {
    const at = { Bucket: await shared("managed-key-shared"), Key: "theirs" };
    const theirs = s3Client(cloud, { account: "111122223333" });
    const { SSEKMSKeyId } = await put("theirs", { ...at, ...KMS }, theirs);
    expect(SSEKMSKeyId).toMatch(/^arn:aws:kms:us-east-1:111122223333:key\//);
    const read = new GetObjectCommand(at);
    expect(await (await theirs.send(read)).Body!.transformToString()).toBe("body");
    const copy = new CopyObjectCommand({ Bucket, Key: "stolen", CopySource: `${at.Bucket}/theirs` });
    await undecrypted(s3.send(read));
    await undecrypted(s3.send(copy));
    await s3.send(new HeadObjectCommand(at));
    const checked = s3.send(new HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }));
    await expect(checked).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  },
);

behaviour(
  "only the key's account reads the annotations, which inherit the object's encryption",
  doc("AmazonS3/latest/API/API_PutObjectAnnotation.html"),
  async () => {
    const at = { Bucket: await shared("managed-key-annotated"), Key: "theirs" };
    const theirs = s3Client(cloud, { account: "111122223333" });
    await put("theirs", { ...at, ...KMS }, theirs);
    const note = { ...at, AnnotationName: "note" };
    await theirs.send(new PutObjectAnnotationCommand({ ...note, AnnotationPayload: "text" }));
    const read = new GetObjectAnnotationCommand(note);
    expect(await (await theirs.send(read)).AnnotationPayload!.transformToString()).toBe("text");
    await undecrypted(s3.send(read));
    const url = `${cloud.endpoint}/${at.Bucket}/theirs?annotation&annotationName=note`;
    for (const method of ["GET", "PUT"])
      expect((await fetch(url, { method, ...(method === "PUT" && { body: "text" }) })).status).toBe(400);
  },
);

behaviour("parts are uploaded by the key's account only", PARTS, async () => {
  const at = { Bucket: await shared("managed-key-parts"), Key: "theirs" };
  const theirs = s3Client(cloud, { account: "111122223333" });
  const { UploadId } = await theirs.send(new CreateMultipartUploadCommand({ ...at, ...KMS }));
  const part = { ...at, UploadId, PartNumber: 1 };
  await theirs.send(new UploadPartCommand({ ...part, Body: "part" }));
  await undecrypted(s3.send(new UploadPartCommand({ ...part, Body: "part" })));
  await put("source");
  await undecrypted(s3.send(new UploadPartCopyCommand({ ...part, CopySource: `${Bucket}/source` })));
});

behaviour("anonymous reads and writes are refused, even if the policy allows them", ANONYMOUS, async () => {
  const name = await shared("managed-key-public");
  await put("public", { Bucket: name, ...KMS });
  const url = `${cloud.endpoint}/${name}/public`;
  const message =
    "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.";
  const read = await fetch(url);
  expect(read.status).toBe(400);
  const text = await read.text();
  for (const part of ["<Code>InvalidArgument</Code>", message, "<ArgumentName>Authorization</ArgumentName>"])
    expect(text).toContain(part);
  await byDefault(name);
  const written = await fetch(url, { method: "PUT", body: "body" });
  expect(written.status).toBe(400);
  expect(await written.text()).toContain(message);
});

async function replicated(name: string, selection?: { ReplicaKmsKeyID: string }) {
  const [from, to] = [await freshBucket(s3, `${name}-from`), await freshBucket(s3, `${name}-to`)];
  for (const Bucket of [from, to])
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
  const rule = {
    Status: "Enabled",
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: { Status: "Disabled" },
    ...(selection && { SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: "Enabled" as const } } }),
    Destination: { Bucket: `arn:aws:s3:::${to}`, ...(selection && { EncryptionConfiguration: selection }) },
  } as const;
  await s3.send(
    new PutBucketReplicationCommand({
      Bucket: from,
      ReplicationConfiguration: { Role: "arn:aws:iam::000000000000:role/replication", Rules: [rule] },
    }),
  );
  await put("k", { Bucket: from, ...KMS });
  await cloud.advance(1_000);
  const source = await s3.send(new HeadObjectCommand({ Bucket: from, Key: "k" }));
  return { to, status: source.ReplicationStatus };
}

behaviour("objects with a key of KMS are not replicated by default", REPLICATION, async () => {
  const { status, to } = await replicated("managed-key-unselected");
  expect(status).toBeUndefined();
  await refused(s3.send(new GetObjectCommand({ Bucket: to, Key: "k" })), "NoSuchKey", 404);
});

behaviour(
  "they are replicated where a rule selects them, with the key that it names",
  REPLICATION,
  async () => {
    const ReplicaKmsKeyID = "arn:aws:kms:us-east-1:000000000000:alias/aws/s3";
    const { status, to } = await replicated("managed-key-selected", { ReplicaKmsKeyID });
    expect(status).toBe("COMPLETED");
    const replica = await s3.send(new GetObjectCommand({ Bucket: to, Key: "k" }));
    expect(replica).toMatchObject(encrypted);
    expect(await replica.Body!.transformToString()).toBe("body");
  },
);

behaviour("their replication fails if that key does not exist", REPLICATION, async () => {
  const ReplicaKmsKeyID = "arn:aws:kms:us-east-1:000000000000:key/134f2428-cec1-4b25-a1ae-9048164dba47";
  const { status } = await replicated("managed-key-missing", { ReplicaKmsKeyID });
  expect(status).toBe("FAILED");
});
