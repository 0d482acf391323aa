import { isBucketName } from "../buckets/names.ts";
import { invalidDestination } from "./errors.ts";

/**
 * Validates the ARN of a bucket for reports. Whether the bucket exists and
 * accepts them is checked on delivery.
 * @throws {AwsError} InvalidS3DestinationBucket
 */
export function checkDestination(arn: string): void {
  const [, region, account, name] = /^arn:aws:s3:([^:]*):([^:]*):(.*)$/.exec(arn) ?? [];
  if (name === undefined) throw invalidDestination("Invalid bucket ARN.");
  if (region !== "" || account !== "") throw invalidDestination("Bucket ARN should not specify a namespace.");
  if (!isBucketName(name)) throw invalidDestination("Invalid bucket ARN.");
}
