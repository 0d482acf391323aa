import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";

export const MODE_HEADER = "x-amz-object-lock-mode";
export const UNTIL_HEADER = "x-amz-object-lock-retain-until-date";
const HOLD_HEADER = "x-amz-object-lock-legal-hold";
export const BYPASS_HEADER = "x-amz-bypass-governance-retention";

export const objectLocked = () =>
  new AwsError("AccessDenied", "Access Denied because object protected by object lock.", { status: 403 });

export const noLockConfiguration = (bucket: string) =>
  new AwsError(
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
    { status: 404, members: { BucketName: bucket } },
  );

/** The error for a version that has no retention or never had a legal hold. */
export const noObjectLock = (key: string) =>
  new AwsError(
    "NoSuchObjectLockConfiguration",
    "The specified object does not have a ObjectLock configuration",
    { status: 404, members: { Key: key } },
  );

export const lockNeedsVersioning = () =>
  new AwsError(
    "InvalidBucketState",
    "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
    { status: 409 },
  );

export const lockKeepsVersioning = () =>
  new AwsError(
    "InvalidBucketState",
    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
    { status: 409 },
  );

export const bucketWithoutLock = () => invalidRequest("Bucket is missing Object Lock Configuration");

/** Like {@link bucketWithoutLock}, with the message that S3 uses for a write with a lock. */
export const writeWithoutLock = () => invalidRequest("Bucket is missing ObjectLockConfiguration");

export const bypassWithoutLock = (bypass: boolean) =>
  invalidArgument(
    `${BYPASS_HEADER} is only applicable to Object Lock enabled buckets.`,
    BYPASS_HEADER,
    bypass,
  );

export const lockNeedsDigest = (request: "Object" | "Part") =>
  invalidRequest(
    `Content-MD5 OR x-amz-checksum- HTTP header is required for Put ${request} requests with Object Lock parameters`,
  );

export const lockNeedsSignature = () =>
  invalidArgument(
    "Put Object requests with Object Lock parameters require AWS Signature Version 4",
    "Authorization",
    undefined,
  );

export const lockIsHalf = (missing: string) =>
  invalidArgument(`${UNTIL_HEADER} and ${MODE_HEADER} must both be supplied`, missing, undefined);

export const unknownMode = (mode: string) =>
  invalidArgument("Unknown wormMode directive.", MODE_HEADER, mode);

export const unknownHold = (status: string) =>
  invalidArgument("Legal Hold must be either of 'ON' or 'OFF'", HOLD_HEADER, status);

export const dateNotIso = (date: string) =>
  invalidArgument("The retain until date must be provided in ISO 8601 format", UNTIL_HEADER, date);

export const dateNotAhead = (argument: string, date: string) =>
  invalidArgument("The retain until date must be in the future!", argument, date);

export const defaultNotPositive = (unit: "Days" | "Years") =>
  invalidArgument("Default retention period must be a positive integer value.", unit);

export const defaultTooLarge = (unit: "Days" | "Years") =>
  invalidArgument("Default retention period too large.", unit);
