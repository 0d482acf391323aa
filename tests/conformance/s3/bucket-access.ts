import {
  CreateBucketCommand,
  type CreateBucketCommandInput,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { canonicalUserOf } from "#aws/canonical-user.ts";
import type { ConformanceCloud } from "../cloud.ts";

export const OWNER = "111122223333";
export const OTHER = "444455556666";
export const THIRD = "777788889999";
export const OWNER_ID = canonicalUserOf(OWNER);
export const OTHER_ID = canonicalUserOf(OTHER);
export const THIRD_ID = canonicalUserOf(THIRD);

type ClientOptions = ReturnType<ConformanceCloud["client"]>;

/** Clients of the owner, of another account and of an anonymous caller, and buckets with unique names. */
export function bucketAccess(cloud: ConformanceCloud) {
  let made = 0;
  const of = (options: ClientOptions) => new S3Client({ ...options, forcePathStyle: true });
  const account = (id: string) => of(cloud.client({ account: id }));
  const owner = () => account(OWNER);
  /** Without a signature. */
  const anonymous = () =>
    new S3Client({ ...cloud.client(), forcePathStyle: true, signer: { sign: async (request) => request } });
  const put = (Bucket: string, Key = "k", more: object = {}) =>
    owner().send(new PutObjectCommand({ Bucket, Key, Body: "data", ...more }));
  async function bucket(input: Partial<CreateBucketCommandInput> = {}): Promise<string> {
    const Bucket = `bucket-${++made}-of-the-owner`;
    await owner().send(new CreateBucketCommand({ Bucket, ...input }));
    return Bucket;
  }
  /** Removes the public access block of a new bucket. */
  const unblock = (Bucket: string) =>
    owner().send(
      new PutPublicAccessBlockCommand({
        Bucket,
        PublicAccessBlockConfiguration: { BlockPublicPolicy: false },
      }),
    );
  /**
   * Puts a policy of these statements. Omitted elements default to everybody, all actions and everything in
   * the bucket.
   */
  const policy = (Bucket: string, ...statements: object[]) =>
    owner().send(new PutBucketPolicyCommand({ Bucket, Policy: policyOn(Bucket, ...statements) }));
  return {
    of,
    account,
    owner,
    other: () => account(OTHER),
    anonymous,
    bucket,
    unblock,
    policy,
    put,
    get: (as: S3Client, Bucket: string, Key = "k", more: object = {}) =>
      as.send(new GetObjectCommand({ Bucket, Key, ...more })),
    list: (as: S3Client, Bucket: string, more: object = {}) =>
      as.send(new ListObjectsV2Command({ Bucket, ...more })),
    /** Creates a bucket with an object `k`, a policy of these statements and no public access block. */
    async open(...statements: object[]): Promise<string> {
      const Bucket = await bucket();
      await unblock(Bucket);
      await put(Bucket);
      if (statements.length > 0) await policy(Bucket, ...statements);
      return Bucket;
    },
  };
}

export function policyOn(bucket: string, ...statements: object[]): string {
  const arn = `arn:aws:s3:::${bucket}`;
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: statements.map((statement) => ({
      Effect: "Allow",
      Principal: "*",
      Action: "s3:*",
      Resource: [arn, `${arn}/*`],
      ...statement,
    })),
  });
}

export const denied = { name: "AccessDenied", message: "Access Denied", $metadata: { httpStatusCode: 403 } };

/** The error that S3 returns to callers of the bucket's own account. */
export const denial = (arn: string, action: string, resource: string, why: string) => ({
  name: "AccessDenied",
  message: `User: ${arn} is not authorized to perform: ${action} on resource: "${resource}" ${why}`,
  $metadata: { httpStatusCode: 403 },
});
