import { AwsError } from "#aws/errors.ts";

const invalidTarget = (message: string, target: string) =>
  new AwsError("InvalidTargetBucketForLogging", message, { members: { TargetBucket: target } });

export const targetNotFound = (target: string) =>
  invalidTarget("The target bucket for logging does not exist", target);

export const targetOfAnother = (target: string) =>
  invalidTarget("The owner for the bucket to be logged and the target bucket must be the same.", target);

export const deliveryNotGranted = (target: string) =>
  invalidTarget(
    "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket",
    target,
  );

export const unfitTarget = (feature: string, target: string) =>
  invalidTarget(`The target bucket for logging must not have ${feature}.`, target);

/**
 * `Prohibitted` and the trailing space are S3's. S3 omits the location of the source if that is us-east-1.
 */
export const crossLocationLogging = (source: string, target: string) =>
  new AwsError("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed. ", {
    status: 403,
    members: {
      TargetBucketLocation: target,
      SourceBucketLocation: source === "us-east-1" ? undefined : source,
    },
  });

export const targetGrantsNotAllowed = () =>
  new AwsError(
    "AccessControlListNotSupported",
    "Target grants not allowed for bucket owner enforced buckets",
  );
