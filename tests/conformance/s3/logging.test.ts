import {
  type BucketCannedACL,
  type BucketLoggingStatus,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  DeletePublicAccessBlockCommand,
  GetBucketLoggingCommand,
  GetBucketVersioningCommand,
  GetObjectAclCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type LifecycleRule,
  ListObjectsV2Command,
  type LoggingEnabled,
  PutBucketLifecycleConfigurationCommand,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { CreateAccessPointCommand, S3ControlClient } from "@aws-sdk/client-s3-control";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { exchange } from "../wire.ts";
import { resolved } from "./resolved.ts";

const cloud = conformanceCloud();
let s3: S3Client;
const client = (options = {}) => new S3Client({ ...cloud.client(options), forcePathStyle: true });
beforeAll(async () => {
  s3 = client();
  for (const Bucket of ["source", "elsewhere", "closed"]) await s3.send(new CreateBucketCommand({ Bucket }));
  await openBucket("logs");
  await client({ region: "eu-west-1" }).send(
    new CreateBucketCommand({
      Bucket: "european",
      CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
    }),
  );
  await client({ account: "111111111111" }).send(new CreateBucketCommand({ Bucket: "strangers" }));
});

/** Creates a bucket into which log delivery may write. */
async function openBucket(Bucket: string) {
  await s3.send(new CreateBucketCommand({ Bucket }));
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "logging.s3.amazonaws.com" },
        Action: "s3:PutObject",
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    ],
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
}

const PUT = doc("AmazonS3/latest/API/API_PutBucketLogging.html");
const FORMAT = doc("AmazonS3/latest/userguide/LogFormat.html");
const DELIVERY = doc("AmazonS3/latest/userguide/ServerLogs.html");
const ENABLING = doc("AmazonS3/latest/userguide/enable-server-access-logging.html");

const put = (BucketLoggingStatus: BucketLoggingStatus, Bucket = "source") =>
  s3.send(new PutBucketLoggingCommand({ Bucket, BucketLoggingStatus }));
const log = (LoggingEnabled: Partial<LoggingEnabled> = {}, bucket?: string) =>
  put({ LoggingEnabled: { TargetBucket: "logs", TargetPrefix: "", ...LoggingEnabled } }, bucket);
const status = async (Bucket: string) =>
  (await s3.send(new GetBucketLoggingCommand({ Bucket }))).LoggingEnabled;

// Configuration

behaviour("a new bucket has no access logging", PUT, async () => {
  expect(await status("elsewhere")).toBeUndefined();
});

for (const [what, TargetObjectKeyFormat] of [
  ["without a key format", undefined],
  ["with simple keys", { SimplePrefix: {} }],
  ["with keys by event time", { PartitionedPrefix: { PartitionDateSource: "EventTime" as const } }],
  ["with keys by delivery time", { PartitionedPrefix: { PartitionDateSource: "DeliveryTime" as const } }],
] as const) {
  behaviour(`a configuration ${what} is returned as it was put`, PUT, async () => {
    const logging = { TargetBucket: "logs", TargetPrefix: "a/", TargetObjectKeyFormat };
    await log(logging);
    expect(await status("source")).toEqual(logging);
  });
}

behaviour("an empty configuration disables logging", PUT, async () => {
  await log();
  await put({});
  expect(await status("source")).toBeUndefined();
});

for (const [what, logging, expected] of [
  [
    "that does not exist",
    { TargetBucket: "no-such-bucket" },
    {
      name: "InvalidTargetBucketForLogging",
      message: "The target bucket for logging does not exist",
      TargetBucket: "no-such-bucket",
      $metadata: { httpStatusCode: 400 },
    },
  ],
  [
    "of another account",
    { TargetBucket: "strangers" },
    {
      name: "InvalidTargetBucketForLogging",
      message: "The owner for the bucket to be logged and the target bucket must be the same.",
    },
  ],
  [
    "in another Region",
    { TargetBucket: "european" },
    {
      name: "CrossLocationLoggingProhibitted",
      message: "Cross S3 location logging not allowed. ",
      TargetBucketLocation: "eu-west-1",
      $metadata: { httpStatusCode: 403 },
    },
  ],
  [
    "with BucketOwnerEnforced, given grants,",
    {
      TargetGrants: [
        {
          Grantee: { Type: "Group", URI: "http://acs.amazonaws.com/groups/global/AllUsers" },
          Permission: "READ",
        },
      ],
    },
    {
      name: "AccessControlListNotSupported",
      message: "Target grants not allowed for bucket owner enforced buckets",
    },
  ],
] as [string, Partial<LoggingEnabled>, object][]) {
  behaviour(`a target ${what} is refused`, ENABLING, async () => {
    await expect(log(logging)).rejects.toMatchObject(expected);
  });
}

for (const [what, logging] of [
  ["an unknown permission", { TargetGrants: [{ Permission: "WRITE_ACP" }] }],
  [
    "a target with two key formats",
    { TargetObjectKeyFormat: { SimplePrefix: {}, PartitionedPrefix: { PartitionDateSource: "EventTime" } } },
  ],
  [
    "an unknown partition date source",
    { TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: "Sometime" } } },
  ],
] as unknown as [string, Partial<LoggingEnabled>][]) {
  behaviour(`${what} is malformed`, PUT, async () => {
    await expect(log(logging)).rejects.toMatchObject({ name: "MalformedXML" });
  });
}

behaviour("a missing bucket answers NoSuchBucket", PUT, async () => {
  await expect(log({}, "no-such-bucket")).rejects.toMatchObject({ name: "NoSuchBucket" });
});

// Delivery

async function keysIn(Bucket: string, Prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix }));
  return Contents.map(({ Key }) => Key!);
}

const HOUR = 3_600_000;

/** All log records that `act` causes, from all delivered files. */
async function recordsOf(prefix: string, act: () => Promise<unknown>, bucket?: string): Promise<string[]> {
  await log({ TargetPrefix: prefix }, bucket);
  await act();
  await cloud.advance(HOUR);
  await put({}, bucket);
  const files = await Promise.all(
    (await keysIn("logs", prefix)).map(async (Key) => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: "logs", Key }));
      return Body!.transformToString();
    }),
  );
  return files.flatMap((text) => text.split("\n").filter((line) => line !== ""));
}

/** Splits fields at blanks outside of brackets and quotes. */
const fieldsOf = (record: string) => record.match(/\[[^\]]*\]|"[^"]*"|\S+/g)!;

/** The named fields of the record of that operation. */
function fieldsIn(records: string[], operation: string) {
  const found = records.map(fieldsOf).find((fields) => fields[6] === operation);
  expect(found, `${operation} in ${records.join("\n")}`).toBeDefined();
  return Object.fromEntries(FIELDS.map((name, i) => [name, found![i]]));
}

const FIELDS = [
  ...["owner", "bucket", "time", "ip", "requester", "requestId", "operation", "key", "uri", "status"],
  ...["error", "sent", "size", "total", "turnAround", "referer", "agent", "version", "hostId"],
  ...["signature", "cipher", "authentication", "host", "tls", "accessPoint", "aclRequired", "region"],
];

behaviour("a record has all fields in the documented order", FORMAT, async () => {
  const records = await recordsOf("fields/", () =>
    s3.send(new PutObjectCommand({ Bucket: "source", Key: "a b/é.txt", Body: "four" })),
  );
  const fields = fieldsIn(records, "REST.PUT.OBJECT");
  expect(fieldsOf(records[0]!)).toHaveLength(FIELDS.length);
  expect(fields).toMatchObject({
    owner: expect.stringMatching(/^[0-9a-f]{64}$/),
    bucket: "source",
    time: expect.stringMatching(/^\[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\]$/),
    ip: "127.0.0.1",
    requester: expect.stringMatching(/^[0-9a-f]{64}$/),
    key: "a%20b/%C3%A9.txt",
    uri: '"PUT /source/a%20b/%C3%A9.txt?x-id=PutObject HTTP/1.1"',
    status: "200",
    error: "-",
    sent: "-",
    size: "4",
    referer: '"-"',
    agent: expect.stringContaining("aws-sdk-js"),
    signature: "SigV4",
    authentication: "AuthHeader",
    host: expect.stringMatching(/^127\.0\.0\.1|localhost/),
  });
});

behaviour("a record has the request IDs of the response", FORMAT, async () => {
  let answered: { requestId?: string; extendedRequestId?: string } = {};
  const records = await recordsOf("ids/", async () => {
    answered = (await s3.send(new GetBucketVersioningCommand({ Bucket: "source" }))).$metadata;
  });
  expect(fieldsIn(records, "REST.GET.VERSIONING")).toMatchObject({
    requestId: answered.requestId,
    hostId: answered.extendedRequestId,
    key: "-",
  });
});

behaviour("a read records the bytes sent and the object's size", FORMAT, async () => {
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "0123456789" }));
  const records = await recordsOf("read/", () =>
    s3.send(new GetObjectCommand({ Bucket: "source", Key: "k", Range: "bytes=2-5" })),
  );
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({ status: "206", sent: "4", size: "10" });
});

behaviour("an error records its code", FORMAT, async () => {
  const records = await recordsOf("error/", () =>
    s3.send(new GetObjectCommand({ Bucket: "source", Key: "missing" })).catch(() => {}),
  );
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({ status: "404", error: "NoSuchKey" });
});

behaviour("a HEAD records no bytes sent", FORMAT, async () => {
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "0123456789" }));
  const records = await recordsOf("head/", () =>
    s3.send(new HeadObjectCommand({ Bucket: "source", Key: "k" })),
  );
  expect(fieldsIn(records, "REST.HEAD.OBJECT")).toMatchObject({ sent: "-", size: "10" });
});

behaviour("a listing is recorded as REST.GET.BUCKET", FORMAT, async () => {
  const records = await recordsOf("list/", () => s3.send(new ListObjectsV2Command({ Bucket: "source" })));
  expect(fieldsIn(records, "REST.GET.BUCKET")).toMatchObject({ status: "200", key: "-" });
});

behaviour("an anonymous request is recorded without a requester", FORMAT, async () => {
  const records = await recordsOf("nobody/", () => exchange(`${cloud.endpoint}/source/k`));
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({
    requester: "-",
    status: "403",
    error: "AccessDenied",
    signature: "-",
    authentication: "-",
  });
});

/** Valid for a day, because the clock may advance after the request is signed. */
const presigned = () =>
  getSignedUrl(s3, new GetObjectCommand({ Bucket: "source", Key: "k" }), { expiresIn: 86_400 });

behaviour("a presigned request is recorded with QueryString authentication", FORMAT, async () => {
  const records = await recordsOf("presigned/", async () => exchange(await presigned()));
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({
    signature: "SigV4",
    authentication: "QueryString",
  });
});

behaviour("a request with a wrong signature is recorded", FORMAT, async () => {
  const records = await recordsOf("forged/", async () =>
    exchange((await presigned()).replace(/Signature=../, "Signature=zz")),
  );
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({
    requester: "-",
    error: "SignatureDoesNotMatch",
  });
});

behaviour("a user agent cannot inject field separators", FORMAT, async () => {
  const headers = { "user-agent": 'a "b" c', referer: "http://example.com/?q=x y" };
  const records = await recordsOf("quotes/", () => exchange(`${cloud.endpoint}/source/k`, { headers }));
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject({
    agent: '"a %22b%22 c"',
    referer: '"http://example.com/?q=x y"',
  });
});

behaviour("DeleteObjects has one record for the request and one per object", FORMAT, async () => {
  const records = await recordsOf("batch/", () =>
    s3.send(
      new DeleteObjectsCommand({ Bucket: "source", Delete: { Objects: [{ Key: "one" }, { Key: "two" }] } }),
    ),
  );
  expect(fieldsIn(records, "REST.POST.MULTI_OBJECT_DELETE").status).toBe("200");
  const batched = records.map(fieldsOf).filter((fields) => fields[6] === "BATCH.DELETE.OBJECT");
  expect(batched.map((fields) => [fields[7], fields[8], fields[9]])).toEqual([
    ["one", "-", "204"],
    ["two", "-", "204"],
  ]);
});

behaviour("CopyObject is also recorded for the source", FORMAT, async () => {
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "x" }));
  const records = await recordsOf("copy/", () =>
    s3.send(new CopyObjectCommand({ Bucket: "elsewhere", Key: "copy", CopySource: "source/k" })),
  );
  // The source's record is not a request of its own: in samples of S3's logs, its request fields are dashes
  // (as in a logstash filter).
  const dashes = { uri: "-", sent: "-", total: "-", turnAround: "-", referer: "-", agent: "-", version: "-" };
  const copied = { bucket: "source", key: "k", status: "200", size: "1", ...dashes };
  expect(fieldsIn(records, "REST.COPY.OBJECT_GET")).toMatchObject(copied);
});

behaviour("UploadPartCopy is also recorded for the source", FORMAT, async () => {
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "x" }));
  const at = { Bucket: "elsewhere", Key: "copy" };
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
  const records = await recordsOf("part/", () =>
    s3.send(new UploadPartCopyCommand({ ...at, UploadId, PartNumber: 1, CopySource: "source/k" })),
  );
  expect(fieldsIn(records, "REST.COPY.PART_GET")).toMatchObject({ bucket: "source", key: "k", uri: "-" });
});

behaviour("a request through an access point records its ARN", FORMAT, async () => {
  const control = new S3ControlClient({ ...cloud.client(), ...resolved(cloud) });
  const { AccessPointArn, Alias } = await control.send(
    new CreateAccessPointCommand({ AccountId: "000000000000", Bucket: "source", Name: "way" }),
  );
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "x" }));
  const records = await recordsOf("way/", async () => {
    await s3.send(new GetObjectCommand({ Bucket: Alias, Key: "k" }));
    const CopySource = `${AccessPointArn}/object/k`;
    await s3.send(new CopyObjectCommand({ Bucket: "elsewhere", Key: "copy", CopySource }));
    await s3.send(new HeadObjectCommand({ Bucket: "source", Key: "k" }));
  });
  const logged = { bucket: "source", key: "k", accessPoint: AccessPointArn };
  expect(fieldsIn(records, "REST.GET.OBJECT")).toMatchObject(logged);
  expect(fieldsIn(records, "REST.COPY.OBJECT_GET")).toMatchObject(logged);
  expect(fieldsIn(records, "REST.HEAD.OBJECT")).toMatchObject({ accessPoint: "-" });
});

behaviour("log keys end with the delivery time and a unique string", DELIVERY, async () => {
  await recordsOf("simple/", () => s3.send(new ListObjectsV2Command({ Bucket: "source" })));
  const keys = await keysIn("logs", "simple/");
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatch(/^simple\/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}$/);
});

for (const [PartitionDateSource, time] of [
  ["EventTime", "00-00-00"],
  ["DeliveryTime", "\\d\\d-\\d\\d-\\d\\d"],
] as const) {
  behaviour(`log keys may be partitioned by ${PartitionDateSource}`, DELIVERY, async () => {
    const prefix = `${PartitionDateSource}/`;
    const TargetObjectKeyFormat = { PartitionedPrefix: { PartitionDateSource } };
    await log({ TargetPrefix: prefix, TargetObjectKeyFormat });
    await s3.send(new ListObjectsV2Command({ Bucket: "source" }));
    await cloud.advance(HOUR);
    await put({});
    const [key] = await keysIn("logs", prefix);
    expect(key).toMatch(
      new RegExp(
        `^${prefix}000000000000/us-east-1/source/(\\d{4})/(\\d\\d)/(\\d\\d)/\\1-\\2-\\3-${time}-[0-9A-F]{16}$`,
      ),
    );
  });
}

behaviour("a log file holds all records of some minutes in order", DELIVERY, async () => {
  const records = await recordsOf("many/", async () => {
    for (const Key of ["1", "2", "3"])
      await s3.send(new PutObjectCommand({ Bucket: "source", Key, Body: Key }));
  });
  expect(await keysIn("logs", "many/")).toHaveLength(1);
  expect(
    records
      .map(fieldsOf)
      .filter((f) => f[6] === "REST.PUT.OBJECT")
      .map((f) => f[7]),
  ).toEqual(["1", "2", "3"]);
});

behaviour("a target whose policy denies delivery gets no logs", ENABLING, async () => {
  await log({ TargetBucket: "closed" });
  await s3.send(new ListObjectsV2Command({ Bucket: "source" }));
  await cloud.advance(HOUR);
  await put({});
  expect(await keysIn("closed", "")).toEqual([]);
});

behaviour("logs that could not be delivered for hours are delivered later", DELIVERY, async () => {
  await log({ TargetPrefix: "late/" });
  await s3.send(new PutObjectCommand({ Bucket: "source", Key: "k", Body: "data" }));
  const error = { code: "ServiceUnavailable", message: "down", status: 503 };
  cloud.fail({ service: "s3", operation: "PutObject", probability: 1, seed: 1, effect: { error } });
  await cloud.advance(5 * HOUR);
  expect(await keysIn("logs", "late/")).toEqual([]);
  cloud.fail();
  await cloud.advance(HOUR);
  await put({});
  expect(await keysIn("logs", "late/")).not.toEqual([]);
});

behaviour("a target with ACLs must grant access to log delivery", ENABLING, async () => {
  await s3.send(new CreateBucketCommand({ Bucket: "listed", ObjectOwnership: "ObjectWriter" }));
  await expect(log({ TargetBucket: "listed" })).rejects.toMatchObject({
    name: "InvalidTargetBucketForLogging",
    message: "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket",
  });
});

behaviour("log delivery uses the target's ACL, and applies TargetGrants", ENABLING, async () => {
  const ACL = "log-delivery-write" as BucketCannedACL;
  await s3.send(new CreateBucketCommand({ Bucket: "granting", ObjectOwnership: "ObjectWriter", ACL }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket: "granting" }));
  const URI = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";
  await log({
    TargetBucket: "granting",
    TargetGrants: [{ Grantee: { Type: "Group", URI }, Permission: "READ" }],
  });
  await s3.send(new ListObjectsV2Command({ Bucket: "source" }));
  await cloud.advance(HOUR);
  await put({});
  const [Key] = await keysIn("granting", "");
  const { Grants } = await s3.send(new GetObjectAclCommand({ Bucket: "granting", Key }));
  expect(Grants).toContainEqual({ Grantee: { Type: "Group", URI }, Permission: "READ" });
});

behaviour("a bucket with disabled logging is not logged", DELIVERY, async () => {
  const before = await keysIn("logs", "");
  await s3.send(new ListObjectsV2Command({ Bucket: "source" }));
  await cloud.advance(HOUR);
  expect(await keysIn("logs", "")).toEqual(before);
});

behaviour(
  "lifecycle actions are logged",
  doc("AmazonS3/latest/userguide/lifecycle-and-other-bucket-config.html"),
  async () => {
    const Bucket = "aging";
    await s3.send(new CreateBucketCommand({ Bucket }));
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
    const days = { NoncurrentDays: 1 };
    const rules: Partial<LifecycleRule>[] = [
      { ID: "hide", Filter: { Prefix: "old/" }, Expiration: { Days: 1 }, NoncurrentVersionExpiration: days },
      { ID: "move", Filter: { Prefix: "cold/" }, Transitions: [{ Days: 1, StorageClass: "GLACIER" }] },
      { ID: "end", Filter: { Prefix: "" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
    ];
    const Rules = rules.map((rule) => ({ ...rule, Status: "Enabled" }) as LifecycleRule);
    const LifecycleConfiguration = { Rules };
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key: "old/k", Body: "four" }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "cold/k", Body: "x".repeat(131_072) }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: "begun" }));
    const records = await recordsOf("aging/", () => cloud.advance(5 * 24 * HOUR), Bucket);
    // The record format shown in awsdocs/amazon-s3-developer-guide#94.
    const ours = { ip: "-", requester: "AmazonS3", uri: '"-"', status: "-", referer: '"-"', agent: '"-"' };
    const expected = { ...ours, bucket: Bucket, sent: "-", total: "-", signature: "-", host: "-" };
    const expiry = fieldsIn(records, "S3.EXPIRE.OBJECT");
    expect(expiry).toMatchObject({ ...expected, key: "old/k", size: "4", version: VersionId });
    expect(fieldsIn(records, "S3.CREATE.DELETEMARKER")).toMatchObject({ ...expected, key: "old/k" });
    const moved = fieldsIn(records, "S3.TRANSITION.OBJECT");
    expect(moved).toMatchObject({ ...expected, key: "cold/k", size: "131072" });
    expect(fieldsIn(records, "S3.DELETE.UPLOAD")).toMatchObject({ ...expected, key: "begun" });
  },
);
