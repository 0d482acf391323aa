import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadContract } from "../contract/contract.ts";
import type { ProtocolName } from "../contract/format.ts";
import { AwsError } from "../errors.ts";
import { protocol } from "./index.ts";
import { requestOf } from "./testing.ts";

/** Anything that a client sends is either parsed or rejected with a 4xx. */
const subjects: [ProtocolName, service: string, operation: string, seed: string][] = [
  [
    "awsJson1_0",
    "dynamodb",
    "BatchWriteItem",
    '{"RequestItems":{"t":[{"PutRequest":{"Item":{"a":{"B":"AQ=="}}}}]}}',
  ],
  ["awsJson1_1", "kinesis", "PutRecords", '{"Records":[{"Data":"AQ==","PartitionKey":"a"}]}'],
  [
    "rpcv2Cbor",
    "cloudwatch",
    "PutMetricData",
    "\xbf\x69Namespace\x61a\x6aMetricData\x9f\xbf\x65Value\xf9\x3c\x00\xff\xff\xff",
  ],
  ["awsQuery", "rds", "CreateDBInstance", "DBInstanceIdentifier=a&Tags.Tag.1.Key=k&AllocatedStorage=5"],
  ["ec2Query", "ec2", "RunInstances", "ImageId=ami&BlockDeviceMapping.1.Ebs.VolumeSize=8&MinCount=1"],
  [
    "restJson1",
    "lambda",
    "CreateFunction",
    '{"Code":{"ZipFile":"AQ=="},"Environment":{"Variables":{"a":"b"}}}',
  ],
  [
    "restXml",
    "s3",
    "DeleteObjects",
    "<Delete><Object><Key>a&amp;b</Key></Object><Quiet>true</Quiet></Delete>",
  ],
  [
    "restXml",
    "route53",
    "ChangeResourceRecordSets",
    "<A><ChangeBatch><Changes><Change/></Changes></ChangeBatch></A>",
  ],
];

const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));

/** A valid body in which some bytes are replaced, so that decoders are reached beyond their first checks. */
function damaged(seed: string): fc.Arbitrary<Buffer> {
  const edit = fc.tuple(fc.nat({ max: seed.length - 1 }), fc.nat({ max: 255 }));
  return fc.array(edit, { maxLength: 4 }).map((edits) => {
    const bytes = Buffer.from(seed, "latin1");
    for (const [at, byte] of edits) bytes[at] = byte;
    return bytes;
  });
}

describe("any bytes are parsed or rejected", () => {
  test.each(subjects)("%s: %s %s", (name, service, operationName, seed) => {
    const operation = loadContract(service).operation(operationName)!;
    const { decode } = protocol(name);
    const body = fc.oneof(noise, damaged(seed));
    const headers = fc.dictionary(
      fc.constantFrom(
        "x-amz-sdk-checksum-algorithm",
        "x-amz-bypass-governance-retention",
        "content-type",
        "x-amz-mfa",
      ),
      fc.oneof(fc.string(), fc.constant("application/x-amz-cbor-1.1")),
    );
    const query = fc.array(fc.tuple(fc.string(), fc.string()), { maxLength: 3 });
    expect(() => decode(operation, requestOf({ body: Buffer.from(seed, "latin1") }))).not.toThrow();
    fc.assert(
      fc.property(body, headers, query, (bytes, head, pairs) => {
        try {
          decode(operation, requestOf({ body: bytes, headers: head, query: pairs }));
        } catch (error) {
          if (!(error instanceof AwsError)) throw error;
          expect(error.status).toBeGreaterThanOrEqual(400);
          expect(error.status).toBeLessThan(500);
        }
      }),
      { numRuns: 500 },
    );
  });
});
