import type * as Firehose from "#aws/contract/types/firehose.ts";
import { notImplemented } from "#aws/errors.ts";
import type { Place } from "#kernel/records/collection.ts";
import { badPrefix, invalid } from "../errors.ts";
import { checkSecret } from "./checks.ts";

type Input = Firehose.CreateDeliveryStreamInput;

/** Destinations that are not implemented: requests that AWS would refuse get AWS's error first. */
const CHECKS = {
  Redshift: (place: Place, input: Input) => checkRedshift(place, input.RedshiftDestinationConfiguration!),
  Elasticsearch: (_place: Place, input: Input) => checkDomain(input.ElasticsearchDestinationConfiguration!),
  Amazonopensearchservice: (_place: Place, input: Input) =>
    checkDomain(input.AmazonopensearchserviceDestinationConfiguration!),
  AmazonOpenSearchServerless: (_place: Place, input: Input) =>
    checkCollection(input.AmazonOpenSearchServerlessDestinationConfiguration!),
  Splunk: (place: Place, input: Input) => checkSplunk(place, input.SplunkDestinationConfiguration!),
  Snowflake: (place: Place, input: Input) => checkSnowflake(place, input.SnowflakeDestinationConfiguration!),
  Iceberg: (_place: Place, input: Input) => checkIceberg(input.IcebergDestinationConfiguration!),
} as const;

const KINDS = Object.keys(CHECKS) as (keyof typeof CHECKS)[];

/** @throws {AwsError} InvalidArgumentException, NotImplemented */
export function refuseOthers(place: Place, input: Input): void {
  const kind = KINDS.find((one) => input[`${one}DestinationConfiguration`] !== undefined);
  if (!kind) return;
  CHECKS[kind](place, input);
  throw destinationNotImplemented(kind);
}

/** @throws {AwsError} NotImplemented */
export function refuseOtherUpdates(input: Firehose.UpdateDestinationInput): void {
  const kind = KINDS.find((one) => input[`${one}DestinationUpdate`] !== undefined);
  if (kind) throw destinationNotImplemented(kind);
}

const destinationNotImplemented = (kind: string) =>
  notImplemented(`the destination ${kind} of a delivery stream`);

function checkRedshift(place: Place, configuration: Firehose.RedshiftDestinationConfiguration): void {
  const { Password, SecretsManagerConfiguration: secret, S3Configuration: s3 } = configuration;
  checkSecret(place, secret);
  if (Password === undefined && !secret?.Enabled)
    throw invalid("Redshift Database Password is required for Redshift Destination");
  if (!["UNCOMPRESSED", "GZIP"].includes(s3.CompressionFormat ?? "UNCOMPRESSED"))
    throw invalid(
      "Only the following compression formats are allowed when using Redshift: [UNCOMPRESSED, GZIP]",
    );
  if (s3.Prefix?.includes("!{") || s3.ErrorOutputPrefix)
    throw badPrefix(
      "Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination",
    );
}

function checkDomain(configuration: { DomainARN?: string; ClusterEndpoint?: string }): void {
  const { DomainARN, ClusterEndpoint } = configuration;
  if (DomainARN !== undefined && ClusterEndpoint !== undefined)
    throw invalid(
      "Cannot provide both Elasticsearch cluster endpoint and domain ARN. Provide either the cluster endpoint or domain arn. Must specify cluster endpoint for cross account elasticsearch cluster.",
    );
  if (DomainARN === undefined && ClusterEndpoint === undefined)
    throw invalid(
      "Provide either the Elasticsearch cluster endpoint or domain arn. Must specify cluster endpoint for cross account Elasticsearch cluster.",
    );
}

function checkCollection(configuration: Firehose.AmazonOpenSearchServerlessDestinationConfiguration): void {
  if (configuration.CollectionEndpoint === undefined)
    throw invalid("Must specify collection endpoint for delivery to OpenSearch serverless.");
}

function checkSplunk(place: Place, configuration: Firehose.SplunkDestinationConfiguration): void {
  if (!configuration.HECEndpoint.startsWith("https://"))
    throw invalid("Invalid HECEndpoint. Supported endpoint format is https://<domain>:<port>.");
  checkSecret(place, configuration.SecretsManagerConfiguration);
}

function checkSnowflake(place: Place, configuration: Firehose.SnowflakeDestinationConfiguration): void {
  const { SecretsManagerConfiguration: secret, SnowflakeRoleConfiguration: role } = configuration;
  checkSecret(place, secret);
  if (!secret?.Enabled) {
    if (configuration.User === undefined) throw invalid("User must be provided.");
    if (configuration.PrivateKey === undefined) throw invalid("PrivateKey must be provided.");
  }
  if (role?.Enabled && role.SnowflakeRole === undefined)
    throw invalid("Must provide SnowflakeRole when SnowflakeRoleConfiguration is enabled.");
  const {
    DataLoadingOption = "JSON_MAPPING",
    ContentColumnName: content,
    MetaDataColumnName: metadata,
  } = configuration;
  if (DataLoadingOption === "JSON_MAPPING" && content !== undefined)
    throw invalid(
      "Can't configure ContentColumnName when Data Loading Option is not VARIANT_CONTENT_MAPPING or VARIANT_CONTENT_AND_METADATA_MAPPING",
    );
  if (
    DataLoadingOption === "VARIANT_CONTENT_AND_METADATA_MAPPING" &&
    (content === undefined || metadata === undefined)
  )
    throw invalid(
      "Must provide ContentColumnName and MetadataColumnName when Data Loading Option is VARIANT_CONTENT_AND_METADATA_MAPPING.",
    );
}

function checkIceberg(configuration: Firehose.IcebergDestinationConfiguration): void {
  if (configuration.S3BackupMode === "AllData")
    throw invalid("S3BackupMode.AllData is not supported for Iceberg as destination.");
  const { Enabled, Processors = [] } = configuration.ProcessingConfiguration ?? {};
  const isRouted =
    Enabled && Processors.some(({ Type }) => Type === "Lambda" || Type === "MetadataExtraction");
  if (!isRouted && configuration.DestinationTableConfigurationList?.length !== 1)
    throw invalid(
      "A single default destination table configuration must be provided when both Lambda and MetadataExtraction processors are not provided",
    );
}
