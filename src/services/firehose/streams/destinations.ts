import type * as Firehose from "#aws/contract/types/firehose.ts";
import type { Context } from "#kernel/context.ts";
import type { Place } from "#kernel/records/collection.ts";
import { ACCESS_KEY } from "../delivery/request.ts";
import {
  backedUpForGood,
  noBackup,
  oneDestination,
  otherDestination,
  partitionedForGood,
  partitionedTooLate,
} from "../errors.ts";
import type { BucketDestination, Destination, EndpointDestination, ObjectSettings } from "../store.ts";
import { checkBucket, checkEndpoint, checkObjects } from "./checks.ts";
import { refuseOthers, refuseOtherUpdates } from "./other-destinations.ts";

export const DESTINATION_ID = "destinationId-000000000001";

/** The default buffer sizes without and with dynamic partitioning. */
const MEBIBYTES = 5;
const MEBIBYTES_OF_PARTITIONS = 128;

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function destinationOf(ctx: Context, input: Firehose.CreateDeliveryStreamInput): Destination {
  const configurations = Object.entries(input).filter(
    ([member, value]) => member.endsWith("DestinationConfiguration") && value !== undefined,
  );
  if (configurations.length !== 1) throw oneDestination();
  refuseOthers(ctx, input);
  const bucket = input.ExtendedS3DestinationConfiguration ?? input.S3DestinationConfiguration;
  if (bucket) return bucketDestination(ctx, bucket);
  return endpointDestination(ctx, input.HttpEndpointDestinationConfiguration!);
}

/** @throws {AwsError} InvalidArgumentException */
export function updated(
  ctx: Context,
  former: Destination,
  input: Firehose.UpdateDestinationInput,
): Destination {
  refuseOtherUpdates(input);
  const bucket = input.ExtendedS3DestinationUpdate ?? input.S3DestinationUpdate;
  const endpoint = input.HttpEndpointDestinationUpdate;
  const updates = [input.ExtendedS3DestinationUpdate, input.S3DestinationUpdate, endpoint];
  if (updates.filter((update) => update !== undefined).length !== 1) throw oneDestination();
  if (bucket) {
    if (former.kind !== "s3") throw otherDestination("HttpEndpoint");
    return updatedBucket(ctx, former, bucket);
  }
  if (former.kind !== "http") throw otherDestination("HttpEndpoint");
  return updatedEndpoint(ctx, former, endpoint!);
}

/** @throws {AwsError} InvalidArgumentException */
function updatedBucket(
  ctx: Context,
  former: BucketDestination,
  { S3BackupUpdate, ...update }: Firehose.ExtendedS3DestinationUpdate,
): BucketDestination {
  const { backup, kind, ...settings } = former;
  const next = bucketDestination(ctx, {
    ...merged(settings, update),
    S3BackupConfiguration: S3BackupUpdate ? updatedBackup(backup, S3BackupUpdate) : backup,
  });
  if (former.S3BackupMode === "Enabled" && next.S3BackupMode !== "Enabled") throw backedUpForGood();
  if (isPartitioned(next) && !isPartitioned(former)) throw partitionedTooLate();
  if (isPartitioned(former) && !isPartitioned(next)) throw partitionedForGood();
  return next;
}

/** A new backup needs a bucket and a role. @throws {AwsError} InvalidArgumentException */
function updatedBackup(
  former: ObjectSettings | undefined,
  update: Firehose.S3DestinationUpdate,
): Firehose.S3DestinationConfiguration {
  const { RoleARN = former?.RoleARN, BucketARN = former?.BucketARN } = update;
  if (RoleARN === undefined || BucketARN === undefined) throw noBackup();
  return merged({ ...former, RoleARN, BucketARN }, update);
}

function updatedEndpoint(
  ctx: Context,
  former: EndpointDestination,
  { S3Update, ...update }: Firehose.HttpEndpointDestinationUpdate,
): EndpointDestination {
  const { kind, url, name, accessKey, retrySeconds, s3, ...settings } = former;
  const next = endpointDestination(ctx, {
    EndpointConfiguration: { Url: url, ...(name !== undefined && { Name: name }) },
    RetryOptions: { DurationInSeconds: retrySeconds },
    ...merged(settings, update),
    S3Configuration: merged(s3, S3Update ?? {}),
  });
  return update.EndpointConfiguration ? next : { ...next, accessKey };
}

interface Buffered {
  BufferingHints?: Firehose.BufferingHints | undefined;
}

/** Applies an update; members that it lacks keep their values. */
const merged = <T extends Buffered, U extends Buffered>(former: T, update: U): T & U => ({
  ...former,
  ...defined(update),
  BufferingHints: { ...former.BufferingHints, ...defined(update.BufferingHints ?? {}) },
});

const defined = <T extends object>(update: T): T =>
  Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined)) as T;

/** Firehose accepts one buffering hint alone, although its reference requires both or none. */
const bufferingHints = (
  { SizeInMBs, IntervalInSeconds }: Firehose.BufferingHints = {},
  mebibytes = MEBIBYTES,
): Required<Firehose.BufferingHints> => ({
  SizeInMBs: SizeInMBs ?? mebibytes,
  IntervalInSeconds: IntervalInSeconds ?? 300,
});

function objectSettings(
  configuration: Firehose.S3DestinationConfiguration,
  mebibytes = MEBIBYTES,
): ObjectSettings {
  return {
    RoleARN: configuration.RoleARN,
    BucketARN: configuration.BucketARN,
    Prefix: configuration.Prefix,
    ErrorOutputPrefix: configuration.ErrorOutputPrefix,
    BufferingHints: bufferingHints(configuration.BufferingHints, mebibytes),
    CompressionFormat: configuration.CompressionFormat ?? "UNCOMPRESSED",
    EncryptionConfiguration: configuration.EncryptionConfiguration ?? { NoEncryptionConfig: "NoEncryption" },
    CloudWatchLoggingOptions: configuration.CloudWatchLoggingOptions ?? { Enabled: false },
  };
}

const isPartitioned = ({ DynamicPartitioningConfiguration }: BucketDestination) =>
  DynamicPartitioningConfiguration?.Enabled === true;

function bucketDestination(
  place: Place,
  configuration: Firehose.ExtendedS3DestinationConfiguration,
): BucketDestination {
  const { S3BackupConfiguration: backup, DynamicPartitioningConfiguration: partitioning } = configuration;
  const destination: BucketDestination = {
    kind: "s3",
    ...objectSettings(configuration, partitioning?.Enabled ? MEBIBYTES_OF_PARTITIONS : MEBIBYTES),
    ProcessingConfiguration: configuration.ProcessingConfiguration,
    S3BackupMode: configuration.S3BackupMode ?? "Disabled",
    backup: backup && objectSettings(backup),
    DataFormatConversionConfiguration: configuration.DataFormatConversionConfiguration,
    DynamicPartitioningConfiguration: partitioning?.Enabled
      ? { RetryOptions: { DurationInSeconds: 300 }, ...defined(partitioning) }
      : partitioning,
    FileExtension: configuration.FileExtension,
    CustomTimeZone: configuration.CustomTimeZone,
  };
  checkBucket(place, destination);
  return destination;
}

function endpointDestination(
  ctx: Context,
  configuration: Firehose.HttpEndpointDestinationConfiguration,
): EndpointDestination {
  const { Url, Name, AccessKey } = configuration.EndpointConfiguration;
  const destination: EndpointDestination = {
    kind: "http",
    url: Url,
    name: Name,
    accessKey: AccessKey === undefined ? undefined : ctx.seal.seal(ACCESS_KEY, AccessKey),
    BufferingHints: bufferingHints(configuration.BufferingHints),
    CloudWatchLoggingOptions: configuration.CloudWatchLoggingOptions ?? { Enabled: false },
    RequestConfiguration: configuration.RequestConfiguration ?? { ContentEncoding: "NONE" },
    ProcessingConfiguration: configuration.ProcessingConfiguration,
    RoleARN: configuration.RoleARN,
    retrySeconds: configuration.RetryOptions?.DurationInSeconds ?? 300,
    S3BackupMode: configuration.S3BackupMode ?? "FailedDataOnly",
    s3: objectSettings(configuration.S3Configuration),
  };
  checkEndpoint(ctx, destination, configuration);
  checkObjects(ctx, destination.s3);
  return destination;
}

export function destinationDescription(destination: Destination): Firehose.DestinationDescription {
  if (destination.kind === "http") {
    const { kind, url, name, accessKey, retrySeconds, s3, ...rest } = destination;
    return {
      DestinationId: DESTINATION_ID,
      HttpEndpointDestinationDescription: {
        ...rest,
        EndpointConfiguration: { Url: url, ...(name !== undefined && { Name: name }) },
        RetryOptions: { DurationInSeconds: retrySeconds },
        S3DestinationDescription: s3,
      },
    };
  }
  const { kind, backup, ...rest } = destination;
  return {
    DestinationId: DESTINATION_ID,
    S3DestinationDescription: objectSettings(rest),
    ExtendedS3DestinationDescription: { ...rest, ...(backup && { S3BackupDescription: backup }) },
  };
}
