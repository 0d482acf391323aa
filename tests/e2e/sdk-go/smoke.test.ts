import { noStream, noTable, notImplemented, s3, smoke, smokeOverTls, sqs, sts } from "../sdk-smoke.ts";

const name = "the AWS SDK for Go";

smoke("go", name, {
  restXml: { sees: s3, sends: [/^Expect: 100-continue/m, /^Host: smoke-go\.localhost:/m] },
  awsQuery: { sees: sts, sends: [/^X-Amz-Security-Token: /m] },
  ec2Query: { sees: { refused: notImplemented("ec2:DescribeInstances") }, sends: [/&Version=2016-11-15/] },
  awsJson1_0: {
    sees: { refused: noTable, ...sqs },
    sends: [/^Content-Type: application\/x-amz-json-1\.0/m, /^X-Amzn-Query-Mode: true/m],
  },
  awsJson1_1: {
    sees: { refused: notImplemented("kms:ListKeys"), blob: noStream },
    sends: [/^Content-Type: application\/x-amz-json-1\.1/m],
  },
  restJson1: { sees: { refused: notImplemented("lambda:Invoke") }, sends: [/functions\/a%20b%2Ff\//] },
  rpcv2Cbor: {
    sees: { refused: notImplemented("cloudwatch:PutMetricData") },
    sends: [/^Smithy-Protocol: rpc-v2-cbor/m],
  },
});

smokeOverTls("go", name);
