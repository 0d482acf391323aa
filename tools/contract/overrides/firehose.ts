import type { Override } from "../override.ts";

/** What breaks a rule within these is told of without its value, be it as plain as the size of a buffer. */
const SECRET = [
  "S3",
  "ExtendedS3",
  "Redshift",
  "Elasticsearch",
  "Amazonopensearchservice",
  "AmazonOpenSearchServerless",
  "Splunk",
  "HttpEndpoint",
  "Snowflake",
  "Iceberg",
].flatMap((kind) => [`${kind}DestinationConfiguration`, `${kind}DestinationUpdate`]);

export default {
  // Messages of refusal that people quote name `…endpointConfiguration.name`, `…bufferingHints.sizeInMBs`, `…bucketARN`
  // and `…catalogARN`, and never their values:
  // https://github.com/badmintoncryer/cdk-preflight/tree/main/rules/firehose
  shapes: Object.fromEntries(SECRET.map((name) => [name, { sensitive: true }])),
} satisfies Override;
