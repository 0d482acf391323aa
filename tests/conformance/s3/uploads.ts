import { createHash } from "node:crypto";
import {
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandInput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandInput,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";

export const MIB = 2 ** 20;
/** The minimum size of a part that is not the last. */
export const LARGE = Buffer.alloc(5 * MIB, "large");
export const digest = (algorithm: string, bytes: Uint8Array | string) =>
  createHash(algorithm).update(bytes).digest();

export interface Begun {
  Bucket: string;
  Key: string;
  UploadId: string;
}

/**
 * The steps of multipart uploads, by default of the key `k`. `where` is called at every step, because its
 * result is not known earlier.
 */
export function uploads(where: () => { s3: S3Client; Bucket: string }) {
  return {
    async begin(more: Partial<CreateMultipartUploadCommandInput> = {}): Promise<Begun> {
      const { s3, Bucket } = where();
      const at = { Bucket, Key: "k", ...more };
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand(at));
      return { Bucket: at.Bucket, Key: at.Key, UploadId: UploadId! };
    },
    async send(
      begun: Begun,
      PartNumber: number,
      Body: Uint8Array | string,
      more = {},
    ): Promise<CompletedPart> {
      const part = new UploadPartCommand({ ...begun, PartNumber, Body, ...more });
      const { ETag } = await where().s3.send(part);
      return { PartNumber, ETag };
    },
    complete(begun: Begun, Parts: CompletedPart[], more: Partial<CompleteMultipartUploadCommandInput> = {}) {
      const whole = new CompleteMultipartUploadCommand({ ...begun, MultipartUpload: { Parts }, ...more });
      return where().s3.send(whole);
    },
  };
}
