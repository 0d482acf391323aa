import { randomUUID } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  type CreateBucketCommandInput,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectLockConfigurationCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  type ObjectLockConfiguration,
  type ObjectLockRetention,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const DAY = 86_400_000;
const cloud = conformanceCloud();
let client: S3Client | undefined;
const s3 = () => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

const OVERVIEW = doc("AmazonS3/latest/userguide/object-lock.html");
const MANAGING = doc("AmazonS3/latest/userguide/object-lock-managing.html");
const CONFIGURING = doc("AmazonS3/latest/userguide/object-lock-configure.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList");
const api = (operation: string) => doc(`AmazonS3/latest/API/API_${operation}.html`);

const LOCKED = {
  name: "AccessDenied",
  message: "Access Denied because object protected by object lock.",
  $metadata: { httpStatusCode: 403 },
};

async function bucket(options: Partial<CreateBucketCommandInput> = {}): Promise<string> {
  const Bucket = `lock-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket, ...options }));
  return Bucket;
}
const lockedBucket = () => bucket({ ObjectLockEnabledForBucket: true });

/** An object in a bucket with object lock, with whatever lock is asked for. */
async function object(lock: Partial<PutObjectCommandInput> = {}) {
  const at = { Bucket: await lockedBucket(), Key: "report" };
  const { VersionId } = await s3().send(new PutObjectCommand({ ...at, Body: "report", ...lock }));
  return { ...at, VersionId };
}

/** The cloud's day is the wall's, until a case of this file moves it: far ahead is ahead of both. */
const ahead = (days: number) => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + days * DAY);
const governance = (days: number) =>
  ({ ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: ahead(days) }) as const;
const compliance = (days: number) =>
  ({ ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: ahead(days) }) as const;

const putDefault = (Bucket: string, DefaultRetention: object | undefined) =>
  s3().send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        ...(DefaultRetention && { Rule: { DefaultRetention } }),
      },
    }),
  );

const retain = (at: object, Retention: ObjectLockRetention, bypass?: boolean) =>
  s3().send(
    new PutObjectRetentionCommand({
      ...(at as { Bucket: string; Key: string }),
      Retention,
      BypassGovernanceRetention: bypass,
    }),
  );

// Buckets

behaviour("a bucket made with object lock has versioning enabled", CONFIGURING, async () => {
  const Bucket = await lockedBucket();
  expect(await s3().send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: "Enabled" });
});

behaviour("a bucket made with object lock says so", api("GetObjectLockConfiguration"), async () => {
  const Bucket = await lockedBucket();
  const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
});

behaviour("a bucket without object lock has no configuration of it", ERRORS, async () => {
  const Bucket = await bucket();
  await expect(s3().send(new GetObjectLockConfigurationCommand({ Bucket }))).rejects.toMatchObject({
    name: "ObjectLockConfigurationNotFoundError",
    message: "Object Lock configuration does not exist for this bucket",
    BucketName: Bucket,
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("object lock can be enabled on a bucket that has versioning", CONFIGURING, async () => {
  const Bucket = await bucket();
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await putDefault(Bucket, undefined);
  const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
});

behaviour("object lock works only in buckets with versioning enabled", OVERVIEW, async () => {
  const Bucket = await bucket();
  await expect(putDefault(Bucket, undefined)).rejects.toMatchObject({
    name: "InvalidBucketState",
    message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    $metadata: { httpStatusCode: 409 },
  });
});

behaviour("versioning cannot be suspended where object lock is on", OVERVIEW, async () => {
  const Bucket = await lockedBucket();
  const VersioningConfiguration = { Status: "Suspended" } as const;
  await expect(
    s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration })),
  ).rejects.toMatchObject({
    name: "InvalidBucketState",
    message:
      "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    $metadata: { httpStatusCode: 409 },
  });
});

for (const [what, period] of [
  ["days", { Mode: "GOVERNANCE", Days: 30 }],
  ["years", { Mode: "COMPLIANCE", Years: 2 }],
] as const) {
  behaviour(`a default retention in ${what} is told as it was put`, api("DefaultRetention"), async () => {
    const Bucket = await lockedBucket();
    await putDefault(Bucket, period);
    const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: period },
    });
  });
}

behaviour("a configuration without a rule takes the default away", CONFIGURING, async () => {
  const Bucket = await lockedBucket();
  await putDefault(Bucket, { Mode: "GOVERNANCE", Days: 1 });
  await putDefault(Bucket, undefined);
  const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
});

for (const [what, configuration] of [
  ["says nothing", undefined],
  ["does not say Enabled", {}],
  ["has an empty rule", { ObjectLockEnabled: "Enabled", Rule: {} }],
  ["has an empty default", { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: {} } }],
  ["has a mode alone", { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE" } } }],
  ["has a period alone", { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Days: 1 } } }],
  [
    "has days and years",
    { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE", Days: 1, Years: 1 } } },
  ],
  [
    "has an unknown mode",
    { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "governance", Days: 1 } } },
  ],
] as const) {
  behaviour(`a configuration that ${what} is MalformedXML`, api("PutObjectLockConfiguration"), async () => {
    const Bucket = await lockedBucket();
    const put = new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: configuration as ObjectLockConfiguration,
    });
    await expect(s3().send(put)).rejects.toMatchObject({ name: "MalformedXML" });
  });
}

for (const [period, message] of [
  [{ Days: 0 }, "Default retention period must be a positive integer value."],
  [{ Years: -1 }, "Default retention period must be a positive integer value."],
  [{ Days: 36_501 }, "Default retention period too large."],
  [{ Years: 101 }, "Default retention period too large."],
] as const) {
  const [unit, value] = Object.entries(period)[0]!;
  behaviour(`a default of ${value} ${unit} is refused`, api("DefaultRetention"), async () => {
    const Bucket = await lockedBucket();
    await expect(putDefault(Bucket, { Mode: "GOVERNANCE", ...period })).rejects.toMatchObject({
      name: "InvalidArgument",
      message,
      ArgumentName: unit,
      ArgumentValue: String(value),
    });
  });
}

behaviour("a default retention locks what is written from then on", CONFIGURING, async () => {
  const Bucket = await lockedBucket();
  await s3().send(new PutObjectCommand({ Bucket, Key: "before", Body: "x" }));
  await putDefault(Bucket, { Mode: "GOVERNANCE", Days: 1 });
  await s3().send(new PutObjectCommand({ Bucket, Key: "after", Body: "x" }));
  const head = (Key: string) => s3().send(new HeadObjectCommand({ Bucket, Key }));
  expect((await head("before")).ObjectLockMode).toBeUndefined();
  const { ObjectLockMode, ObjectLockRetainUntilDate, LastModified } = await head("after");
  expect(ObjectLockMode).toBe("GOVERNANCE");
  expect(ObjectLockRetainUntilDate!.getTime()).toBe(LastModified!.getTime() + DAY);
});

behaviour("an object's own retention wins over the bucket's default", OVERVIEW, async () => {
  const Bucket = await lockedBucket();
  await putDefault(Bucket, { Mode: "GOVERNANCE", Days: 1 });
  const until = ahead(400);
  await s3().send(
    new PutObjectCommand({
      Bucket,
      Key: "k",
      ObjectLockMode: "COMPLIANCE",
      ObjectLockRetainUntilDate: until,
    }),
  );
  expect(await s3().send(new HeadObjectCommand({ Bucket, Key: "k" }))).toMatchObject({
    ObjectLockMode: "COMPLIANCE",
    ObjectLockRetainUntilDate: until,
  });
});

// Writes that bring a lock

behaviour("HEAD tells retention and legal hold", api("HeadObject"), async () => {
  const lock = { ...governance(10), ObjectLockLegalHoldStatus: "ON" } as const;
  expect(await s3().send(new HeadObjectCommand(await object(lock)))).toMatchObject(lock);
});

behaviour("GET tells retention and legal hold", api("GetObject"), async () => {
  const lock = { ...compliance(10), ObjectLockLegalHoldStatus: "OFF" } as const;
  const { Body, ...answer } = await s3().send(new GetObjectCommand(await object(lock)));
  expect(await Body!.transformToString()).toBe("report");
  expect(answer).toMatchObject(lock);
});

for (const [what, members, error] of [
  [
    "a mode alone",
    { ObjectLockMode: "GOVERNANCE" },
    {
      name: "InvalidArgument",
      message: "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      ArgumentName: "x-amz-object-lock-retain-until-date",
    },
  ],
  [
    "a date alone",
    { ObjectLockRetainUntilDate: ahead(1) },
    {
      name: "InvalidArgument",
      message: "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      ArgumentName: "x-amz-object-lock-mode",
    },
  ],
  [
    "an unknown mode",
    { ObjectLockMode: "BAD", ObjectLockRetainUntilDate: ahead(1) },
    {
      name: "InvalidArgument",
      message: "Unknown wormMode directive.",
      ArgumentName: "x-amz-object-lock-mode",
      ArgumentValue: "BAD",
    },
  ],
  [
    "a date that is past",
    { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: new Date("2020-01-01") },
    {
      name: "InvalidArgument",
      message: "The retain until date must be in the future!",
      ArgumentName: "x-amz-object-lock-retain-until-date",
      ArgumentValue: "2020-01-01T00:00:00Z",
    },
  ],
  [
    "a legal hold that is neither ON nor OFF",
    { ObjectLockLegalHoldStatus: "on" },
    {
      name: "InvalidArgument",
      message: "Legal Hold must be either of 'ON' or 'OFF'",
      ArgumentName: "x-amz-object-lock-legal-hold",
      ArgumentValue: "on",
    },
  ],
] as const) {
  behaviour(`PutObject refuses ${what}`, api("PutObject"), async () => {
    await expect(object(members as Partial<PutObjectCommandInput>)).rejects.toMatchObject(error);
  });
  behaviour(`CreateMultipartUpload refuses ${what}`, api("CreateMultipartUpload"), async () => {
    const at = { Bucket: await lockedBucket(), Key: "k", ...(members as object) };
    await expect(s3().send(new CreateMultipartUploadCommand(at))).rejects.toMatchObject(error);
  });
}

behaviour("a write that brings a lock needs a bucket with object lock", api("PutObject"), async () => {
  const Bucket = await bucket();
  const put = new PutObjectCommand({ Bucket, Key: "k", Body: "x", ...governance(1) });
  await expect(s3().send(put)).rejects.toMatchObject({ name: "InvalidRequest" });
});

behaviour("a copy takes the lock that it asks for, not its source's", api("CopyObject"), async () => {
  const source = await object(compliance(10));
  const copy = (Key: string, lock: object) =>
    s3().send(
      new CopyObjectCommand({ Bucket: source.Bucket, Key, CopySource: `${source.Bucket}/report`, ...lock }),
    );
  await copy("plain", {});
  await copy("held", { ObjectLockLegalHoldStatus: "ON" });
  const head = (Key: string) => s3().send(new HeadObjectCommand({ Bucket: source.Bucket, Key }));
  expect((await head("plain")).ObjectLockMode).toBeUndefined();
  expect(await head("held")).toMatchObject({ ObjectLockLegalHoldStatus: "ON" });
});

behaviour("an upload in parts carries its lock to the object", api("CreateMultipartUpload"), async () => {
  const at = { Bucket: await lockedBucket(), Key: "k" };
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ ...at, ...governance(5) }));
  const part = { ...at, UploadId, PartNumber: 1 };
  const { ETag } = await s3().send(new UploadPartCommand({ ...part, Body: "x" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await s3().send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
  expect(await s3().send(new HeadObjectCommand(at))).toMatchObject({ ObjectLockMode: "GOVERNANCE" });
});

// Retention

behaviour("a retention is told as it was put", api("GetObjectRetention"), async () => {
  const at = await object();
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: ahead(3) } as const;
  await retain(at, Retention);
  expect(await s3().send(new GetObjectRetentionCommand(at))).toMatchObject({ Retention });
});

behaviour("a version without retention has none to tell", ERRORS, async () => {
  await expect(s3().send(new GetObjectRetentionCommand(await object()))).rejects.toMatchObject({
    name: "NoSuchObjectLockConfiguration",
    message: "The specified object does not have a ObjectLock configuration",
    $metadata: { httpStatusCode: 404 },
  });
});

for (const [what, send] of [
  ["GetObjectRetention", (at) => s3().send(new GetObjectRetentionCommand(at))],
  ["PutObjectRetention", (at) => retain(at, { Mode: "GOVERNANCE", RetainUntilDate: ahead(1) })],
  ["GetObjectLegalHold", (at) => s3().send(new GetObjectLegalHoldCommand(at))],
  [
    "PutObjectLegalHold",
    (at) => s3().send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: "ON" } })),
  ],
] satisfies [string, (at: { Bucket: string; Key: string }) => Promise<object>][]) {
  behaviour(`${what} needs a bucket with object lock`, api(what), async () => {
    const at = { Bucket: await bucket(), Key: "k" };
    await s3().send(new PutObjectCommand({ ...at, Body: "x" }));
    await expect(send(at)).rejects.toMatchObject({
      name: "InvalidRequest",
      message: "Bucket is missing Object Lock Configuration",
      $metadata: { httpStatusCode: 400 },
    });
  });
  behaviour(`${what} of a delete marker is not allowed`, MANAGING, async () => {
    const { Bucket, Key } = await object();
    const { VersionId } = await s3().send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(send({ Bucket, Key, VersionId } as { Bucket: string; Key: string })).rejects.toMatchObject({
      name: "MethodNotAllowed",
      ResourceType: "DeleteMarker",
      $metadata: { httpStatusCode: 405 },
    });
  });
}

behaviour("a retention needs mode and date", api("PutObjectRetention"), async () => {
  const at = await object();
  await expect(retain(at, { Mode: "GOVERNANCE" })).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("a retention in the past is refused", api("PutObjectRetention"), async () => {
  const put = retain(await object(), { Mode: "GOVERNANCE", RetainUntilDate: new Date("2020-01-01") });
  await expect(put).rejects.toMatchObject({
    name: "InvalidArgument",
    message: "The retain until date must be in the future!",
    ArgumentName: "RetainUntilDate",
  });
});

behaviour("anybody who may retain may extend, in either mode", MANAGING, async () => {
  for (const [Mode, lock] of [
    ["GOVERNANCE", governance(1)],
    ["COMPLIANCE", compliance(1)],
  ] as const) {
    const at = await object(lock);
    const RetainUntilDate = ahead(2);
    await retain(at, { Mode, RetainUntilDate });
    expect(await s3().send(new HeadObjectCommand(at))).toMatchObject({
      ObjectLockRetainUntilDate: RetainUntilDate,
    });
  }
});

for (const [what, lock, retention] of [
  ["shorten governance", governance(9), { Mode: "GOVERNANCE", RetainUntilDate: ahead(1) }],
  ["remove governance", governance(9), {}],
] as const) {
  behaviour(`to ${what} takes the bypass`, OVERVIEW, async () => {
    const at = await object(lock);
    await expect(retain(at, retention)).rejects.toMatchObject(LOCKED);
    await retain(at, retention, true);
    if ("Mode" in retention)
      expect(await s3().send(new GetObjectRetentionCommand(at))).toMatchObject({ Retention: retention });
    else
      await expect(s3().send(new GetObjectRetentionCommand(at))).rejects.toMatchObject({
        name: "NoSuchObjectLockConfiguration",
      });
  });
}

for (const [what, retention] of [
  ["shortened", { Mode: "COMPLIANCE", RetainUntilDate: ahead(1) }],
  ["made governance", { Mode: "GOVERNANCE", RetainUntilDate: ahead(90) }],
  ["removed", {}],
] as const) {
  behaviour(`compliance cannot be ${what}, not even with the bypass`, OVERVIEW, async () => {
    const at = await object(compliance(9));
    await expect(retain(at, retention, true)).rejects.toMatchObject(LOCKED);
  });
}

// Legal holds

behaviour("a legal hold is told as it was put", api("GetObjectLegalHold"), async () => {
  const at = await object();
  for (const Status of ["ON", "OFF"] as const) {
    await s3().send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status } }));
    expect(await s3().send(new GetObjectLegalHoldCommand(at))).toMatchObject({ LegalHold: { Status } });
  }
});

behaviour("a version that never had a legal hold has none to tell", ERRORS, async () => {
  await expect(s3().send(new GetObjectLegalHoldCommand(await object()))).rejects.toMatchObject({
    name: "NoSuchObjectLockConfiguration",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("a legal hold is ON or OFF", api("PutObjectLegalHold"), async () => {
  const put = new PutObjectLegalHoldCommand({ ...(await object()), LegalHold: { Status: "abc" as "ON" } });
  await expect(s3().send(put)).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("a legal hold stops a delete until it is taken off", OVERVIEW, async () => {
  const at = await object({ ObjectLockLegalHoldStatus: "ON" });
  await expect(s3().send(new DeleteObjectCommand(at))).rejects.toMatchObject(LOCKED);
  await s3().send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: "OFF" } }));
  await s3().send(new DeleteObjectCommand(at));
});

behaviour("bypassing governance does not lift a legal hold", OVERVIEW, async () => {
  const at = await object({ ...governance(1), ObjectLockLegalHoldStatus: "ON" });
  const forced = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  await expect(s3().send(forced)).rejects.toMatchObject(LOCKED);
});

// Deletes

behaviour("a permanent delete of a retained version is denied", MANAGING, async () => {
  await expect(s3().send(new DeleteObjectCommand(await object(governance(1))))).rejects.toMatchObject(LOCKED);
});

behaviour("with the bypass, a version in governance mode is deleted", OVERVIEW, async () => {
  const at = await object(governance(1));
  const forced = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  expect(await s3().send(forced)).toMatchObject({ VersionId: at.VersionId });
});

behaviour("nobody deletes a version in compliance mode, not even its account's root", OVERVIEW, async () => {
  const at = await object(compliance(1));
  const forced = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  await expect(s3().send(forced)).rejects.toMatchObject(LOCKED);
});

behaviour("a simple delete of a locked object makes a delete marker", MANAGING, async () => {
  const { Bucket, Key } = await object(compliance(1));
  const answer = await s3().send(new DeleteObjectCommand({ Bucket, Key }));
  expect(answer).toMatchObject({ DeleteMarker: true });
});

behaviour("a delete marker above a locked version is not locked", MANAGING, async () => {
  const { Bucket, Key } = await object(compliance(1));
  const { VersionId } = await s3().send(new DeleteObjectCommand({ Bucket, Key }));
  await s3().send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  await s3().send(new HeadObjectCommand({ Bucket, Key }));
});

behaviour("a lock does not stop new versions", OVERVIEW, async () => {
  const { Bucket, Key } = await object(compliance(1));
  await s3().send(new PutObjectCommand({ Bucket, Key, Body: "second" }));
  const { Versions } = await s3().send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toHaveLength(2);
});

behaviour(
  "in a batch of deletes, a locked version is an error of its own",
  api("DeleteObjects"),
  async () => {
    const { Bucket, Key, VersionId } = await object(governance(1));
    const batch = { Bucket, Delete: { Objects: [{ Key, VersionId }] } };
    expect(await s3().send(new DeleteObjectsCommand(batch))).toMatchObject({
      Errors: [{ Key, VersionId, Code: "AccessDenied", Message: LOCKED.message }],
    });
    const forced = { ...batch, BypassGovernanceRetention: true };
    expect(await s3().send(new DeleteObjectsCommand(forced))).toMatchObject({
      Deleted: [{ Key, VersionId }],
    });
  },
);

behaviour("the bypass means nothing in a bucket without object lock", api("DeleteObject"), async () => {
  const Bucket = await bucket();
  const forced = new DeleteObjectCommand({ Bucket, Key: "k", BypassGovernanceRetention: true });
  await expect(s3().send(forced)).rejects.toMatchObject({
    name: "InvalidArgument",
    message: "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    ArgumentName: "x-amz-bypass-governance-retention",
  });
});

behaviour("a retention that has run out protects nothing", OVERVIEW, async () => {
  const at = await object(compliance(2));
  await cloud.advance(3 * DAY);
  await s3().send(new DeleteObjectCommand(at));
});
