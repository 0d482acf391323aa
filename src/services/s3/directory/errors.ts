import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest, methodNotAllowed } from "../errors.ts";

/** The error for an operation on objects that directory buckets do not support. */
export const unsupported = (operation: string) =>
  new AwsError("NotImplemented", `Directory buckets do not support ${operation}.`, { status: 501 });

/** The error for an operation on the bucket itself that the Regional endpoint does not have. */
export const notAtControl = (method = "PUT") => methodNotAllowed(method, "BUCKET");

/** The error for an operation that only directory buckets support. */
export const onlyInDirectories = (operation: string) =>
  new AwsError("NotImplemented", `Only directory buckets support ${operation}.`, { status: 501 });

export const invalidRedundancy = () => invalidRequest("Invalid Data Redundancy value");

export const tooManyBuckets = () =>
  new AwsError("TooManyBuckets", "You have attempted to create more buckets than allowed");

export const unknownSessionMode = (mode: string) =>
  invalidArgument("The session mode you specified is not valid", "x-amz-create-session-mode", mode);

// Listings

export const prefixWithoutDelimiter = (prefix: string) =>
  invalidRequest(`The prefix must end in the delimiter '/' in directory buckets: ${prefix}`);

export const otherDelimiter = (delimiter: string) =>
  invalidRequest(`'/' is the only delimiter that directory buckets support: ${delimiter}`);

// Appending

export const invalidWriteOffset = () =>
  new AwsError(
    "InvalidWriteOffset",
    "The write offset value that you specified does not match the current object size.",
  );

export const tooManyParts = () =>
  new AwsError(
    "TooManyParts",
    "You have attempted to add more parts than the maximum of 10000 that are allowed for this object. You can use the CopyObject operation to copy this object to another and then add more data to the newly copied object.",
  );

// Renaming

export const invalidRenameSource = (source: string) =>
  invalidArgument("The rename source is not valid", "x-amz-rename-source", source);

export const renamedDirectory = (key: string) =>
  invalidRequest(`The names of a renamed object must not end in '/': ${key}`);

export const invalidClientToken = (token: string) =>
  invalidArgument("The client token is not valid", "x-amz-client-token", token);

export const tokenReused = () =>
  new AwsError(
    "IdempotencyParameterMismatch",
    "Parameters on this idempotent request are inconsistent with parameters used in previous request(s).",
  );

// Lifecycle

export const onlyExpiry = () =>
  invalidRequest("Lifecycle rules of directory buckets can only expire objects and abort uploads");
