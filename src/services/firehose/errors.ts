import { faultsOf } from "#kernel/service.ts";

const fault = faultsOf<"firehose">();

export const invalid = (message: string) => fault("InvalidArgumentException", message);

export const noSuchStream = (name: string, account: string) =>
  fault("ResourceNotFoundException", `Firehose ${name} under account ${account} not found.`);
/** PutRecord and PutRecordBatch word the error differently. */
export const nowhereToPut = (name: string, account: string) =>
  fault("ResourceNotFoundException", `Firehose ${name} not found under account ${account}.`);
export const streamExists = (name: string, account: string) =>
  fault("ResourceInUseException", `Firehose ${name} under accountId ${account} already exists`);
export const tooManyStreams = (most: number) =>
  fault("LimitExceededException", `You have already consumed your firehose quota of ${most} hoses.`);

export const oneDestination = () =>
  invalid("Exactly one destination configuration is supported for a Firehose");
export const noSuchDestination = (id: string) => invalid(`Destination Id ${id} not found`);
export const otherDestination = (kind: string) =>
  invalid(`Changing the destination type to or from ${kind} is not supported at this time.`);
export const versionMismatch = (name: string, current: number, requested: string) =>
  fault(
    "ConcurrentModificationException",
    `Cannot update firehose: ${name} since the current version id: ${current} and specified version id: ${requested} do not match`,
  );

export const notDirectPut = () =>
  invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type.");
export const batchTooLarge = (mebibytes: number) => invalid(`Records size exceeds ${mebibytes} MB limit`);

export const sourceMissing = () =>
  invalid("KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type.");
export const clusterMissing = () => invalid("MSKSourceConfig is mandatory for MSK as Source stream type.");
export const tablesMissing = () =>
  invalid("IcebergDestinationConfiguration must be specified for Database as Source.");
export const sourceNotReady = () =>
  invalid("Kinesis stream must be in ACTIVE or UPDATING state in order to create a delivery stream.");
export const encryptsOnlyDirectPut = () =>
  invalid(
    "Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams",
  );

export const noBackup = () =>
  invalid("S3 backup destination configuration is required when enabling S3 backup.");
export const backedUpForGood = () => invalid("S3 backup cannot be disabled once it has been enabled.");
export const partitionedTooLate = () =>
  invalid("Dynamic Partitioning can only be enabled when a delivery stream is created.");
export const partitionedForGood = () =>
  invalid("Dynamic Partitioning cannot be disabled once it has been enabled.");
export const badPrefix = (constraint: string) =>
  invalid(`The supplied prefix(es) do not satisfy the following constraint: ${constraint}`);
export const encryptionChangedTooOften = (most: number) =>
  fault(
    "LimitExceededException",
    `The encryption of a delivery stream cannot be started and stopped more than ${most} times in 24 hours.`,
  );
export const tooManyTags = (most: number) =>
  fault("LimitExceededException", `A delivery stream has at most ${most} tags.`);
