import { CreateDeliveryStreamCommand, type CreateDeliveryStreamCommandInput } from "@aws-sdk/client-firehose";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, firehoseOf, invalid, notImplemented, RoleARN, uniqueName } from "./firehose.ts";

/** Unimplemented features are refused by name, but only after the input passes AWS's own validation. */
const { send } = firehoseOf(conformanceCloud());

type Input = Partial<CreateDeliveryStreamCommandInput>;
/** Messages observed from AWS; its documentation has only the rules. */
const OBSERVED = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/firehose";

const create = (input: object) =>
  send(new CreateDeliveryStreamCommand({ DeliveryStreamName: uniqueName("made"), ...(input as Input) }));

const S3 = { RoleARN, BucketARN: "arn:aws:s3:::anywhere" };
const secret = (region: string) => ({
  SecretsManagerConfiguration: {
    Enabled: true,
    RoleARN,
    SecretARN: `arn:aws:secretsmanager:${region}:${ACCOUNT}:secret:destination-AbCdEf`,
  },
});
const extended = (more: object): Input => ({ ExtendedS3DestinationConfiguration: { ...S3, ...more } });
const converted = (more: object, rest: object = {}) =>
  extended({ DataFormatConversionConfiguration: { Enabled: true, ...more }, ...rest });
const JSON_IN = { InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } } };
const PARQUET = { OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } } };
const SCHEMA = { SchemaConfiguration: { RoleARN, DatabaseName: "d", TableName: "t" } };
const processor = (Type: string, parameters: Record<string, string>) => processing([Type, parameters]);
const processing = (...list: [string, Record<string, string>][]) =>
  extended({
    ProcessingConfiguration: {
      Enabled: true,
      Processors: list.map(([Type, parameters]) => ({
        Type: Type as never,
        Parameters: Object.entries(parameters).map(([name, ParameterValue]) => ({
          ParameterName: name as never,
          ParameterValue,
        })),
      })),
    },
  });
const lambda = (parameters: Record<string, string>) =>
  processor("Lambda", { LambdaArn: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f:$LATEST`, ...parameters });
const logs = (parameters: Record<string, string>) =>
  processing(["CloudWatchLogProcessing", parameters], ["Decompression", { CompressionFormat: "GZIP" }]);

const redshift = (more: object, s3: object = {}) => ({
  RedshiftDestinationConfiguration: {
    RoleARN,
    ClusterJDBCURL: "jdbc:redshift://cluster.abcdef.us-east-1.redshift.amazonaws.com:5439/d",
    CopyCommand: { DataTableName: "t" },
    Username: "someone",
    S3Configuration: { ...S3, ...s3 },
    ...more,
  },
});
const PASSWORD = { Password: "secret12" };
const domain = (more: object) => ({
  AmazonopensearchserviceDestinationConfiguration: { RoleARN, IndexName: "i", S3Configuration: S3, ...more },
});
const DOMAIN = { DomainARN: `arn:aws:es:us-east-1:${ACCOUNT}:domain/words` };
const CLUSTER = { ClusterEndpoint: "https://cluster.example.test" };
const elastic = (more: object) => ({
  ElasticsearchDestinationConfiguration: { RoleARN, IndexName: "i", S3Configuration: S3, ...more },
});
const collection = (more: object) => ({
  AmazonOpenSearchServerlessDestinationConfiguration: {
    RoleARN,
    IndexName: "i",
    S3Configuration: S3,
    ...more,
  },
});
const splunk = (HECEndpoint: string, more: object = { HECToken: "token" }) => ({
  SplunkDestinationConfiguration: { HECEndpoint, HECEndpointType: "Raw", S3Configuration: S3, ...more },
});
const OWNER = { User: "someone", PrivateKey: "k".repeat(256) };
const snowflake = (more: object) => ({
  SnowflakeDestinationConfiguration: {
    AccountUrl: "abcdefg-ab12345.snowflakecomputing.com",
    Database: "d",
    Schema: "s",
    Table: "t",
    RoleARN,
    S3Configuration: S3,
    ...more,
  },
});
const TABLE = { DestinationDatabaseName: "d", DestinationTableName: "t" };
const iceberg = (more: object) => ({
  IcebergDestinationConfiguration: {
    RoleARN,
    CatalogConfiguration: { CatalogARN: `arn:aws:glue:us-east-1:${ACCOUNT}:catalog` },
    S3Configuration: S3,
    ...more,
  },
});

const ELSEWHERE = invalid(
  "Cross-region secrets are not allowed. Please provide a secret in the same region as firehose",
);
const EXTRACTION = invalid(
  "Invalid parameter value for DataMessageExtraction. Allowed values are True and False.",
);
const NO_EXPRESSIONS = invalid(
  "The supplied prefix(es) do not satisfy the following constraint: Prefix Expressions or ErrorOutputPrefix is currently not supported for this destination",
);
for (const [what, input, error] of [
  [
    "format conversion refuses a compression format",
    converted({}, { CompressionFormat: "GZIP" }),
    invalid(
      "The S3 destination's compression format must be set to UNCOMPRESSED when data format conversion is enabled. To enable compression within the converted output format, set the appropriate serialization option in the output format configuration.",
    ),
  ],
  [
    "format conversion requires an output format",
    converted(JSON_IN),
    invalid("OutputFormatConfiguration must not be null"),
  ],
  [
    "format conversion requires a schema",
    converted({ ...JSON_IN, ...PARQUET }),
    invalid("SchemaConfiguration must not be null"),
  ],
  [
    "format conversion requires a deserializer",
    converted({ InputFormatConfiguration: { Deserializer: {} }, ...PARQUET, ...SCHEMA }),
    invalid("Deserializer must not be null"),
  ],
  [
    "format conversion refuses two deserializers",
    converted({
      InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {}, HiveJsonSerDe: {} } },
      ...PARQUET,
      ...SCHEMA,
    }),
    invalid("More than one deserializer specified. Only one may be chosen."),
  ],
  [
    "format conversion requires a serializer",
    converted({ ...JSON_IN, OutputFormatConfiguration: { Serializer: {} }, ...SCHEMA }),
    invalid("Serializer must not be null"),
  ],
  [
    "format conversion refuses two serializers",
    converted({
      ...JSON_IN,
      OutputFormatConfiguration: { Serializer: { ParquetSerDe: {}, OrcSerDe: {} } },
      ...SCHEMA,
    }),
    invalid("More than one serializer specified. Only one may be chosen."),
  ],
  [
    "buffering hints of a Lambda processor require a size and an interval",
    lambda({ BufferSizeInMBs: "1" }),
    invalid(
      "Both BufferSizeInMBs and BufferIntervalInSeconds are required to configure buffering for lambda processor.",
    ),
  ],
  [
    "a Lambda processor refuses a buffer interval longer than 900 seconds",
    lambda({ BufferSizeInMBs: "1", BufferIntervalInSeconds: "901" }),
    invalid("BufferIntervalInSeconds for lambda processor must be between 0 and 900."),
  ],
  ...["0.199", "3.01"].map(
    (BufferSizeInMBs) =>
      [
        `a Lambda processor refuses a buffer of ${BufferSizeInMBs} MB`,
        lambda({ BufferSizeInMBs, BufferIntervalInSeconds: "60" }),
        invalid("BufferSizeInMBs for lambda processor must be between 0.2 and 3."),
      ] as const,
  ),
  ...["-1", "301"].map(
    (NumberOfRetries) =>
      [
        `a Lambda processor refuses ${NumberOfRetries} retries`,
        lambda({ NumberOfRetries }),
        invalid("Number of retries for lambda must be between 0 and 300."),
      ] as const,
  ),
  [
    "DataMessageExtraction refuses other values than true and false",
    logs({ DataMessageExtraction: "yes" }),
    EXTRACTION,
  ],
  ["DataMessageExtraction is required", logs({}), EXTRACTION],
  [
    "an MSK source requires its configuration",
    { ...extended({}), DeliveryStreamType: "MSKAsSource" },
    invalid("MSKSourceConfig is mandatory for MSK as Source stream type."),
  ],
  [
    "a database source requires an Iceberg destination",
    { ...extended({}), DeliveryStreamType: "DatabaseAsSource" },
    invalid("IcebergDestinationConfiguration must be specified for Database as Source."),
  ],
  [
    "a Redshift destination requires a password",
    redshift({}),
    invalid("Redshift Database Password is required for Redshift Destination"),
  ],
  [
    "a Redshift destination refuses ZIP compression",
    redshift(PASSWORD, { CompressionFormat: "ZIP" }),
    invalid("Only the following compression formats are allowed when using Redshift: [UNCOMPRESSED, GZIP]"),
  ],
  [
    "a Redshift destination refuses prefix expressions",
    redshift(PASSWORD, { Prefix: "a/!{timestamp:yyyy}/" }),
    NO_EXPRESSIONS,
  ],
  [
    "a Redshift destination refuses an error prefix",
    redshift(PASSWORD, { ErrorOutputPrefix: "e/" }),
    NO_EXPRESSIONS,
  ],
  ["a Redshift destination refuses a secret in another Region", redshift(secret("eu-west-1")), ELSEWHERE],
  ...[domain, elastic].flatMap(
    (made) =>
      [
        [
          `${Object.keys(made({}))} refuses both a cluster endpoint and a domain ARN`,
          made({ ...DOMAIN, ...CLUSTER }),
          invalid(
            "Cannot provide both Elasticsearch cluster endpoint and domain ARN. Provide either the cluster endpoint or domain arn. Must specify cluster endpoint for cross account elasticsearch cluster.",
          ),
        ],
        [
          `${Object.keys(made({}))} requires a cluster endpoint or a domain ARN`,
          made({}),
          invalid(
            "Provide either the Elasticsearch cluster endpoint or domain arn. Must specify cluster endpoint for cross account Elasticsearch cluster.",
          ),
        ],
      ] as const,
  ),
  [
    "a serverless collection requires an endpoint",
    collection({}),
    invalid("Must specify collection endpoint for delivery to OpenSearch serverless."),
  ],
  [
    "a Splunk destination refuses an endpoint without HTTPS",
    splunk("http://splunk.example.test:8088"),
    invalid("Invalid HECEndpoint. Supported endpoint format is https://<domain>:<port>."),
  ],
  [
    "a Splunk destination refuses a secret in another Region",
    splunk("https://splunk.example.test:8088", secret("eu-west-1")),
    ELSEWHERE,
  ],
  [
    "a Snowflake destination requires a user",
    snowflake({ PrivateKey: OWNER.PrivateKey }),
    invalid("User must be provided."),
  ],
  [
    "a Snowflake destination requires a private key",
    snowflake({ User: OWNER.User }),
    invalid("PrivateKey must be provided."),
  ],
  [
    "an enabled Snowflake role requires a name",
    snowflake({ ...OWNER, SnowflakeRoleConfiguration: { Enabled: true } }),
    invalid("Must provide SnowflakeRole when SnowflakeRoleConfiguration is enabled."),
  ],
  [
    "content and metadata mapping requires both column names",
    snowflake({
      ...OWNER,
      DataLoadingOption: "VARIANT_CONTENT_AND_METADATA_MAPPING",
      ContentColumnName: "c",
    }),
    invalid(
      "Must provide ContentColumnName and MetadataColumnName when Data Loading Option is VARIANT_CONTENT_AND_METADATA_MAPPING.",
    ),
  ],
  [
    "JSON mapping refuses a content column name",
    snowflake({ ...OWNER, DataLoadingOption: "JSON_MAPPING", ContentColumnName: "c" }),
    invalid(
      "Can't configure ContentColumnName when Data Loading Option is not VARIANT_CONTENT_MAPPING or VARIANT_CONTENT_AND_METADATA_MAPPING",
    ),
  ],
  [
    "an Iceberg destination refuses a backup of all data",
    iceberg({ S3BackupMode: "AllData", DestinationTableConfigurationList: [TABLE] }),
    invalid("S3BackupMode.AllData is not supported for Iceberg as destination."),
  ],
  [
    "an Iceberg destination without routing requires exactly one table",
    iceberg({}),
    invalid(
      "A single default destination table configuration must be provided when both Lambda and MetadataExtraction processors are not provided",
    ),
  ],
] as const)
  behaviour(what, OBSERVED, async () => {
    await expect(create(input)).rejects.toMatchObject(error);
  });

for (const [what, input] of [
  ["conversion", converted({ ...JSON_IN, ...PARQUET, ...SCHEMA })],
  ["Lambda", lambda({ BufferSizeInMBs: "0.2", BufferIntervalInSeconds: "0", NumberOfRetries: "300" })],
  ["CloudWatchLogProcessing", logs({ DataMessageExtraction: "true" })],
  ["Redshift", redshift(PASSWORD)],
  ["Redshift with a secret", redshift(secret("us-east-1"))],
  ["OpenSearch", domain(DOMAIN)],
  ["Elasticsearch", elastic(CLUSTER)],
  ["OpenSearch Serverless", collection({ CollectionEndpoint: "https://collection.example.test" })],
  ["Splunk", splunk("https://splunk.example.test:8088")],
  ["Snowflake", snowflake(OWNER)],
  ["Snowflake with a secret", snowflake(secret("us-east-1"))],
  ["Iceberg", iceberg({ DestinationTableConfigurationList: [TABLE] })],
] as const)
  behaviour(`${what} is not implemented`, api("CreateDeliveryStream"), async () => {
    await expect(create(input)).rejects.toMatchObject(notImplemented);
  });
