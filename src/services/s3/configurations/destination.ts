import { isBucketName } from "../buckets/names.ts";
import { invalidDestination } from "./errors.ts";

/**
 * The bucket into which reports go. Whether they may, and whether it is there, shows when one is delivered.
 * @returns its name
 * @throws {AwsError} InvalidS3DestinationBucket
 */
export function checkDestination(arn: string): string {
  const [, region, account, name] = /^arn:aws:s3:([^:]*):([^:]*):(.*)$/.exec(arn) ?? [];
  if (name === undefined) throw invalidDestination("Invalid bucket ARN.");
  if (region !== "" || account !== "") throw invalidDestination("Bucket ARN should not specify a namespace.");
  if (!isBucketName(name)) throw invalidDestination("Invalid bucket ARN.");
  return name;
}
