import { AwsError } from "#aws/errors.ts";
import { faultsOf } from "#kernel/service.ts";

export const fault = faultsOf<"sns">();

export const invalidParameter = (what: string) =>
  fault("InvalidParameterException", `Invalid parameter: ${what}`);

/** Makes the error for an attribute. In create operations, the message also names the parameter. */
export type Refusal = (what: string) => AwsError;
export const invalidAttributes: Refusal = (what) => invalidParameter(`Attributes Reason: ${what}`);

/** The error for message attributes, which has its own code. */
export const invalidAttribute = (message: string) => fault("InvalidParameterValueException", message);

export const topicNotFound = () => fault("NotFoundException", "Topic does not exist");
export const subscriptionNotFound = () => fault("NotFoundException", "Subscription does not exist");
export const resourceNotFound = () => fault("ResourceNotFoundException", "Resource does not exist");
export const applicationNotFound = () => fault("NotFoundException", "PlatformApplication does not exist");
export const endpointNotFound = () => fault("NotFoundException", "Endpoint does not exist");
export const noEndpoint = () =>
  invalidParameter("TargetArn Reason: No endpoint found for the target arn specified");
export const archiveKeepsTopic = () =>
  fault("InvalidStateException", "Invalid state: Cannot delete a topic with an ArchivePolicy");

export const topicDiffers = (what: "Attributes" | "Tags") =>
  invalidParameter(
    `${what} Reason: Topic already exists with different ${what === "Tags" ? "tags" : "attributes"}`,
  );

export const subscriptionDiffers = () =>
  invalidParameter("Attributes Reason: Subscription already exists with different attributes");

export const fifoName = () =>
  invalidParameter(
    "Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.",
  );

export const tooManyTags = () =>
  fault("TagLimitExceededException", "Could not complete request: tag quota of per resource exceeded");

export const invalidTag = (what: string) => invalidParameter(what);

export const tooManyPolicies = () =>
  fault("FilterPolicyLimitExceededException", "Filter policy limit exceeded: 200 for a topic.");

/**
 * AWS's form parser takes an empty list or map for a missing one, so an empty required one is refused.
 * @param member its name in AWS's framework
 */
export function checkSome(value: object, member: string): void {
  if (Object.keys(value).length === 0)
    throw new AwsError(
      "ValidationError",
      `1 validation error detected: Value null at '${member}' failed to satisfy constraint: Member must not be null`,
    );
}

export const tooManyEntries = () =>
  fault("TooManyEntriesInBatchRequestException", "The batch request contains more entries than permissible.");

export const idsNotDistinct = () =>
  fault("BatchEntryIdsNotDistinctException", "Two or more batch entries in the request have the same Id.");

export const invalidEntryId = () =>
  fault(
    "InvalidBatchEntryIdException",
    "The Id of a batch entry in a batch request doesn't abide by the specification.",
  );

export const batchTooLong = () =>
  fault(
    "BatchRequestTooLongException",
    "The length of all the messages put together is more than the limit.",
  );
