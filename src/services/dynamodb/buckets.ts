import type { AwsError } from "#aws/errors.ts";

export interface Failure {
  code: string;
  message: string;
}

/** An error of S3, as descriptions of imports and exports show it. */
export const bucketFailure = ({ code, message, status }: AwsError, requestId: string): Failure => ({
  code: code.startsWith("KMS.") ? code.replace("KMS.", "Kms") : `S3${code}`,
  message: `${message} (Service: Amazon S3; Status Code: ${status}; Error Code: ${code}; Request ID: ${requestId})`,
});
