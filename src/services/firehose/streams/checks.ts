import type * as Firehose from "#aws/contract/types/firehose.ts";
import { isTimeZone } from "#aws/languages/schedule/time-zone.ts";
import { COMPRESSIONS } from "../delivery/objects.ts";
import { namesErrorType, parsePrefix, partitionKeysIn } from "../delivery/prefix.ts";
import { badPrefix, invalid, notThere } from "../errors.ts";
import { type Processing, processingOf } from "../processing/processors.ts";
import type { BucketDestination, EndpointDestination, ObjectSettings } from "../store.ts";

const LEAST_MEBIBYTES_OF_PARTITIONS = 64;

/** What the contract cannot say of where objects go. @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkObjects(settings: ObjectSettings): void {
  const { Prefix = "", ErrorOutputPrefix = "", CompressionFormat, EncryptionConfiguration } = settings;
  const prefix = parsePrefix(Prefix);
  const errors = parsePrefix(ErrorOutputPrefix);
  if (prefix.hasExpressions && ErrorOutputPrefix === "")
    throw badPrefix("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions");
  if (namesErrorType(prefix)) throw badPrefix("Prefix cannot contain !{firehose:error-output-type}");
  if (errors.hasExpressions && !namesErrorType(errors))
    throw badPrefix(
      "ErrorOutputPrefix must contain at least one instance of !{firehose:error-output-type} when it contains expressions",
    );
  if (partitionKeysIn(errors).length > 0)
    throw badPrefix("ErrorOutputPrefix cannot contain partitionKeyFromQuery or partitionKeyFromLambda");
  if (!COMPRESSIONS.has(CompressionFormat)) throw notThere(`the compression format ${CompressionFormat}`);
  if (EncryptionConfiguration.KMSEncryptionConfig) throw notThere("encryption of delivered objects with KMS");
}

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkBucket(destination: BucketDestination): void {
  checkObjects(destination);
  const { backup, CustomTimeZone, DataFormatConversionConfiguration, S3BackupMode } = destination;
  if (CustomTimeZone && !isTimeZone(CustomTimeZone)) throw invalid(`Invalid time zone: ${CustomTimeZone}`);
  if (DataFormatConversionConfiguration && DataFormatConversionConfiguration.Enabled !== false)
    throw notThere("conversion of the data format of a delivery stream");
  if (S3BackupMode === "Enabled" && !backup)
    throw invalid("S3BackupConfiguration must be provided when S3BackupMode is Enabled");
  if (backup) checkObjects(backup);
  checkPartitions(destination, processingOf(destination.ProcessingConfiguration));
}

function checkPartitions(destination: BucketDestination, { query, deaggregation }: Processing): void {
  const keys = partitionKeysIn(parsePrefix(destination.Prefix ?? ""));
  if (!destination.DynamicPartitioningConfiguration?.Enabled) {
    if (keys.length > 0)
      throw invalid(
        "Prefix can only contain partitionKeyFromQuery or partitionKeyFromLambda when Dynamic Partitioning is enabled",
      );
    if (query)
      throw invalid("MetadataExtraction processor can only be present when Dynamic Partitioning is enabled");
    if (deaggregation)
      throw invalid("RecordDeAggregation processor can only be present when Dynamic Partitioning is enabled");
    return;
  }
  if (!query)
    throw invalid(
      "MetadataExtraction or Lambda processor must be present when Dynamic Partitioning is enabled.",
    );
  if (destination.BufferingHints.SizeInMBs! < LEAST_MEBIBYTES_OF_PARTITIONS)
    throw invalid("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled.");
  for (const key of keys) {
    if (!query.has(key))
      throw invalid(`Partition key ${key} of Prefix is not extracted by the MetadataExtraction processor`);
  }
  for (const key of query.keys()) {
    if (!keys.includes(key)) throw invalid(`Partition key ${key} is not used in Prefix`);
  }
}

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkEndpoint(
  { ProcessingConfiguration }: EndpointDestination,
  { EndpointConfiguration, SecretsManagerConfiguration }: Firehose.HttpEndpointDestinationConfiguration,
): void {
  if (!URL.canParse(EndpointConfiguration.Url)) throw invalid("The endpoint's URL is not valid.");
  if (SecretsManagerConfiguration?.Enabled) throw notThere("secrets of a delivery stream in Secrets Manager");
  const { query, deaggregation } = processingOf(ProcessingConfiguration);
  if (query || deaggregation) throw invalid("Dynamic Partitioning is only supported for S3 destinations.");
}
