import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";
import { javaDate } from "../java-date.ts";

export const noLifecycle = (bucket: string) =>
  new AwsError("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", {
    status: 404,
    members: { BucketName: bucket },
  });

/** An invalid value in a rule. S3 does not name the argument. */
const refused = (message: string) => new AwsError("InvalidArgument", message);

export const unknownMinimum = (minimum: string) =>
  invalidRequest(`Invalid TransitionDefaultMinimumObjectSize found: ${minimum}`);

// Identifiers and filters

export const idTooLong = (id: string) =>
  invalidArgument("ID length should not exceed allowed limit of 255", "ID", id);
export const idTwice = (id: string) =>
  invalidArgument("Rule ID must be unique. Found same ID for more than one rule", "ID", id);
export const filterAmongPrefixes = () => invalidRequest("Filter element can only be used in Lifecycle V2.");
export const prefixAmongFilters = () =>
  invalidRequest(
    "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the Filter.",
  );
export const newerAmongPrefixes = () =>
  invalidRequest("NewerNoncurrentVersions element can only be used in Lifecycle V2.");
export const prefixesOverlap = (one: string, other: string, action: string) =>
  invalidRequest(`Found overlapping prefixes '${one}' and '${other}' for same action type '${action}'`);
export const prefixTooLong = () => invalidRequest("The maximum size of a prefix is 1024.");
export const tagKeyTwice = () => invalidRequest("Duplicate Tag Keys are not allowed.");
export const sizeOutOfRange = (member: string, min: number, max: number) =>
  invalidRequest(`'${member}' should be between ${min} and ${max}.`);
export const sizesCross = () =>
  invalidRequest("'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'.");

// Actions

export const noAction = () => invalidRequest("At least one action needs to be specified in a rule");
export const notForTags = (action: string) => invalidRequest(`${action} cannot be specified with Tags.`);
export const notForSizes = (action: string) =>
  invalidRequest(`${action} cannot be specified with Object Size.`);
export const notMidnight = (date: Date) =>
  invalidArgument("'Date' must be at midnight GMT", "Date", javaDate(date.getTime()));
export const notPositive = (member: string, action: string) =>
  refused(`'${member}' for ${action} action must be a positive integer`);
export const tooManyNewer = (action: string, max: number) =>
  refused(`'NewerNoncurrentVersions' for ${action} action must be between 1 and ${max}`);
export const negative = (member: string, action: string) =>
  refused(`'${member}' in ${action} action must be nonnegative`);
export const tooSoonForClass = (member: string, action: string, storageClass: string) =>
  refused(
    `'${member}' in ${action} action must be greater than or equal to 30 for storageClass '${storageClass}'`,
  );
export const classTwice = (action: string, of: string) =>
  invalidRequest(`'StorageClass' must be different for '${action}' actions in same 'Rule' with ${of}`);
export const mixedTransitions = (of: string) =>
  invalidRequest(`Found mixed 'Date' and 'Days' based Transition actions in lifecycle rule for ${of}`);
export const mixedActions = (of: string) =>
  invalidRequest(
    `Found mixed 'Date' and 'Days' based Expiration and Transition actions in lifecycle rule for ${of}`,
  );
export const expiresTooSoon = (member: string, expiration: string, transition: string, of: string) =>
  refused(
    `'${member}' in the ${expiration} action for ${of} must be ${member === "Date" ? "later" : "greater"} than '${member}' in the ${transition} action`,
  );
export const leavesTooSoon = (member: string, action: string, cold: string, warm: string, of: string) =>
  refused(
    `'${member}' in the '${cold}' ${action} action for ${of} must be 30 days more than '${member}' in the '${warm}' ${action} action`,
  );
