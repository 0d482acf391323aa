import { CreateDeliveryStreamCommand, type CreateDeliveryStreamCommandInput } from "@aws-sdk/client-firehose";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, firehoseOf, guide, invalid, named, notThere, RoleARN } from "./firehose.ts";

const cloud = conformanceCloud();
const { send } = firehoseOf(cloud);

const S3 = { RoleARN, BucketARN: "arn:aws:s3:::anywhere" };
const HTTP = { EndpointConfiguration: { Url: "https://example.test/in" }, S3Configuration: S3 };

const create = (input: Partial<CreateDeliveryStreamCommandInput>) =>
  send(new CreateDeliveryStreamCommand({ DeliveryStreamName: named("made"), ...input }));

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
const PREFIXES = guide("s3-prefixes");
const constraint = (text: string) =>
  invalid(`The supplied prefix(es) do not satisfy the following constraint: ${text}`);
refused(
  "a prefix with expressions needs an error prefix",
  PREFIXES,
  extended({ Prefix: "!{timestamp:yyyy}/" }),
  constraint("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
);
refused(
  "a prefix does not name the kind of an error",
  PREFIXES,
  extended({ Prefix: "!{firehose:error-output-type}/", ErrorOutputPrefix: "e/" }),
  constraint("Prefix cannot contain !{firehose:error-output-type}"),
);
refused(
  "an error prefix with expressions names the kind of the error",
  PREFIXES,
  extended({ ErrorOutputPrefix: "!{timestamp:yyyy}/" }),
  invalid(/at least one instance of !{firehose:error-output-type}/),
);
refused(
  "what begins as an expression is one",
  PREFIXES,
  extended({ Prefix: "!{oops", ErrorOutputPrefix: "e/" }),
  invalid(/The sequence !{ can only appear in !{namespace:value} expressions/),
);
refused(
  "an expression of no known namespace is refused",
  PREFIXES,
  extended({ Prefix: "!{moon:phase}", ErrorOutputPrefix: "e/" }),
  invalid(/moon:phase/),
);
refused(
  "a timestamp that is no pattern of Java's is refused",
  PREFIXES,
  extended({ Prefix: "!{timestamp:yyyy-bb}/", ErrorOutputPrefix: "e/" }),
  invalid(/yyyy-bb/),
);
const PARTITIONS = guide("dynamic-partitioning");
const partitioned = (more: object, query = "{kind: .kind}") =>
  extended({
    Prefix: "!{partitionKeyFromQuery:kind}/",
    ErrorOutputPrefix: "e/",
    BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
    DynamicPartitioningConfiguration: { Enabled: true },
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [
        {
          Type: "MetadataExtraction",
          Parameters: [
            { ParameterName: "MetadataExtractionQuery", ParameterValue: query },
            { ParameterName: "JsonParsingEngine", ParameterValue: "JQ-1.6" },
          ],
        },
      ],
    },
    ...more,
  });
refused(
  "dynamic partitioning needs a buffer of 64 MiB",
  PARTITIONS,
  partitioned({ BufferingHints: { SizeInMBs: 63, IntervalInSeconds: 60 } }),
  invalid("BufferingHints.SizeInMBs must be at least 64 when Dynamic Partitioning is enabled."),
);
refused(
  "dynamic partitioning needs something to partition by",
  PARTITIONS,
  partitioned({ ProcessingConfiguration: undefined }),
  invalid("MetadataExtraction or Lambda processor must be present when Dynamic Partitioning is enabled."),
);
refused(
  "a prefix names partition keys only where there is dynamic partitioning",
  PARTITIONS,
  partitioned({ DynamicPartitioningConfiguration: undefined }),
  invalid(/when Dynamic Partitioning is enabled/),
);
refused(
  "a prefix names no key that is not extracted",
  PARTITIONS,
  partitioned({ Prefix: "!{partitionKeyFromQuery:kind}/!{partitionKeyFromQuery:size}/" }),
  invalid(/size/),
);
refused(
  "queries beyond plain paths are not there yet",
  PARTITIONS,
  partitioned({}, "{kind: .a|tostring}"),
  notThere,
);
refused(
  "a backup needs to be told where",
  api("ExtendedS3DestinationConfiguration"),
  extended({ S3BackupMode: "Enabled" }),
  invalid(/S3BackupConfiguration/),
);
refused(
  "a time zone is one that exists",
  guide("s3-object-name"),
  extended({ CustomTimeZone: "Moon/Crater" }),
  invalid(/Moon\/Crater/),
);
refused(
  "a stream that reads from Kinesis says from which stream",
  api("CreateDeliveryStream"),
  { S3DestinationConfiguration: S3, DeliveryStreamType: "KinesisStreamAsSource" },
  invalid(/KinesisStreamSourceConfiguration/),
);
refused(
  "the key of an owner is named by its ARN",
  api("DeliveryStreamEncryptionConfigurationInput"),
  {
    S3DestinationConfiguration: S3,
    DeliveryStreamEncryptionConfigurationInput: { KeyType: "CUSTOMER_MANAGED_CMK" },
  },
  invalid(/KeyARN/),
);
const validation = (at: string) => ({
  name: "ValidationException",
  message: expect.stringContaining(`at '${at}' failed to satisfy constraint`),
});
refused(
  "a name has letters, digits, dots, hyphens and underscores",
  api("CreateDeliveryStream"),
  { DeliveryStreamName: "a b", S3DestinationConfiguration: S3 },
  validation("deliveryStreamName"),
);
refused(
  "a buffer holds at most 128 MiB",
  api("BufferingHints"),
  extended({ BufferingHints: { SizeInMBs: 129, IntervalInSeconds: 60 } }),
  validation("extendedS3DestinationConfiguration.bufferingHints.sizeInMBs"),
);
refused(
  "a buffer waits for at most 900 seconds",
  api("BufferingHints"),
  extended({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 901 } }),
  validation("extendedS3DestinationConfiguration.bufferingHints.intervalInSeconds"),
);
refused(
  "an endpoint speaks HTTPS",
  api("HttpEndpointConfiguration"),
  {
    HttpEndpointDestinationConfiguration: { ...HTTP, EndpointConfiguration: { Url: "http://example.test" } },
  },
  validation("httpEndpointDestinationConfiguration.endpointConfiguration.url"),
);
for (const [what, input] of [
  ["compression with Snappy", extended({ CompressionFormat: "Snappy" })],
  [
    "encryption of objects with KMS",
    extended({
      EncryptionConfiguration: {
        KMSEncryptionConfig: { AWSKMSKeyARN: `arn:aws:kms:us-east-1:${ACCOUNT}:key/a` },
      },
    }),
  ],
  ["conversion into Parquet", extended({ DataFormatConversionConfiguration: { Enabled: true } })],
  [
    "transformation by a function",
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
  refused(`${what} is not there yet`, api("CreateDeliveryStream"), input as never, notThere);
}
