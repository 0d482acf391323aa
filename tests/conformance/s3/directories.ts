import { CreateBucketCommand, type S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { ConformanceCloud } from "../cloud.ts";
import { s3Client, type TappedClient } from "./client.ts";

export const ZONE = "use1-az4";

let made = 0;

/** A name for a directory bucket that no other test uses. */
export const directoryName = (zone = ZONE) => `case-${++made}--${zone}--x-s3`;

/** The configuration with which a directory bucket is created. */
export const inZone = (Name = ZONE) =>
  ({
    Location: { Type: "AvailabilityZone", Name },
    Bucket: { Type: "Directory", DataRedundancy: "SingleAvailabilityZone" },
  }) as const;

/** Creates a directory bucket with a unique name. */
export async function freshDirectory(s3: S3Client): Promise<string> {
  const Bucket = directoryName();
  await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: inZone() }));
  return Bucket;
}

/** A client that addresses the cloud by number, and therefore directory buckets by path. */
export const directoryClient = (
  cloud: ConformanceCloud,
  who: { account?: string; region?: string } = {},
  more: S3ClientConfig = {},
): TappedClient =>
  s3Client(cloud, who, { endpoint: cloud.endpoint.replace("localhost", "127.0.0.1"), ...more });
