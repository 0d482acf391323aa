import {
  CreateBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketReplicationCommand,
  PutBucketTaggingCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectTaggingCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { elementIn, s3Client, type TappedClient } from "./client.ts";

/* Whether a document needs a digest. AWS's pages do not say it, so the sources are recorded answers. */

const cloud = conformanceCloud();
const Bucket = "digests";
const Key = "k";
let s3: TappedClient;
beforeAll(async () => {
  s3 = s3Client(cloud);
  await s3.send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
  await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
});

const WITHOUT = {
  "content-md5": undefined,
  "x-amz-checksum-crc32": undefined,
  "x-amz-sdk-checksum-algorithm": undefined,
};
const Tagging = { TagSet: [{ Key: "a", Value: "b" }] };
const CORSRules = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
const LifecycleConfiguration = {
  Rules: [{ Status: "Enabled" as const, Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
};
const ReplicationConfiguration = {
  Role: "arn:aws:iam::000000000000:role/replication",
  Rules: [{ Status: "Enabled" as const, Prefix: "", Destination: { Bucket: "arn:aws:s3:::to" } }],
};

for (const [command, source] of [
  [
    new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }),
    "https://github.com/brendanhay/amazonka/issues/610",
  ],
  [
    new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }),
    "https://github.com/boto/botocore/issues/1888",
  ],
  [
    new PutBucketReplicationCommand({ Bucket, ReplicationConfiguration }),
    "https://github.com/aws/aws-sdk-go/issues/612",
  ],
  [new PutBucketTaggingCommand({ Bucket, Tagging }), "https://github.com/versity/versitygw/issues/1521"],
  [
    new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status: "OFF" } }),
    "https://github.com/versity/versitygw/issues/1311",
  ],
  [
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
    }),
    "https://github.com/versity/versitygw/issues/1301",
  ],
] as const)
  behaviour(`${command.constructor.name.replace("Command", "")} requires a digest`, source, async () => {
    const { status, text } = await s3.raw(command, { headers: WITHOUT });
    expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
      400,
      "InvalidRequest",
      "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
    ]);
  });

behaviour(
  "PutObjectTagging requires no digest",
  "https://github.com/versity/versitygw/issues/1662",
  async () => {
    const { status } = await s3.raw(new PutObjectTaggingCommand({ Bucket, Key, Tagging }), {
      headers: WITHOUT,
    });
    expect(status).toBe(200);
  },
);
