import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { Unreadable } from "./csv.ts";

export interface SourceObject {
  key: string;
  size: number;
}

/** The next object after a key, by default the first one. */
export async function nextObject(
  { s3 }: Clients,
  { S3Bucket, S3BucketOwner, S3KeyPrefix }: DynamoDB.S3BucketSource,
  behind?: string,
): Promise<SourceObject | undefined> {
  const { Contents: [found] = [] } = await s3.ListObjectsV2({
    Bucket: S3Bucket,
    MaxKeys: 1,
    ...(S3KeyPrefix !== undefined && { Prefix: S3KeyPrefix }),
    ...(behind !== undefined && { StartAfter: behind }),
    ...(S3BucketOwner !== undefined && { ExpectedBucketOwner: S3BucketOwner }),
  });
  return found && { key: found.Key!, size: found.Size ?? 0 };
}

/** The decompressed content of an object. @throws {Unreadable} if it is not compressed in this way, or was deleted */
export async function* contentOf(
  { s3 }: Clients,
  { S3Bucket, S3BucketOwner }: DynamoDB.S3BucketSource,
  key: string,
  compression: DynamoDB.InputCompressionType,
): AsyncGenerator<Uint8Array> {
  const { Body } = await s3
    .GetObject({
      Bucket: S3Bucket,
      Key: key,
      ...(S3BucketOwner !== undefined && { ExpectedBucketOwner: S3BucketOwner }),
    })
    .catch((error) => {
      throw error instanceof AwsError && error.code === "NoSuchKey" ? new Unreadable(key) : error;
    });
  const bytes = Readable.from(Body instanceof Uint8Array ? [Body] : (Body as AsyncIterable<Uint8Array>));
  if (compression === "NONE") return yield* bytes;
  const plain = compression === "GZIP" ? createGunzip() : createZstdDecompress();
  bytes.on("error", (error) => plain.destroy(error));
  try {
    yield* bytes.pipe(plain);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z")) throw new Unreadable(key);
    throw error;
  } finally {
    bytes.destroy();
    plain.destroy();
  }
}
