import { AwsError } from "#aws/errors.ts";
import { invalidRequest } from "../errors.ts";

export const noSuchConfiguration = () =>
  new AwsError("NoSuchConfiguration", "The specified configuration does not exist.", { status: 404 });

export const tooManyConfigurations = () =>
  new AwsError(
    "TooManyConfigurations",
    "You are attempting to create a new configuration but have already reached the 1,000-configuration limit.",
  );

export const invalidConfigurationId = () =>
  new AwsError("InvalidConfigurationId", "The specified configuration id is invalid.");

export const idMismatch = () =>
  new AwsError("IdMismatch", "Document ID does not match the specified configuration ID.");

export const malformedToken = () =>
  new AwsError("MalformedContinuationToken", "The continuation-token you provided invalid.");

/** The error for the ARN of a bucket to which reports are delivered. */
export const invalidDestination = (message: string) => new AwsError("InvalidS3DestinationBucket", message);

export const accelerationOfDots = () =>
  invalidRequest("S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
