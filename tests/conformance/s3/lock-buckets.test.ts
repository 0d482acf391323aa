import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectLockConfigurationCommand,
  HeadObjectCommand,
  type ObjectLockConfiguration,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLockConfigurationCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour } from "../cloud.ts";
import {
  ahead,
  api,
  bucket,
  CONFIGURING,
  compliance,
  DAY,
  ERRORS,
  governance,
  lockedBucket,
  OVERVIEW,
  object,
  putDefault,
  s3,
} from "./locked.ts";

behaviour("a bucket created with Object Lock has versioning enabled", CONFIGURING, async () => {
  const Bucket = await lockedBucket();
  expect(await s3().send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: "Enabled" });
});

behaviour(
  "GetObjectLockConfiguration reports that Object Lock is enabled",
  api("GetObjectLockConfiguration"),
  async () => {
    const Bucket = await lockedBucket();
    const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
  },
);

behaviour("a bucket without Object Lock has no configuration", ERRORS, async () => {
  const Bucket = await bucket();
  await expect(s3().send(new GetObjectLockConfigurationCommand({ Bucket }))).rejects.toMatchObject({
    name: "ObjectLockConfigurationNotFoundError",
    message: "Object Lock configuration does not exist for this bucket",
    BucketName: Bucket,
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("Object Lock can be enabled on a bucket with versioning", CONFIGURING, async () => {
  const Bucket = await bucket();
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  await putDefault(Bucket, undefined);
  const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
});

behaviour("Object Lock requires versioning", OVERVIEW, async () => {
  const Bucket = await bucket();
  await expect(putDefault(Bucket, undefined)).rejects.toMatchObject({
    name: "InvalidBucketState",
    message: "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    $metadata: { httpStatusCode: 409 },
  });
});

behaviour("versioning cannot be suspended in a bucket with Object Lock", OVERVIEW, async () => {
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
  behaviour(`a default retention in ${what} is returned as it was put`, api("DefaultRetention"), async () => {
    const Bucket = await lockedBucket();
    await putDefault(Bucket, period);
    const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
    expect(ObjectLockConfiguration).toEqual({
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: period },
    });
  });
}

behaviour("a configuration without a rule removes the default retention", CONFIGURING, async () => {
  const Bucket = await lockedBucket();
  await putDefault(Bucket, { Mode: "GOVERNANCE", Days: 1 });
  await putDefault(Bucket, undefined);
  const { ObjectLockConfiguration } = await s3().send(new GetObjectLockConfigurationCommand({ Bucket }));
  expect(ObjectLockConfiguration).toEqual({ ObjectLockEnabled: "Enabled" });
});

for (const [what, configuration] of [
  ["is empty", undefined],
  ["does not have ObjectLockEnabled", {}],
  ["has an empty rule", { ObjectLockEnabled: "Enabled", Rule: {} }],
  ["has an empty default retention", { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: {} } }],
  [
    "has a mode without a period",
    { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Mode: "GOVERNANCE" } } },
  ],
  ["has a period without a mode", { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: { Days: 1 } } }],
  [
    "has both days and years",
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
  const source = "https://github.com/versity/versitygw/issues/1738";
  behaviour(
    `a default retention of ${value} ${unit} is refused, and the error names only the unit`,
    source,
    async () => {
      const Bucket = await lockedBucket();
      const error = await putDefault(Bucket, { Mode: "GOVERNANCE", ...period }).catch((error) => error);
      expect(error).toMatchObject({ name: "InvalidArgument", message, ArgumentName: unit });
      expect(error).not.toHaveProperty("ArgumentValue");
    },
  );
}

behaviour("a default retention applies to objects written after it", CONFIGURING, async () => {
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

behaviour("a retention in the request overrides the bucket's default", OVERVIEW, async () => {
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

// Writes with lock headers

behaviour("HeadObject returns retention and legal hold", api("HeadObject"), async () => {
  const lock = { ...governance(10), ObjectLockLegalHoldStatus: "ON" } as const;
  expect(await s3().send(new HeadObjectCommand(await object(lock)))).toMatchObject(lock);
});

behaviour("GetObject returns retention and legal hold", api("GetObject"), async () => {
  const lock = { ...compliance(10), ObjectLockLegalHoldStatus: "OFF" } as const;
  const { Body, ...answer } = await s3().send(new GetObjectCommand(await object(lock)));
  expect(await Body!.transformToString()).toBe("report");
  expect(answer).toMatchObject(lock);
});

for (const [what, members, error] of [
  [
    "a mode without a date",
    { ObjectLockMode: "GOVERNANCE" },
    {
      name: "InvalidArgument",
      message: "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
      ArgumentName: "x-amz-object-lock-retain-until-date",
    },
  ],
  [
    "a date without a mode",
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
    "a date in the past",
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

behaviour("lock headers require a bucket with Object Lock", api("PutObject"), async () => {
  const Bucket = await bucket();
  const put = new PutObjectCommand({ Bucket, Key: "k", Body: "x", ...governance(1) });
  await expect(s3().send(put)).rejects.toMatchObject({ name: "InvalidRequest" });
});

behaviour("CopyObject applies the requested lock, not the source's", api("CopyObject"), async () => {
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

behaviour(
  "CompleteMultipartUpload applies the lock of the upload",
  api("CreateMultipartUpload"),
  async () => {
    const at = { Bucket: await lockedBucket(), Key: "k" };
    const { UploadId } = await s3().send(new CreateMultipartUploadCommand({ ...at, ...governance(5) }));
    const part = { ...at, UploadId, PartNumber: 1 };
    const { ETag } = await s3().send(new UploadPartCommand({ ...part, Body: "x" }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3().send(new CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload }));
    expect(await s3().send(new HeadObjectCommand(at))).toMatchObject({ ObjectLockMode: "GOVERNANCE" });
  },
);
