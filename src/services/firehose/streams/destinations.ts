import type * as Firehose from "#aws/contract/types/firehose.ts";
import type { Place } from "#kernel/collection.ts";
import type { Context } from "#kernel/context.ts";
import { ACCESS_KEY } from "../delivery/request.ts";
import {
  backedUpForGood,
  oneDestination,
  otherDestination,
  partitionedForGood,
  partitionedTooLate,
} from "../errors.ts";
import type { BucketDestination, Destination, EndpointDestination, ObjectSettings } from "../store.ts";
import { checkBucket, checkEndpoint, checkObjects } from "./checks.ts";
import { refuseOthers, refuseOtherUpdates } from "./other-destinations.ts";

export const DESTINATION_ID = "destinationId-000000000001";

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function destinationOf(ctx: Context, input: Firehose.CreateDeliveryStreamInput): Destination {
  const told = Object.keys(input).filter(
    (member) =>
      member.endsWith("DestinationConfiguration") && input[member as keyof typeof input] !== undefined,
  );
  if (told.length !== 1) throw oneDestination();
  refuseOthers(ctx, input);
  const bucket = input.ExtendedS3DestinationConfiguration ?? input.S3DestinationConfiguration;
  if (bucket) return bucketDestination(ctx, bucket);
  return endpointDestination(ctx, input.HttpEndpointDestinationConfiguration!);
}

/** What is told replaces what was there, member by member. @throws {AwsError} InvalidArgumentException */
export function updated(
  ctx: Context,
  former: Destination,
  input: Firehose.UpdateDestinationInput,
): Destination {
  refuseOtherUpdates(input);
  const bucket = input.ExtendedS3DestinationUpdate ?? input.S3DestinationUpdate;
  const endpoint = input.HttpEndpointDestinationUpdate;
  const given = [input.ExtendedS3DestinationUpdate, input.S3DestinationUpdate, endpoint];
  if (given.filter((one) => one !== undefined).length !== 1) throw oneDestination();
  if (bucket) {
    if (former.kind !== "s3") throw otherDestination("HttpEndpoint");
    const { backup, kind, ...rest } = former;
    const { S3BackupUpdate, ...more } = told(bucket) as Firehose.ExtendedS3DestinationUpdate;
    const next = bucketDestination(ctx, {
      ...rest,
      ...more,
      S3BackupConfiguration: (backup || S3BackupUpdate) && {
        ...backup!,
        ...(S3BackupUpdate && told(S3BackupUpdate)),
      },
    });
    if (former.S3BackupMode === "Enabled" && next.S3BackupMode !== "Enabled") throw backedUpForGood();
    if (isPartitioned(next) && !isPartitioned(former)) throw partitionedTooLate();
    if (isPartitioned(former) && !isPartitioned(next)) throw partitionedForGood();
    return next;
  }
  if (former.kind !== "http") throw otherDestination("HttpEndpoint");
  const { S3Update, ...more } = told(endpoint!) as Firehose.HttpEndpointDestinationUpdate;
  const { kind, url, name, accessKey, retrySeconds, s3, ...rest } = former;
  const next = endpointDestination(ctx, {
    EndpointConfiguration: { Url: url, ...(name !== undefined && { Name: name }) },
    RetryOptions: { DurationInSeconds: retrySeconds },
    ...rest,
    ...more,
    S3Configuration: { ...s3, ...(S3Update && told(S3Update)) },
  });
  return more.EndpointConfiguration ? next : { ...next, accessKey };
}

const told = <T extends object>(update: T): T =>
  Object.fromEntries(Object.entries(update).filter(([, value]) => value !== undefined)) as T;

function objectSettings(told: Firehose.S3DestinationConfiguration): ObjectSettings {
  const { SizeInMBs = 5, IntervalInSeconds = 300 } = told.BufferingHints ?? {};
  return {
    RoleARN: told.RoleARN,
    BucketARN: told.BucketARN,
    Prefix: told.Prefix,
    ErrorOutputPrefix: told.ErrorOutputPrefix,
    BufferingHints: { SizeInMBs, IntervalInSeconds },
    CompressionFormat: told.CompressionFormat ?? "UNCOMPRESSED",
    EncryptionConfiguration: told.EncryptionConfiguration ?? { NoEncryptionConfig: "NoEncryption" },
    CloudWatchLoggingOptions: told.CloudWatchLoggingOptions ?? { Enabled: false },
  };
}

const isPartitioned = ({ DynamicPartitioningConfiguration }: BucketDestination) =>
  DynamicPartitioningConfiguration?.Enabled === true;

function bucketDestination(
  place: Place,
  configuration: Firehose.ExtendedS3DestinationConfiguration,
): BucketDestination {
  const backup = configuration.S3BackupConfiguration;
  const destination: BucketDestination = {
    kind: "s3",
    ...objectSettings(configuration),
    ProcessingConfiguration: configuration.ProcessingConfiguration,
    S3BackupMode: configuration.S3BackupMode ?? "Disabled",
    backup: backup && objectSettings(backup),
    DataFormatConversionConfiguration: configuration.DataFormatConversionConfiguration,
    DynamicPartitioningConfiguration: configuration.DynamicPartitioningConfiguration?.Enabled
      ? { RetryOptions: { DurationInSeconds: 300 }, ...told(configuration.DynamicPartitioningConfiguration) }
      : configuration.DynamicPartitioningConfiguration,
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
  const { SizeInMBs = 5, IntervalInSeconds = 300 } = configuration.BufferingHints ?? {};
  const { Url, Name, AccessKey } = configuration.EndpointConfiguration;
  const destination: EndpointDestination = {
    kind: "http",
    url: Url,
    name: Name,
    accessKey: AccessKey === undefined ? undefined : ctx.seal.seal(ACCESS_KEY, AccessKey),
    BufferingHints: { SizeInMBs, IntervalInSeconds },
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
