import { noStream, notImplemented, s3, smoke, sqs, sts } from "../sdk-smoke.ts";

// This client without TLS cannot be configured to resolve names below localhost.
const { "virtual host": _, ...pathStyle } = s3;

smoke("rust", "the AWS SDK for Rust", {
  restXml: {
    sees: pathStyle,
    sends: [
      /^x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER/m,
      /^x-amz-trailer: x-amz-checksum-sha256/m,
    ],
  },
  awsQuery: { sees: sts, sends: [/^x-amz-security-token: /m] },
  ec2Query: "EC2's crate takes longer to build than all others together",
  awsJson1_0: {
    sees: sqs,
    sends: [/^content-type: application\/x-amz-json-1\.0/m, /^x-amzn-query-mode: true/m],
  },
  awsJson1_1: {
    sees: { blob: noStream },
    sends: [/^content-type: application\/x-amz-json-1\.1/m],
  },
  restJson1: {
    sees: {
      made: "arn:aws:scheduler:us-east-1:000000000000:schedule/default/daily",
      expression: "rate(1 day)",
      tags: "0",
      refused: "404 ResourceNotFoundException Schedule missing does not exist.",
    },
    sends: [/schedules\/daily /, /tags\/arn%3Aaws%3Ascheduler\S*group%2Fdefault /],
  },
  rpcv2Cbor: {
    sees: { refused: notImplemented("cloudwatch:PutMetricData") },
    sends: [/^smithy-protocol: rpc-v2-cbor/m],
  },
});
