/** The known differences between botocore's models and the SDK's schemas. The contract follows botocore. */
export interface KnownDisagreement {
  service: string;
  /** The beginning of the sentence that the cross-check reports. */
  at: RegExp;
  reason: string;
}

export const disagreements: KnownDisagreement[] = [
  {
    service: "apigateway",
    at: /^\w+\.position location/,
    reason: "the SDK keeps the location `query` on members of answers, where it means nothing",
  },
  ...["cloudfront", "route53", "glacier"].map((service) => ({
    service,
    at: /^\w+\.(MaxItems|MaxResults|limit) type/,
    reason: "a number that botocore has as text, for its early users; in query and XML the two look alike",
  })),
  {
    service: "kinesis",
    at: /^SubscribeToShardEvent\.ContinuationSequenceNumber required/,
    reason: "optional by override, since the last event of a shard has none",
  },
  {
    service: "s3",
    at: /^\w+\.(Next)?PartNumberMarker type/,
    reason: "a number that the SDK has as text, for its early users; in query and XML the two look alike",
  },
  {
    service: "s3",
    at: /^\w+\.(Response)?Expires type/,
    reason: "text by override, since S3 takes what is no date",
  },
  {
    service: "s3",
    at: /^PutBucket(Policy|Tagging|AnalyticsConfiguration|MetricsConfiguration) status/,
    reason: "204 by override, as S3 answers",
  },
  {
    service: "s3",
    at: /^\w+Request\.ObjectLockRetainUntilDate type/,
    reason: "text by override, since S3 has a sentence of its own for what is no date",
  },
  {
    service: "ec2",
    at: /^NewDhcpConfiguration\.Key element/,
    reason: "it occurs in requests only, where the query name counts",
  },
  {
    service: "route53",
    at: /^ChangeResourceRecordSets URI/,
    reason: "botocore's clients send a slash at the end, the SDK's do not",
  },
  {
    service: "sesv2",
    at: /^Get(EmailAddress|Message)Insights URI/,
    reason: "botocore's clients send a slash at the end, the SDK's do not",
  },
  {
    service: "sesv2",
    at: /^List(ConfigurationSets|EmailIdentities)(Request\.\w+)? (method|URI|location)/,
    reason: "moved from `GET /v2/email/identities` to `POST /v2/email/list-identities`; AWS answers both",
  },
];
