import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { loadContract } from "../contract/contract.ts";
import type { ProtocolName } from "../contract/format.ts";
import { AwsError } from "../errors.ts";
import { protocol } from "./index.ts";
import { meta } from "./testing.ts";

function answer(name: ProtocolName, service: string, operation: string, output: object) {
  return protocol(name).encode(loadContract(service).operation(operation)!, output, meta);
}

describe("S3", () => {
  test("a listing has S3's root and namespace; timestamps have milliseconds (W1)", () => {
    const { body } = answer("restXml", "s3", "ListObjectsV2", {
      Name: "b",
      Contents: [{ Key: "a&b", LastModified: new Date(0), Size: 1 }],
      CommonPrefixes: [{ Prefix: "p/" }, { Prefix: "q/" }],
    });
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
        "<Name>b</Name><Contents><Key>a&amp;b</Key><LastModified>1970-01-01T00:00:00.000Z</LastModified><Size>1</Size></Contents>" +
        "<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>" +
        "<CommonPrefixes><Prefix>q/</Prefix></CommonPrefixes></ListBucketResult>",
    );
  });

  test("S10: GetBucketLocation is unwrapped", () => {
    const root = '<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">';
    const declaration = '<?xml version="1.0" encoding="UTF-8"?>\n';
    expect(answer("restXml", "s3", "GetBucketLocation", { LocationConstraint: "eu-west-1" }).body).toBe(
      `${declaration}${root}eu-west-1</LocationConstraint>`,
    );
    expect(answer("restXml", "s3", "GetBucketLocation", {}).body).toBe(
      `${declaration}${root}</LocationConstraint>`,
    );
  });

  test("a deletion is 204 without a body", () => {
    expect(answer("restXml", "s3", "DeleteObject", { VersionId: "v" })).toMatchObject({
      status: 204,
      body: "",
      headers: { "x-amz-version-id": "v" },
    });
  });
});

test("E7: EC2 has the request's id first", () => {
  expect(answer("ec2Query", "ec2", "CreateVpc", { Vpc: { VpcId: "vpc-1" } }).body).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<CreateVpcResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">' +
      "<requestId>request-id</requestId><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>",
  );
});

test("E7: the query protocol has it last; W1: IAM has no milliseconds", () => {
  const User = { UserName: "a", CreateDate: new Date(1500) };
  const { body } = answer("awsQuery", "iam", "GetUser", { User });
  expect(body).toBe(
    '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User>' +
      "<UserName>a</UserName><CreateDate>1970-01-01T00:00:01Z</CreateDate></User></GetUserResult>" +
      "<ResponseMetadata><RequestId>request-id</RequestId></ResponseMetadata></GetUserResponse>",
  );
});

test("an operation without an output has an empty body in JSON, and no result in query", () => {
  expect(answer("awsQuery", "iam", "DeleteUser", {}).body).not.toContain("Result>");
  expect(answer("awsJson1_1", "kms", "DisableKey", {}).body).toBe("");
  expect(answer("awsJson1_0", "sqs", "DeleteQueue", {}).body).toBe("");
  expect(answer("awsJson1_0", "dynamodb", "TagResource", {}).body).toBe("");
  expect(answer("restJson1", "lambda", "DeleteFunctionConcurrency", {}).body).toBe("");
});

test("SQS uses its query protocol's names for query clients", () => {
  const { body } = answer("awsQuery", "sqs", "GetQueueAttributes", {
    Attributes: { VisibilityTimeout: "30" },
  });
  expect(body).toContain(
    "<GetQueueAttributesResult><Attribute><Name>VisibilityTimeout</Name><Value>30</Value></Attribute>",
  );
});

test("W12: CloudFront's dated names do not appear on the wire", () => {
  const operation = loadContract("cloudfront").operation("GetDistribution")!;
  const { body } = protocol("restXml").encode(operation, { Distribution: { Id: "E1" } }, meta);
  expect(body).toContain('<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>E1</Id>');
});

describe("DynamoDB", () => {
  test("sends the CRC-32 of every response, which its clients verify", () => {
    const item = answer("awsJson1_0", "dynamodb", "GetItem", { Item: { k: { S: "ü" } } });
    expect(item).toMatchObject({
      body: '{"Item":{"k":{"S":"ü"}}}',
      headers: { "x-amz-crc32": "3158366011" },
    });
    const operation = loadContract("dynamodb-streams").operation("ListStreams")!;
    const error = protocol("awsJson1_0").encodeError(
      operation,
      new AwsError("InternalServerError", "x"),
      meta,
    );
    expect(error.headers["x-amz-crc32"]).toBe(String(crc32(error.body as string)));
  });

  test("is the only service that does", () => {
    expect(answer("awsJson1_0", "sqs", "DeleteQueue", {}).headers).not.toHaveProperty("x-amz-crc32");
  });
});
