import { randomUUID } from "node:crypto";
import {
  CreateBucketCommand,
  HeadObjectCommand,
  type LifecycleRule,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
} from "@aws-sdk/client-s3";
import { conformanceCloud, doc } from "../cloud.ts";

/** Fixtures shared by the tests of time-driven bucket rules: a cloud and buckets with lifecycle rules. */
export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
export const cloud = conformanceCloud();
let client: S3Client | undefined;
export const s3 = (): S3Client => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

export const api = (name: string) => doc(`AmazonS3/latest/API/API_${name}.html`);

export const large = "x".repeat(128 * 1_024);

export async function bucket(rules: Partial<LifecycleRule>[], versioning = false): Promise<string> {
  const Bucket = `time-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket }));
  if (versioning) {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  if (rules.length > 0) await rule(Bucket, rules);
  return Bucket;
}

export const rule = (Bucket: string, rules: Partial<LifecycleRule>[]) =>
  s3().send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: rules.map((given, n) => ({
          ID: `rule-${n}`,
          Filter: { Prefix: "" },
          Status: "Enabled" as const,
          ...given,
        })),
      },
    }),
  );

export const put = (Bucket: string, Key = "k", more: Partial<PutObjectCommandInput> = {}) =>
  s3().send(new PutObjectCommand({ Bucket, Key, Body: "x", ...more }));
export const head = (Bucket: string, Key = "k") => s3().send(new HeadObjectCommand({ Bucket, Key }));
