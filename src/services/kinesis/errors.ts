import { parseArn } from "#aws/arn.ts";
import { violationMessage } from "#aws/contract/constraints.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import type { Place } from "#kernel/records/collection.ts";
import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"kinesis">();

export const invalid = (message: string) => fault("InvalidArgumentException", message);
export const limitExceeded = (message: string) => fault("LimitExceededException", message);
export const expiredToken = () =>
  fault("ExpiredNextTokenException", "The pagination token passed to the operation is expired.");

/** The account's shard quota is exceeded; AWS's message. */
export const shardLimitExceeded = (
  { account, region }: Place,
  present: number,
  limit: number,
  additional: number,
) =>
  limitExceeded(
    `This request would exceed the shard limit for the account ${account} in ${region}. Current shard count for the account: ${present}. Limit: ${limit}. Number of additional shards that would have resulted from this request: ${additional}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.`,
  );
/** The account's quota of on-demand streams is exceeded. */
export const onDemandLimitExceeded = ({ account, region }: Place, present: number, limit: number) =>
  limitExceeded(
    `This request would exceed the limit on the number of On-Demand streams for the account ${account} in ${region}. Current On-Demand streams count: ${present}. Limit: ${limit}.`,
  );
export const changedTooOften = (what: string, most: number) =>
  limitExceeded(`The ${what} of a stream cannot be changed more than ${most} times in 24 hours.`);

export const otherRegion = (arn: string) =>
  invalid(`The region specified in the ARN '${arn}' does not match the endpoint region`);

export const noSuchStream = (name: string, account: string) =>
  fault("ResourceNotFoundException", `Stream ${name} under account ${account} not found.`);
export const streamExists = (name: string, account: string) =>
  fault("ResourceInUseException", `Stream ${name} under account ${account} already exists.`);

export const notActive = (name: string, account: string, status: string) =>
  fault(
    "ResourceInUseException",
    `Stream ${name} under account ${account} not ACTIVE, instead in state ${status}`,
  );

export const noSuchShard = (shard: string, stream: string, account: string) =>
  fault(
    "ResourceNotFoundException",
    `Could not find shard ${shard} in stream ${stream} under account ${account}.`,
  );
export const shardIsGone = (shard: string, stream: string, account: string) =>
  fault(
    "ResourceNotFoundException",
    `Shard ${shard} in stream ${stream} under account ${account} does not exist`,
  );
export const shardIsClosed = (shard: string, stream: string, account: string) =>
  invalid(
    `Shard ${shard} in stream ${stream} under account ${account} has already been merged or split, and thus is not eligible for merging or splitting.`,
  );

export const strangeTags = () =>
  invalid(
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.",
  );
export const illegalTags = (what: string, stream: string, account: string) =>
  invalid(
    `Failed to ${what} stream ${stream} under account ${account} because some tags contained illegal characters. The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.`,
  );
export const tooManyTags = (stream: string, account: string) =>
  invalid(
    `Failed to add tags to stream ${stream} under account ${account} because a given stream cannot have more than 50 tags associated with it.`,
  );

export const noSuchConsumer = (arn: string) =>
  fault("ResourceNotFoundException", `Consumer ${arn} not found.`);
export const noSuchConsumerNamed = (consumer: string, stream: string, account: string) =>
  fault(
    "ResourceNotFoundException",
    `Consumer ${consumer}, stream ${stream} under account ${account} not found.`,
  );
export const consumerExists = (consumer: string, stream: string, account: string) =>
  fault(
    "ResourceInUseException",
    `Consumer ${consumer} under stream ${stream} already exists for account ${account}.`,
  );

/** Formats a date like `Thu Jan 22 21:37:04 UTC 2015`. */
const dateText = (time: number) =>
  new Date(time).toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+) (\S+) GMT$/, "$1 $3 $2 $5 UTC $4");

export const expiredIterator = (now: number, created: number, tolerated: number) =>
  fault(
    "ExpiredIteratorException",
    `Iterator expired. The iterator was created at time ${dateText(created)} while right now it is ${dateText(now)} which is further in the future than the tolerated delay of ${tolerated} milliseconds.`,
  );
/** A violation in the format of contract constraints, for limits that differ from stream to stream. */
const broken = (paths: readonly string[], messageOf: (path: string) => string): AwsError =>
  fault(
    "ValidationException",
    violationMessage(
      paths.map((path) => ({ path, message: messageOf(path) })),
      "coral",
    ),
  );
export const tooLarge = (paths: readonly string[], most: number) =>
  broken(
    paths,
    (path) =>
      `Value at '${path}' failed to satisfy constraint: Member must have length less than or equal to ${most}`,
  );
export const nullAt = (path: string): string =>
  `Value null at '${path}' failed to satisfy constraint: Member must not be null`;
export const keysMissing = (paths: readonly string[]) => broken(paths, nullAt);
export const dryRun = () =>
  fault("DryRunOperationException", "The request was rejected because the DryRun parameter was specified.");
export const onlyDistributedOnDemand = () =>
  invalid("The RecordDistributionStrategy AUTO is only supported for streams in ON_DEMAND mode.");
export const orderedAndDistributed = () =>
  invalid("SequenceNumberForOrdering must not be provided where the RecordDistributionStrategy is AUTO.");
export const tooManyTrials = (stream: string, account: string) =>
  new AwsError(
    "ThrottlingException",
    `Rate exceeded for DryRun requests to stream ${stream} under account ${account}.`,
    { status: 400 },
  );
const exceeded = (message: string) => fault("ProvisionedThroughputExceededException", message);
export const tooMuchWritten = (shard: string, stream: string, account: string) =>
  exceeded(`Rate exceeded for shard ${shard} in stream ${stream} under account ${account}.`);
export const tooMuchRead = (shard: string, stream: string, account: string) =>
  exceeded(`Rate exceeded for Shard - ${account}/${stream}/${shard}`);
export const noPolicy = (arn: string) =>
  fault("ResourceNotFoundException", `No resource policy found for resource ARN ${arn}`);
export const noSuchStreamArn = (arn: string) =>
  fault("ResourceNotFoundException", `Stream with ARN ${arn} not found`);

export const streamHasConsumers = (arn: string, stream: string) =>
  fault(
    "ResourceInUseException",
    `DeleteStream can't delete ${arn} because there are consumers associated with this data stream. To delete ${stream} anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it.`,
  );
export const onlyProvisioned = (stream: string, account: string) =>
  fault(
    "ValidationException",
    `Request is invalid. Stream ${stream} under account ${account} is in On-Demand mode.`,
  );
export const onlyOnDemand = () =>
  fault("ValidationException", "WarmThroughputMiBps can only be set for ON_DEMAND streams");
export const onlyCommitted = (operation: string) =>
  fault(
    "ValidationException",
    `${operation} is only supported for data streams with the on-demand capacity mode in accounts that have MinimumThroughputBillingCommitment enabled.`,
  );
export const alreadySubscribed = (account: string, stream: string, shard: string, consumer: string) =>
  fault(
    "ResourceInUseException",
    `Another active subscription exists for this consumer: ${account}:${stream}:${shard}:${consumer}`,
  );
export function noSuchKey(key: string, { account, region }: Place): AwsError {
  const arn = parseArn(key);
  const refused = (message: string) => fault("KMSNotFoundException", message);
  if (arn && arn.region !== region) return refused(`Invalid arn ${arn.region}`);
  const here = `arn:aws:kms:${region}:${account}`;
  if (key.includes("alias/")) return refused(`Alias ${arn ? key : `${here}:${key}`} is not found.`);
  return refused(`Key '${arn ? key : `${here}:key/${key}`}' does not exist`);
}

export const noStreamIds = () => notImplemented("the StreamId of a stream");
