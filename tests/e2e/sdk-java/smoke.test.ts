import { noStream, noTable, notImplemented, s3, smoke, sqs, sts } from "../sdk-smoke.ts";

smoke("java", "the AWS SDK for Java", {
  restXml: {
    sees: s3,
    sends: [
      // Chunks and trailers are signed where there is no TLS.
      /^x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER/m,
      /^x-amz-trailer: x-amz-checksum-sha256/m,
      /^Expect: 100-continue/m,
      /^Host: smoke-java\.localhost:/m,
    ],
  },
  awsQuery: { sees: sts, sends: [/^X-Amz-Security-Token: /m] },
  ec2Query: { sees: { refused: notImplemented("ec2:DescribeInstances") }, sends: [/&Version=2016-11-15/] },
  awsJson1_0: {
    sees: { refused: noTable, ...sqs },
    sends: [/^Content-Type: application\/x-amz-json-1\.0/m, /^x-amzn-query-mode: true/m],
  },
  awsJson1_1: {
    sees: { refused: notImplemented("kms:ListKeys"), blob: noStream },
    sends: [
      /^Content-Type: application\/x-amz-json-1\.1/m,
      // This SDK sends Kinesis requests in CBOR.
      /^Content-Type: application\/x-amz-cbor-1\.1/m,
    ],
  },
  restJson1: { sees: { refused: notImplemented("lambda:Invoke") }, sends: [/functions\/a%20b%2Ff\//] },
  rpcv2Cbor: {
    sees: { refused: notImplemented("cloudwatch:PutMetricData") },
    sends: [/^smithy-protocol: rpc-v2-cbor/m],
  },
  http2: { sees: { refused: noStream }, sends: [/^PRI \* HTTP\/2\.0/] },
});
