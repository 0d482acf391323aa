import { AwsError } from "#aws/errors.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";

const GUIDE = "Please refer to S3 Developer Guide for more information.";
const SCHEMA = "for this version of Cross Region Replication configuration schema.";

export const replicationNotFound = (bucket: string) =>
  new AwsError("ReplicationConfigurationNotFoundError", "The replication configuration was not found", {
    status: 404,
    members: { BucketName: bucket },
  });

export const sourceUnversioned = (bucket: string) =>
  new AwsError(
    "InvalidRequest",
    "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    { members: { BucketName: bucket } },
  );

export const destinationUnversioned = () =>
  invalidRequest("Destination bucket must have versioning enabled.");

export const destinationIsSource = () =>
  invalidRequest("Destination bucket cannot be the same as the source bucket.");

export const tooManyDestinations = () =>
  invalidRequest("Number of distinct destination bucket ARNs cannot exceed 1");

export const invalidRole = (role: string) => invalidArgument("Invalid Role ARN", "Role", role);

export const invalidDestination = (arn: string) => invalidArgument("Invalid bucket ARN", "Bucket", arn);

export const repeatedRuleId = (id: string) => invalidArgument("Rule Id must be unique", "ID", id);

export const longRuleId = (id: string) =>
  invalidArgument("ID length should not exceed allowed limit of 255", "ID", id);

export const tooManyRules = (max: number) =>
  invalidRequest(`The number of replication rules must not exceed the allowed limit of ${max} rules.`);

export const repeatedPriority = (priority: number) =>
  invalidRequest(`Found two rules with the same priority ${priority}. Priorities must be unique.`);

export const overlappingPrefixes = (one: string, other: string) =>
  invalidRequest(`Found overlapping prefixes '${one}' and '${other}'`);

export const longPrefix = () => invalidRequest("The maximum size of a prefix is 1024");

/** The error for a rule with a `Filter` that lacks a required member. */
export const required = (member: string) => invalidRequest(`${member} must be specified ${SCHEMA} ${GUIDE}`);

/** The error for a rule without a `Filter` that has a member of the newer schema. */
export const unusable = (member: string) => invalidRequest(`${member} cannot be used ${SCHEMA} ${GUIDE}`);

export const markersWithTags = () =>
  invalidRequest(`Delete marker replication is not supported if any Tag filter is specified. ${GUIDE}`);

export const emptySelection = () => invalidRequest("SourceSelectionCriteria cannot be empty.");

export const keyWithoutSelection = () =>
  invalidRequest("SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.");

export const selectionWithoutKey = () =>
  invalidRequest("ReplicaKmsKeyID must be specified if SseKmsEncryptedObjects tag is present.");

export const accountRequired = () =>
  invalidRequest("Account must be specified if AccessControlTranslation is present.");

export const metricsRequired = () =>
  invalidRequest("Replication Metrics must be specified if Replication Time Control is enabled.");

export const minutesOutOfRange = () => invalidRequest("The only valid value for Minutes is 15.");

export const versioningKept = () =>
  new AwsError(
    "InvalidBucketState",
    "A replication configuration is present on this bucket, so you cannot change the versioning state. To change the versioning state, first delete the replication configuration.",
    { status: 409 },
  );
