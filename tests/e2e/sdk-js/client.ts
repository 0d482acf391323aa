import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Server } from "../harness.ts";

/** The SDK with its defaults except for the endpoint. A test overrides only what it is about. */
export function s3Client({ endpoint }: Server, options: S3ClientConfig = {}): S3Client {
  return new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    forcePathStyle: true,
    ...options,
  });
}

let buckets = 0;

/** Returns a unique name. */
export const bucketName = () => `bucket-${++buckets}`;

/** Returns bytes without repetition, always the same for a size. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0, state = size || 1; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
