import { S3Client } from "@aws-sdk/client-s3";
import type { Server } from "../e2e/harness.ts";

/** Does not retry, since the outcome of a request without a response is unknown to the test. */
export const s3Of = ({ endpoint }: Server): S3Client =>
  new S3Client({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    forcePathStyle: true,
    maxAttempts: 1,
  });
