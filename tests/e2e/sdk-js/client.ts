import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Server } from "../harness.ts";

/** The SDK with its defaults, but for the endpoint: what differs from them is what the test is about. */
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

/** A name that no other test of this file uses. */
export const bucketName = () => `bucket-${++buckets}`;

/** Bytes that differ everywhere, and are the same for the same size. */
export function patterned(size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0, state = size || 1; at < size; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}
