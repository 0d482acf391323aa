import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  type ObjectLockRetention,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { conformanceCloud, doc } from "../cloud.ts";

/** Fixtures shared by the tests of Object Lock: a cloud, and buckets and objects with locks. */
export const cloud = conformanceCloud();
let client: S3Client | undefined;
export const s3 = (): S3Client => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

export const DAY = 86_400_000;

export const OVERVIEW = doc("AmazonS3/latest/userguide/object-lock.html");
export const MANAGING = doc("AmazonS3/latest/userguide/object-lock-managing.html");
export const CONFIGURING = doc("AmazonS3/latest/userguide/object-lock-configure.html");
export const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList");
export const api = (operation: string) => doc(`AmazonS3/latest/API/API_${operation}.html`);

export const LOCKED = {
  name: "AccessDenied",
  message: "Access Denied because object protected by object lock.",
  $metadata: { httpStatusCode: 403 },
};

export async function bucket(options: Partial<CreateBucketCommandInput> = {}): Promise<string> {
  const Bucket = `lock-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket, ...options }));
  return Bucket;
}
export const lockedBucket = () => bucket({ ObjectLockEnabledForBucket: true });

/** Puts an object into a bucket with Object Lock, with the given lock. */
export async function object(lock: Partial<PutObjectCommandInput> = {}) {
  const at = { Bucket: await lockedBucket(), Key: "report" };
  const { VersionId } = await s3().send(new PutObjectCommand({ ...at, Body: "report", ...lock }));
  return { ...at, VersionId };
}

/** The cloud's clock equals the system clock until a test moves it, so the date must be ahead of both. */
export const ahead = (days: number) => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + days * DAY);
export const governance = (days: number) =>
  ({ ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: ahead(days) }) as const;
export const compliance = (days: number) =>
  ({ ObjectLockMode: "COMPLIANCE", ObjectLockRetainUntilDate: ahead(days) }) as const;

export const putDefault = (Bucket: string, DefaultRetention: object | undefined) =>
  s3().send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        ...(DefaultRetention && { Rule: { DefaultRetention } }),
      },
    }),
  );

export const retain = (at: object, Retention: ObjectLockRetention, bypass?: boolean) =>
  s3().send(
    new PutObjectRetentionCommand({
      ...(at as { Bucket: string; Key: string }),
      Retention,
      BypassGovernanceRetention: bypass,
    }),
  );
