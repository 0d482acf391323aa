import { CreateDeliveryStreamCommand, type CreateDeliveryStreamCommandInput } from "@aws-sdk/client-firehose";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import {
  ACCOUNT,
  api,
  firehoseOf,
  guide,
  invalid,
  notImplemented,
  RoleARN,
  refusal,
  uniqueName,
} from "./firehose.ts";

const cloud = conformanceCloud();
const { send } = firehoseOf(cloud);

const S3 = { RoleARN, BucketARN: "arn:aws:s3:::anywhere" };
const HTTP = { EndpointConfiguration: { Url: "https://example.test/in" }, S3Configuration: S3 };

const create = (input: Partial<CreateDeliveryStreamCommandInput>) =>
  send(new CreateDeliveryStreamCommand({ DeliveryStreamName: uniqueName("made"), ...input }));

const refused = (
  what: string,
  source: string,
  input: Partial<CreateDeliveryStreamCommandInput>,
  error: object,
) =>
  behaviour(what, source, async () => {
    await expect(create(input)).rejects.toMatchObject(error);
  });
const extended = (more: object) => ({ ExtendedS3DestinationConfiguration: { ...S3, ...more } });
const ONE = invalid("Exactly one destination configuration is supported for a Firehose");

refused("a stream without a destination is refused", api("CreateDeliveryStream"), {}, ONE);
refused(
  "a stream with two destinations is refused",
  api("CreateDeliveryStream"),
  { S3DestinationConfiguration: S3, HttpEndpointDestinationConfiguration: HTTP },
  ONE,
);
const FOREIGN = "arn:aws:iam::111111111111:role/delivery";
for (const [what, input] of Object.entries({
  "a bucket": { S3DestinationConfiguration: { ...S3, RoleARN: FOREIGN } },
  "a backup": extended({
    S3BackupMode: "Enabled",
    S3BackupConfiguration: { ...S3, RoleARN: FOREIGN },
  }),
  "a source": {
    DeliveryStreamType: "KinesisStreamAsSource",
    KinesisStreamSourceConfiguration: {
      KinesisStreamARN: "arn:aws:kinesis:us-east-1:111111111111:stream/theirs",
      RoleARN: FOREIGN,
    },
    S3DestinationConfiguration: S3,
  },
} satisfies Record<string, Partial<CreateDeliveryStreamCommandInput>>))
  refused(
    `the role of ${what} must belong to the account`,
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
    input,
    refusal("AccessDeniedException", "Cross-account pass role is not allowed."),
  );
const PREFIXES = guide("s3-prefixes");
const constraint = (text: string) =>
  invalid(`The supplied prefix(es) do not satisfy the following constraint: ${text}`);
refused(
  "a prefix with expressions requires an error prefix",
  PREFIXES,
  extended({ Prefix: "!{timestamp:yyyy}/" }),
  constraint("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
);
refused(
  "a prefix refuses the type of an error",
  PREFIXES,
  extended({ Prefix: "!{firehose:error-output-type}/", ErrorOutputPrefix: "e/" }),
  constraint("Prefix must not contain any occurrence of !{firehose:error-output-type}"),
);
refused(
  "an error prefix with expressions requires the type of the error",
  PREFIXES,
  extended({ ErrorOutputPrefix: "!{timestamp:yyyy}/" }),
  constraint("ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"),
);
refused(
  "an incomplete expression is refused",
  PREFIXES,
  extended({ Prefix: "!{oops", ErrorOutputPrefix: "e/" }),
  constraint("Invalid expression usage: !{oops.Must be of the form !{<namespace>:<value>}"),
);
refused(
  "an expression with an unknown namespace is refused",
  PREFIXES,
  extended({ Prefix: "!{moon:phase}", ErrorOutputPrefix: "e/" }),
  constraint("Namespace to the left of colon (moon) is an invalid keyword!"),
);
refused(
  "an invalid timestamp pattern is refused",
  PREFIXES,
  extended({ Prefix: "!{timestamp:yyyy-bb}/", ErrorOutputPrefix: "e/" }),
  constraint("Invalid conversion character used in the value of the expression in Prefix"),
);
refused(
  "a backup requires a destination",
  api("ExtendedS3DestinationConfiguration"),
  extended({ S3BackupMode: "Enabled" }),
  invalid("S3 backup destination configuration is required when enabling S3 backup."),
);
refused(
  "an unknown time zone is refused",
  guide("s3-object-name"),
  extended({ CustomTimeZone: "Moon/Crater" }),
  invalid(
    "Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time zones.",
  ),
);
refused(
  "a stream with a Kinesis source requires the source",
  api("CreateDeliveryStream"),
  { S3DestinationConfiguration: S3, DeliveryStreamType: "KinesisStreamAsSource" },
  invalid("KinesisSourceStreamConfig is mandatory for KinesisStreamAsSource stream type."),
);
refused(
  "a customer managed key requires an ARN",
  api("DeliveryStreamEncryptionConfigurationInput"),
  {
    S3DestinationConfiguration: S3,
    DeliveryStreamEncryptionConfigurationInput: { KeyType: "CUSTOMER_MANAGED_CMK" },
  },
  invalid("KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK"),
);
const validation = (at: string) => ({
  name: "ValidationException",
  message: expect.stringContaining(`at '${at}' failed to satisfy constraint`),
});
refused(
  "a name with a space is refused",
  api("CreateDeliveryStream"),
  { DeliveryStreamName: "a b", S3DestinationConfiguration: S3 },
  validation("deliveryStreamName"),
);
refused(
  "a buffer larger than 128 MiB is refused",
  api("BufferingHints"),
  extended({ BufferingHints: { SizeInMBs: 129, IntervalInSeconds: 60 } }),
  validation("extendedS3DestinationConfiguration.bufferingHints.sizeInMBs"),
);
refused(
  "a buffer interval longer than 900 seconds is refused",
  api("BufferingHints"),
  extended({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 901 } }),
  validation("extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds"),
);
refused(
  "an endpoint without HTTPS is refused",
  api("HttpEndpointConfiguration"),
  {
    HttpEndpointDestinationConfiguration: { ...HTTP, EndpointConfiguration: { Url: "http://example.test" } },
  },
  validation("httpEndpointDestinationConfiguration.endpointConfiguration.url"),
);
/** Messages observed from AWS; its documentation has only the rules. */
const OBSERVED = "https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/firehose";
const processors = (...list: [string, Record<string, string>][]) => ({
  ProcessingConfiguration: {
    Enabled: true,
    Processors: list.map(([Type, parameters]) => ({
      Type,
      Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
        ParameterName,
        ParameterValue,
      })),
    })),
  },
});
const onlyInPartitions = (processor: string) =>
  invalid(
    `class com.amazonaws.services.firehose.internal.model.${processor}Processor can only be present when Dynamic Partitioning is enabled.`,
  );
const KMS = (region: string) => `arn:aws:kms:${region}:${ACCOUNT}:key/a`;
for (const [what, input, error] of [
  [
    "an error prefix with an unknown firehose expression is refused",
    extended({ ErrorOutputPrefix: "!{firehose:bogus}/" }),
    constraint("Invalid conversion character used in the value of the expression in ErrorOutputPrefix"),
  ],
  [
    "an error prefix with partition keys is refused",
    extended({ ErrorOutputPrefix: "!{partitionKeyFromQuery:a}/!{firehose:error-output-type}/" }),
    invalid("Dynamic Partitioning Namespaces can't be part of an error prefix expression"),
  ],
  [
    "a prefix longer than 512 characters is refused",
    extended({ Prefix: "p".repeat(513) }),
    constraint("Length of evaluated prefix cannot be greater than 512"),
  ],
  [
    "an error prefix longer than 512 characters is refused",
    extended({ ErrorOutputPrefix: "p".repeat(513) }),
    constraint("Length of evaluated ErrorOutputPrefix cannot be greater than 512"),
  ],
  [
    "MetadataExtraction requires dynamic partitioning",
    extended(
      processors(["MetadataExtraction", { MetadataExtractionQuery: "{a:.a}", JsonParsingEngine: "JQ-1.6" }]),
    ),
    onlyInPartitions("MetadataExtraction"),
  ],
  [
    "RecordDeAggregation requires dynamic partitioning",
    extended(processors(["RecordDeAggregation", { SubRecordType: "JSON" }])),
    onlyInPartitions("RecordDeAggregation"),
  ],
  [
    "MetadataExtraction refuses another version of JQ",
    extended(
      processors(["MetadataExtraction", { MetadataExtractionQuery: "{a:.a}", JsonParsingEngine: "JQ-1.7" }]),
    ),
    invalid("MetaDataExtraction JSON Parsing Engine has to be one of JQ-1.6"),
  ],
  [
    "RecordDeAggregation refuses an unknown record type",
    extended(processors(["RecordDeAggregation", { SubRecordType: "CSV" }])),
    invalid("SubRecordType has to be one of JSON, DELIMITED"),
  ],
  [
    "DELIMITED requires a delimiter",
    extended(processors(["RecordDeAggregation", { SubRecordType: "DELIMITED" }])),
    invalid("Delimiter should be present for DELIMITED"),
  ],
  [
    "enabled processing requires a processor",
    extended({ ProcessingConfiguration: { Enabled: true, Processors: [] } }),
    invalid("A maximum of 5 and a minimum of 1 processor needs to be supplied when processing is enabled."),
  ],
  [
    "a Lambda processor requires a function ARN",
    extended(processors(["Lambda", { NumberOfRetries: "1" }])),
    invalid("LambdaArn is required when Lambda processor is used."),
  ],
  [
    "a second Lambda processor is refused",
    extended(processors(["Lambda", { LambdaArn: "a" }], ["Lambda", { LambdaArn: "b" }])),
    invalid("Cannot have more than 1 Lambda processor."),
  ],
  [
    "the current name Europe/Kyiv of a time zone is refused",
    extended({ CustomTimeZone: "Europe/Kyiv" }),
    invalid(
      "Provided custom time zone is not supported. Custom time zones are limited to UTC and non-3-letter IANA time zones.",
    ),
  ],
  [
    "the current name Asia/Kolkata of a time zone is refused",
    extended({ CustomTimeZone: "Asia/Kolkata" }),
    invalid(expect.stringContaining("time zone is not supported")),
  ],
  [
    "enabled logging requires a log group",
    extended({ CloudWatchLoggingOptions: { Enabled: true } }),
    invalid("CloudWatch Log Group Name is required if CloudWatch Logging is enabled"),
  ],
  [
    "two encryption settings for objects are refused",
    extended({
      EncryptionConfiguration: {
        NoEncryptionConfig: "NoEncryption",
        KMSEncryptionConfig: { AWSKMSKeyARN: KMS("us-east-1") },
      },
    }),
    invalid("Exactly one of NoEncryptionConfig or KMSEncryptionConfig must be specified"),
  ],
  [
    "a KMS key in another Region than the bucket is refused",
    extended({ EncryptionConfiguration: { KMSEncryptionConfig: { AWSKMSKeyARN: KMS("eu-west-1") } } }),
    invalid(
      `KMS Key ${KMS("eu-west-1")} does not exist in the same region as the S3 bucket. KMS Key region: eu-west-1. S3 Bucket Region: us-east-1`,
    ),
  ],
  [
    "a KMS key in another Region than the stream is refused",
    {
      S3DestinationConfiguration: S3,
      DeliveryStreamEncryptionConfigurationInput: {
        KeyType: "CUSTOMER_MANAGED_CMK",
        KeyARN: KMS("eu-west-1"),
      },
    },
    invalid("Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose"),
  ],
  [
    "an AWS owned key refuses a key ARN",
    {
      S3DestinationConfiguration: S3,
      DeliveryStreamEncryptionConfigurationInput: { KeyType: "AWS_OWNED_CMK", KeyARN: KMS("us-east-1") },
    },
    invalid("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK"),
  ],
  [
    "encryption of a stream with a Kinesis source is refused",
    {
      S3DestinationConfiguration: S3,
      DeliveryStreamType: "KinesisStreamAsSource",
      KinesisStreamSourceConfiguration: {
        RoleARN,
        KinesisStreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/any`,
      },
      DeliveryStreamEncryptionConfigurationInput: { KeyType: "AWS_OWNED_CMK" },
    },
    invalid(
      "Server side encryption from firehose is only allowed for direct put delivery streams and database as a source delivery streams",
    ),
  ],
  [
    "duplicate names of common attributes are refused",
    {
      HttpEndpointDestinationConfiguration: {
        ...HTTP,
        RequestConfiguration: {
          CommonAttributes: [
            { AttributeName: "a", AttributeValue: "1" },
            { AttributeName: "a", AttributeValue: "2" },
          ],
        },
      },
    },
    invalid("Http Endpoint Common Attributes have duplicate name a."),
  ],
  [
    "an enabled secret requires an ARN",
    { HttpEndpointDestinationConfiguration: { ...HTTP, SecretsManagerConfiguration: { Enabled: true } } },
    invalid("Invalid secret ARN: null"),
  ],
  [
    "format conversion requires an input format",
    extended({ DataFormatConversionConfiguration: { Enabled: true } }),
    invalid("InputFormatConfiguration must not be null"),
  ],
] as const) {
  refused(what, OBSERVED, input as never, error);
}
refused(
  "a Kinesis source that does not exist is refused",
  api("CreateDeliveryStream"),
  {
    S3DestinationConfiguration: S3,
    DeliveryStreamType: "KinesisStreamAsSource",
    KinesisStreamSourceConfiguration: {
      RoleARN,
      KinesisStreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/nowhere`,
    },
  },
  invalid(/nowhere/),
);

behaviour("a source is ignored if the stream type does not read from it", OBSERVED, async () => {
  await create({
    S3DestinationConfiguration: S3,
    KinesisStreamSourceConfiguration: {
      RoleARN,
      KinesisStreamARN: `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/nowhere`,
    },
  });
});
for (const [what, input, at, rule] of [
  [
    "an endpoint's buffer larger than 64 MiB is refused",
    { HttpEndpointDestinationConfiguration: { ...HTTP, BufferingHints: { SizeInMBs: 65 } } },
    "httpEndpointDestinationConfiguration.bufferingHints.sizeInMBs",
    "Member must have value less than or equal to 64",
  ],
  [
    "an invalid bucket ARN is refused",
    extended({ BucketARN: `arn:aws:s3:us-east-1:${ACCOUNT}:box` }),
    "extendedS3DestinationConfiguration.bucketARN",
    "Member must satisfy regular expression pattern: arn:.*:s3:::[\\w\\.\\-]{1,255}",
  ],
] as const)
  refused(`${what} with a message that omits the value`, OBSERVED, input as never, {
    name: "ValidationException",
    message: `1 validation error detected: Value at '${at}' failed to satisfy constraint: ${rule}`,
  });
for (const [what, input] of [
  [
    "KMS encryption of objects",
    extended({
      EncryptionConfiguration: {
        KMSEncryptionConfig: { AWSKMSKeyARN: `arn:aws:kms:us-east-1:${ACCOUNT}:key/a` },
      },
    }),
  ],
  [
    "conversion to Parquet",
    extended({
      DataFormatConversionConfiguration: {
        InputFormatConfiguration: { Deserializer: { OpenXJsonSerDe: {} } },
        OutputFormatConfiguration: { Serializer: { ParquetSerDe: {} } },
        SchemaConfiguration: { RoleARN, DatabaseName: "d", TableName: "t" },
      },
    }),
  ],
  [
    "transformation by a Lambda function",
    extended({
      ProcessingConfiguration: {
        Enabled: true,
        Processors: [
          {
            Type: "Lambda",
            Parameters: [{ ParameterName: "LambdaArn", ParameterValue: "arn:aws:lambda:x" }],
          },
        ],
      },
    }),
  ],
  [
    "delivery to Splunk",
    {
      SplunkDestinationConfiguration: {
        HECEndpoint: "https://splunk.test",
        HECEndpointType: "Raw",
        S3Configuration: S3,
      },
    },
  ],
] as const) {
  refused(`${what} is not implemented`, api("CreateDeliveryStream"), input as never, notImplemented);
}

behaviour("CustomTimeZone accepts all traditional names of a zone", guide("s3-object-name"), async () => {
  for (const CustomTimeZone of ["UTC", "Asia/Calcutta", "Asia/Macao", "America/Montreal", "Europe/Kiev"])
    await create(extended({ CustomTimeZone }));
});
