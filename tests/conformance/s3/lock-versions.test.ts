import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour } from "../cloud.ts";
import {
  ahead,
  api,
  bucket,
  cloud,
  compliance,
  DAY,
  ERRORS,
  governance,
  LOCKED,
  MANAGING,
  OVERVIEW,
  object,
  putDefault,
  retain,
  s3,
} from "./locked.ts";

behaviour("GetObjectRetention returns the retention as it was put", api("GetObjectRetention"), async () => {
  const at = await object();
  const Retention = { Mode: "GOVERNANCE", RetainUntilDate: ahead(3) } as const;
  await retain(at, Retention);
  expect(await s3().send(new GetObjectRetentionCommand(at))).toMatchObject({ Retention });
});

behaviour("GetObjectRetention of a version without retention fails", ERRORS, async () => {
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
  behaviour(`${what} requires a bucket with Object Lock`, api(what), async () => {
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

behaviour("a retention requires mode and date", api("PutObjectRetention"), async () => {
  const at = await object();
  await expect(retain(at, { Mode: "GOVERNANCE" })).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("a retain-until date in the past is refused", api("PutObjectRetention"), async () => {
  const put = retain(await object(), { Mode: "GOVERNANCE", RetainUntilDate: new Date("2020-01-01") });
  await expect(put).rejects.toMatchObject({
    name: "InvalidArgument",
    message: "The retain until date must be in the future!",
    ArgumentName: "RetainUntilDate",
  });
});

behaviour("extending a retention requires no bypass, in either mode", MANAGING, async () => {
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
  ["shorten a governance retention", governance(9), { Mode: "GOVERNANCE", RetainUntilDate: ahead(1) }],
  ["remove a governance retention", governance(9), {}],
] as const) {
  behaviour(`bypassing governance is required to ${what}`, OVERVIEW, async () => {
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
  ["changed to governance", { Mode: "GOVERNANCE", RetainUntilDate: ahead(90) }],
  ["removed", {}],
] as const) {
  behaviour(
    `a compliance retention cannot be ${what}, even when bypassing governance`,
    OVERVIEW,
    async () => {
      const at = await object(compliance(9));
      await expect(retain(at, retention, true)).rejects.toMatchObject(LOCKED);
    },
  );
}

/** A client of another account to which the bucket policy allows these actions. */
async function allowed(Bucket: string, Action: string[]): Promise<S3Client> {
  const account = "111122223333";
  const on = { Principal: { AWS: account }, Resource: `arn:aws:s3:::${Bucket}/*` };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", Action, ...on } });
  await s3().send(new PutBucketPolicyCommand({ Bucket, Policy }));
  return new S3Client({ ...cloud.client({ account }), forcePathStyle: true });
}

behaviour("lock headers are omitted without permission to read the lock", api("GetObject"), async () => {
  const { Bucket, Key } = await object({ ...governance(3), ObjectLockLegalHoldStatus: "ON" });
  const head = async (...Action: string[]) => {
    const otherAccount = await allowed(Bucket, Action);
    const response = await otherAccount.send(new HeadObjectCommand({ Bucket, Key }));
    return [response.ObjectLockMode, response.ObjectLockLegalHoldStatus];
  };
  expect(await head("s3:GetObject")).toEqual([undefined, undefined]);
  expect(await head("s3:GetObject", "s3:GetObjectRetention")).toEqual(["GOVERNANCE", undefined]);
  expect(await head("s3:GetObject", "s3:GetObjectLegalHold")).toEqual([undefined, "ON"]);
});

behaviour("s3:DeleteObjectVersion does not include bypassing governance", OVERVIEW, async () => {
  const { Bucket, Key, VersionId } = await object(governance(3));
  const remove = async (...Action: string[]) => {
    const otherAccount = await allowed(Bucket, Action);
    const bypassing = { Bucket, Key, VersionId, BypassGovernanceRetention: true };
    return otherAccount.send(new DeleteObjectCommand(bypassing));
  };
  await expect(remove("s3:DeleteObjectVersion")).rejects.toMatchObject({ name: "AccessDenied" });
  await remove("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention");
});

behaviour("an event-based hold answers 501", api("PutObject"), async () => {
  const at = await object(governance(3));
  const none = { name: "NotImplemented", $metadata: { httpStatusCode: 501 } };
  const held = { ...at, Body: "x", ObjectLockEventHold: "ON", ObjectLockEventHoldDurationDays: 3 } as const;
  await expect(s3().send(new PutObjectCommand(held))).rejects.toMatchObject(none);
  await expect(retain(at, { EventHold: "ON", EventHoldDuration: { Days: 3 } })).rejects.toMatchObject(none);
  await expect(putDefault(at.Bucket, { DefaultEventHold: { Days: 3 } })).rejects.toMatchObject(none);
  expect((await s3().send(new GetObjectRetentionCommand(at))).Retention?.Mode).toBe("GOVERNANCE");
});

// Legal holds

behaviour("GetObjectLegalHold returns the legal hold as it was put", api("GetObjectLegalHold"), async () => {
  const at = await object();
  for (const Status of ["ON", "OFF"] as const) {
    await s3().send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status } }));
    expect(await s3().send(new GetObjectLegalHoldCommand(at))).toMatchObject({ LegalHold: { Status } });
  }
});

behaviour("GetObjectLegalHold of a version that never had one fails", ERRORS, async () => {
  await expect(s3().send(new GetObjectLegalHoldCommand(await object()))).rejects.toMatchObject({
    name: "NoSuchObjectLockConfiguration",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("a legal hold is either ON or OFF", api("PutObjectLegalHold"), async () => {
  const put = new PutObjectLegalHoldCommand({ ...(await object()), LegalHold: { Status: "abc" as "ON" } });
  await expect(s3().send(put)).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour("a legal hold denies deletion until it is removed", OVERVIEW, async () => {
  const at = await object({ ObjectLockLegalHoldStatus: "ON" });
  await expect(s3().send(new DeleteObjectCommand(at))).rejects.toMatchObject(LOCKED);
  await s3().send(new PutObjectLegalHoldCommand({ ...at, LegalHold: { Status: "OFF" } }));
  await s3().send(new DeleteObjectCommand(at));
});

behaviour("bypassing governance does not override a legal hold", OVERVIEW, async () => {
  const at = await object({ ...governance(1), ObjectLockLegalHoldStatus: "ON" });
  const bypassing = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  await expect(s3().send(bypassing)).rejects.toMatchObject(LOCKED);
});

// Deletes

behaviour("deleting a retained version is denied", MANAGING, async () => {
  await expect(s3().send(new DeleteObjectCommand(await object(governance(1))))).rejects.toMatchObject(LOCKED);
});

behaviour("a version in governance mode can be deleted with the bypass", OVERVIEW, async () => {
  const at = await object(governance(1));
  const bypassing = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  expect(await s3().send(bypassing)).toMatchObject({ VersionId: at.VersionId });
});

behaviour("a version in compliance mode cannot be deleted, even by the root user", OVERVIEW, async () => {
  const at = await object(compliance(1));
  const bypassing = new DeleteObjectCommand({ ...at, BypassGovernanceRetention: true });
  await expect(s3().send(bypassing)).rejects.toMatchObject(LOCKED);
});

behaviour("DeleteObject without a version ID adds a delete marker to a locked object", MANAGING, async () => {
  const { Bucket, Key } = await object(compliance(1));
  const answer = await s3().send(new DeleteObjectCommand({ Bucket, Key }));
  expect(answer).toMatchObject({ DeleteMarker: true });
});

behaviour("the delete marker of a locked object is not locked", MANAGING, async () => {
  const { Bucket, Key } = await object(compliance(1));
  const { VersionId } = await s3().send(new DeleteObjectCommand({ Bucket, Key }));
  await s3().send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
  await s3().send(new HeadObjectCommand({ Bucket, Key }));
});

behaviour("a locked object can be overwritten by new versions", OVERVIEW, async () => {
  const { Bucket, Key } = await object(compliance(1));
  await s3().send(new PutObjectCommand({ Bucket, Key, Body: "second" }));
  const { Versions } = await s3().send(new ListObjectVersionsCommand({ Bucket }));
  expect(Versions).toHaveLength(2);
});

behaviour(
  "DeleteObjects reports a locked version as an error of its entry",
  api("DeleteObjects"),
  async () => {
    const { Bucket, Key, VersionId } = await object(governance(1));
    const batch = { Bucket, Delete: { Objects: [{ Key, VersionId }] } };
    expect(await s3().send(new DeleteObjectsCommand(batch))).toMatchObject({
      Errors: [{ Key, VersionId, Code: "AccessDenied", Message: LOCKED.message }],
    });
    const bypassing = { ...batch, BypassGovernanceRetention: true };
    expect(await s3().send(new DeleteObjectsCommand(bypassing))).toMatchObject({
      Deleted: [{ Key, VersionId }],
    });
  },
);

behaviour("the bypass header is ignored in a bucket without Object Lock", api("DeleteObject"), async () => {
  const Bucket = await bucket();
  const bypassing = new DeleteObjectCommand({ Bucket, Key: "k", BypassGovernanceRetention: true });
  await expect(s3().send(bypassing)).rejects.toMatchObject({
    name: "InvalidArgument",
    message: "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets.",
    ArgumentName: "x-amz-bypass-governance-retention",
  });
});

behaviour("an expired retention does not prevent deletion", OVERVIEW, async () => {
  const at = await object(compliance(2));
  await cloud.advance(3 * DAY);
  await s3().send(new DeleteObjectCommand(at));
});
