import { parseArn } from "#aws/arn.ts";
import type * as Firehose from "#aws/contract/types/firehose.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Place } from "#kernel/records/collection.ts";
import {
  hasPartitionKeys,
  leastLength,
  namesErrorType,
  parsePrefix,
  partitionKeysIn,
} from "../delivery/prefix.ts";
import { badPrefix, invalid, noBackup } from "../errors.ts";
import { type Processing, processingOf } from "../processing/processors.ts";
import type { BucketDestination, EndpointDestination, ObjectSettings } from "../store.ts";

const MIN_MEBIBYTES_OF_PARTITIONS = 64;
const MIN_SECONDS_OF_PARTITIONS = 60;
const MAX_PREFIX_LENGTH = 512;
/**
 * Time zones that Firehose accepts, by their traditional names; a renamed zone is not accepted by its new name.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html
 */
const ZONES: ReadonlySet<string> = new Set([
  "UTC",
  ...Intl.supportedValuesOf("timeZone"),
  "Africa/Timbuktu",
  "America/Montreal",
  "America/Porto_Acre",
  "Asia/Ashkhabad",
  "Asia/Dacca",
  "Asia/Macao",
  "Asia/Thimbu",
  "Asia/Ujung_Pandang",
  "Asia/Ulan_Bator",
]);

/** Validates the settings for objects beyond the contract. @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkObjects({ region }: Place, settings: ObjectSettings): void {
  if (!parseArn(settings.BucketARN)) throw invalid(`${settings.BucketARN} is not the ARN of a bucket.`);
  checkPrefixes(settings);
  checkLogging(settings.CloudWatchLoggingOptions);
  const { NoEncryptionConfig, KMSEncryptionConfig: key } = settings.EncryptionConfiguration;
  if ((NoEncryptionConfig === undefined) === (key === undefined))
    throw invalid("Exactly one of NoEncryptionConfig or KMSEncryptionConfig must be specified");
  const keyRegion = key && parseArn(key.AWSKMSKeyARN)?.region;
  if (keyRegion !== undefined && keyRegion !== region)
    throw invalid(
      `KMS Key ${key!.AWSKMSKeyARN} does not exist in the same region as the S3 bucket. KMS Key region: ${keyRegion}. S3 Bucket Region: ${region}`,
    );
  if (key) throw notImplemented("encryption of delivered objects with KMS");
}

function checkPrefixes({ Prefix = "", ErrorOutputPrefix = "" }: ObjectSettings): void {
  const prefix = parsePrefix(Prefix, "Prefix");
  const errors = parsePrefix(ErrorOutputPrefix, "ErrorOutputPrefix");
  if (prefix.hasExpressions && ErrorOutputPrefix === "")
    throw badPrefix("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions");
  if (namesErrorType(prefix))
    throw badPrefix("Prefix must not contain any occurrence of !{firehose:error-output-type}");
  if (errors.hasExpressions && !namesErrorType(errors))
    throw badPrefix(
      "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}",
    );
  if (hasPartitionKeys(errors))
    throw invalid("Dynamic Partitioning Namespaces can't be part of an error prefix expression");
  for (const [what, length] of [
    ["prefix", leastLength(prefix)],
    ["ErrorOutputPrefix", leastLength(errors)],
  ] as const) {
    if (length > MAX_PREFIX_LENGTH)
      throw badPrefix(`Length of evaluated ${what} cannot be greater than ${MAX_PREFIX_LENGTH}`);
  }
}

function checkLogging(options: Firehose.CloudWatchLoggingOptions | undefined): void {
  if (options?.Enabled && !options.LogGroupName)
    throw invalid("CloudWatch Log Group Name is required if CloudWatch Logging is enabled");
}

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkBucket(place: Place, destination: BucketDestination): void {
  checkObjects(place, destination);
  const { backup, CustomTimeZone, S3BackupMode } = destination;
  if (CustomTimeZone && !ZONES.has(CustomTimeZone))
    throw invalid(
      "Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time zones.",
    );
  if (S3BackupMode === "Enabled" && !backup) throw noBackup();
  if (backup) checkObjects(place, backup);
  checkConversion(destination);
  checkPartitions(destination, processingOf(destination.ProcessingConfiguration));
}

function checkConversion(destination: BucketDestination): void {
  const conversion = destination.DataFormatConversionConfiguration;
  if (!conversion || conversion.Enabled === false) return;
  if (destination.CompressionFormat !== "UNCOMPRESSED")
    throw invalid(
      "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.",
    );
  const members = ["InputFormatConfiguration", "OutputFormatConfiguration", "SchemaConfiguration"] as const;
  const missing = members.find((member) => conversion[member] === undefined);
  if (missing) throw invalid(`${missing} must not be null`);
  checkOne("Deserializer", conversion.InputFormatConfiguration?.Deserializer);
  checkOne("Serializer", conversion.OutputFormatConfiguration?.Serializer);
  throw notImplemented("conversion of the data format of a delivery stream");
}

function checkOne(what: string, choice: object | undefined): void {
  const chosen = Object.values(choice ?? {}).filter((one) => one !== undefined).length;
  if (chosen === 0) throw invalid(`${what} must not be null`);
  if (chosen > 1) throw invalid(`More than one ${what.toLowerCase()} specified. Only one may be chosen.`);
}

function checkPartitions(destination: BucketDestination, { query, deaggregation }: Processing): void {
  const prefix = parsePrefix(destination.Prefix ?? "", "Prefix");
  if (!destination.DynamicPartitioningConfiguration?.Enabled) {
    if (hasPartitionKeys(prefix))
      throw invalid(
        "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is enabled.",
      );
    if (query) throw onlyInPartitions("MetadataExtraction");
    if (deaggregation) throw onlyInPartitions("RecordDeAggregation");
    return;
  }
  checkPartitionBuffer(destination.BufferingHints);
  if (!destination.ProcessingConfiguration?.Enabled)
    throw invalid("Processing Configuration is not enabled when DataPartitioning is enabled");
  if (partitionKeysIn(prefix, "lambda").length > 0)
    throw invalid(
      "Lambda should be present when S3 Prefix contains keys from partitionKeyFromLambda namespace",
    );
  checkPartitionKeys(partitionKeysIn(prefix, "query"), query);
}

function checkPartitionBuffer({ SizeInMBs, IntervalInSeconds }: Firehose.BufferingHints): void {
  if (SizeInMBs! < MIN_MEBIBYTES_OF_PARTITIONS)
    throw invalid(
      `BufferingHints.SizeInMBs must be at least ${MIN_MEBIBYTES_OF_PARTITIONS} when Dynamic Partitioning is enabled.`,
    );
  if (IntervalInSeconds! < MIN_SECONDS_OF_PARTITIONS)
    throw invalid(
      `BufferingHints.IntervalInSeconds must be at least ${MIN_SECONDS_OF_PARTITIONS} seconds when Dynamic Partitioning is enabled.`,
    );
}

/** The partition keys of the prefix must be exactly those of the query. */
function checkPartitionKeys(keys: readonly string[], query: Processing["query"]): void {
  if (!query)
    throw invalid(
      keys.length > 0
        ? "MetadataExtraction processor should be present when S3 Prefix has partitionKeyFromQuery namespace"
        : "MetadataExtraction or Lambda processor must be present when Dynamic Partitioning is enabled.",
    );
  if (keys.length === 0)
    throw invalid(
      "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled",
    );
  if ([...query.keys()].some((key) => !keys.includes(key)))
    throw invalid(
      "MetaDataExtraction JQ Query can't contain keys that are not present in the S3 Prefix expression",
    );
  const unknown = keys.find((key) => !query.has(key));
  if (unknown !== undefined)
    throw invalid(`Partition key ${unknown} of Prefix is not extracted by the MetadataExtraction processor`);
}

const onlyInPartitions = (processor: string) =>
  invalid(
    `class com.amazonaws.services.firehose.internal.model.${processor}Processor can only be present when Dynamic Partitioning is enabled.`,
  );

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function checkEndpoint(
  place: Place,
  { CloudWatchLoggingOptions, ProcessingConfiguration, RequestConfiguration }: EndpointDestination,
  { EndpointConfiguration, SecretsManagerConfiguration }: Firehose.HttpEndpointDestinationConfiguration,
): void {
  if (!URL.canParse(EndpointConfiguration.Url)) throw invalid("The endpoint's URL is not valid.");
  const names = (RequestConfiguration?.CommonAttributes ?? []).map(({ AttributeName }) => AttributeName);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw invalid(`Http Endpoint Common Attributes have duplicate name ${twice}.`);
  checkLogging(CloudWatchLoggingOptions);
  checkSecret(place, SecretsManagerConfiguration);
  if (SecretsManagerConfiguration?.Enabled)
    throw notImplemented("secrets of a delivery stream in Secrets Manager");
  const { query, deaggregation } = processingOf(ProcessingConfiguration);
  if (query) throw onlyInPartitions("MetadataExtraction");
  if (deaggregation) throw onlyInPartitions("RecordDeAggregation");
}

/** @throws {AwsError} InvalidArgumentException */
export function checkSecret(
  { region }: Place,
  secret: Firehose.SecretsManagerConfiguration | undefined,
): void {
  if (!secret?.Enabled) return;
  if (secret.SecretARN === undefined) throw invalid("Invalid secret ARN: null");
  if (parseArn(secret.SecretARN)?.region !== region)
    throw invalid(
      "Cross-region secrets are not allowed. Please provide a secret in the same region as firehose",
    );
}
