import { describe, expect, test } from "vitest";
import { loadContract } from "../../contract/contract.ts";
import type { ProtocolName } from "../../contract/format.ts";
import { AwsError } from "../../errors.ts";
import { decodeCbor } from "../cbor/cbor.ts";
import { protocol } from "../index.ts";
import { meta } from "../testing.ts";

function encoded(name: ProtocolName, service: string, operation: string, error: AwsError) {
  return protocol(name).encodeError(loadContract(service).operation(operation)!, error, meta);
}

describe("awsJson", () => {
  test("E1: a client error has status 400, whatever the model says", () => {
    const missing = new AwsError("NotFoundException", "Key 'a' does not exist", { status: 404 });
    expect(encoded("awsJson1_1", "kms", "DescribeKey", missing).status).toBe(400);
    const denied = new AwsError("AccessDeniedException", "no", { status: 403 });
    expect(encoded("awsJson1_1", "kms", "DescribeKey", denied).status).toBe(400);
    const missingOperation = new AwsError("NotImplemented", "no", { status: 501 });
    expect(encoded("awsJson1_1", "kms", "DescribeKey", missingOperation).status).toBe(501);
  });

  test("E2: __type is the shape's name in 1.1, and includes its namespace in 1.0", () => {
    const error = new AwsError("ResourceNotFoundException", "Requested resource not found");
    expect(encoded("awsJson1_0", "dynamodb", "GetItem", error).body).toBe(
      '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}',
    );
    const secret = new AwsError("ResourceNotFoundException", "gone");
    expect(
      JSON.parse(encoded("awsJson1_1", "secretsmanager", "GetSecretValue", secret).body as string),
    ).toEqual({
      __type: "ResourceNotFoundException",
      Message: "gone",
    });
    const framework = new AwsError("SerializationException", "x");
    expect(encoded("awsJson1_0", "dynamodb", "GetItem", framework).body).toBe(
      '{"__type":"com.amazon.coral.service#SerializationException","Message":"x"}',
    );
  });

  /**
   * As in https://github.com/aws-amplify/amplify-cli/issues/11631 (Kinesis),
   * https://github.com/aws-solutions-library-samples/guidance-for-game-analytics-pipeline-on-aws/pull/97 (Firehose) and
   * https://github.com/sebdah/dynamic-dynamodb/issues/321 (DynamoDB).
   */
  test("E2: an access error of Kinesis, Firehose or DynamoDB has a Message", () => {
    const denied = new AwsError("AccessDeniedException", "no");
    expect(encoded("awsJson1_1", "kinesis", "PutRecords", denied).body).toBe(
      '{"__type":"AccessDeniedException","Message":"no"}',
    );
    expect(encoded("awsJson1_1", "firehose", "PutRecordBatch", denied).body).toBe(
      '{"__type":"AccessDeniedException","Message":"no"}',
    );
    expect(encoded("awsJson1_0", "dynamodb", "PutItem", denied).body).toBe(
      '{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"no"}',
    );
  });

  test("members of an error are included", () => {
    const error = new AwsError("ConditionalCheckFailedException", "The conditional request failed", {
      members: { Item: { id: { S: "1" } }, unknown: 1 },
    });
    expect(JSON.parse(encoded("awsJson1_0", "dynamodb", "PutItem", error).body as string)).toEqual({
      __type: "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
      message: "The conditional request failed",
      Item: { id: { S: "1" } },
    });
  });

  test("E1, E3: a service with a former query protocol keeps its codes and statuses", () => {
    const purge = encoded("awsJson1_0", "sqs", "PurgeQueue", new AwsError("PurgeQueueInProgress", "wait"));
    expect(purge.status).toBe(403);
    const missing = encoded("awsJson1_0", "sqs", "SendMessage", new AwsError("QueueDoesNotExist", "none"));
    expect(missing.status).toBe(400);
    expect(missing.headers["x-amzn-query-error"]).toBe("AWS.SimpleQueueService.NonExistentQueue;Sender");
    expect(missing.body).toBe('{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"none"}');
  });

  test("E3: an unmodelled error of such a service has the framework's name and its older code", () => {
    const invalid = encoded("awsJson1_0", "sqs", "SendMessage", new AwsError("InvalidParameterValue", "no"));
    expect(invalid.headers["x-amzn-query-error"]).toBe("InvalidParameterValue;Sender");
    expect(invalid.body).toBe(
      '{"__type":"com.amazon.coral.service#InvalidParameterValueException","message":"no"}',
    );
    const unsigned = new AwsError("InvalidSignatureException", "no");
    expect(encoded("awsJson1_0", "sqs", "SendMessage", unsigned)).toMatchObject({
      status: 403,
      headers: { "x-amzn-query-error": "SignatureDoesNotMatch;Sender" },
    });
  });

  test("an error before the operation is known", () => {
    const answer = protocol("awsJson1_1").encodeError(
      undefined,
      new AwsError("UnknownOperationException", ""),
      meta,
    );
    expect(answer).toMatchObject({ status: 400, body: '{"__type":"UnknownOperationException"}' });
  });

  test("W5: each version has its own content type; E7: and the request's id", () => {
    for (const version of ["1.0", "1.1"]) {
      const name = `awsJson${version.replace(".", "_")}` as ProtocolName;
      const { headers } = protocol(name).encodeError(undefined, new AwsError("X", "x"), meta);
      expect(headers).toMatchObject({
        "content-type": `application/x-amz-json-${version}`,
        "x-amzn-requestid": "request-id",
      });
    }
  });
});

test("E2, E3: CBOR", () => {
  const answer = encoded("rpcv2Cbor", "cloudwatch", "GetDashboard", new AwsError("ResourceNotFound", "none"));
  expect(answer.status).toBe(404);
  expect(answer.headers).toMatchObject({
    "smithy-protocol": "rpc-v2-cbor",
    "content-type": "application/cbor",
  });
  expect(decodeCbor(answer.body as Uint8Array)).toMatchObject({ message: "none" });
});

test("E4: restJson1 has the type in a header", () => {
  const error = new AwsError("ResourceNotFoundException", "Function not found");
  const answer = encoded("restJson1", "lambda", "GetFunction", error);
  expect(answer.status).toBe(404);
  expect(answer.headers["x-amzn-errortype"]).toBe("ResourceNotFoundException");
  expect(JSON.parse(answer.body as string)).toEqual({ Message: "Function not found", Type: "User" });
});

test("Glacier repeats code and type in the body", () => {
  const answer = encoded(
    "restJson1",
    "glacier",
    "DescribeVault",
    new AwsError("ResourceNotFoundException", "none"),
  );
  expect(JSON.parse(answer.body as string)).toEqual({
    message: "none",
    code: "ResourceNotFoundException",
    type: "Client",
  });
});

describe("XML", () => {
  test("E5: codes in the query protocol differ from shape names; E7: the id is at the end", () => {
    const answer = encoded(
      "awsQuery",
      "iam",
      "CreateUser",
      new AwsError("EntityAlreadyExistsException", "User <a> exists"),
    );
    expect(answer.status).toBe(409);
    expect(answer.body).toBe(
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' +
        "<Code>EntityAlreadyExists</Code><Message>User &lt;a&gt; exists</Message></Error>" +
        "<RequestId>request-id</RequestId></ErrorResponse>",
    );
    expect(answer.headers["x-amzn-requestid"]).toBe("request-id");
  });

  test("E5: EC2 has a list with one error, and no modelled errors", () => {
    const answer = encoded("ec2Query", "ec2", "DescribeVpcs", new AwsError("InvalidVpcID.NotFound", "none"));
    expect(answer.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidVpcID.NotFound</Code>' +
        "<Message>none</Message></Error></Errors><RequestID>request-id</RequestID></Response>",
    );
  });

  test("E5: S3 has an unwrapped error with details", () => {
    const error = new AwsError("NoSuchKey", "The specified key does not exist.", {
      status: 404,
      members: { Key: "a&b" },
    });
    const answer = encoded("restXml", "s3", "GetObject", error);
    expect(answer.status).toBe(404);
    expect(answer.headers).toEqual({
      "content-type": "application/xml",
      "x-amz-request-id": "request-id",
      "x-amz-id-2": "host-id",
      server: "AmazonS3",
    });
    expect(answer.body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.' +
        "</Message><Key>a&amp;b</Key><RequestId>request-id</RequestId><HostId>host-id</HostId></Error>",
    );
  });

  test("E6: an error of a HEAD request has no body", () => {
    const answer = encoded("restXml", "s3", "HeadObject", new AwsError("NoSuchKey", "none", { status: 404 }));
    expect(answer).toMatchObject({ status: 404, body: "" });
  });

  test("requests that cannot be routed have S3's error", () => {
    const answer = protocol("restXml").encodeError(
      undefined,
      new AwsError("AccessDenied", "no", { status: 403 }),
      meta,
    );
    expect(answer.body).toContain("<Error><Code>AccessDenied</Code>");
  });

  test("E5: errors of Route 53 and CloudFront are wrapped", () => {
    const answer = encoded("restXml", "route53", "GetHostedZone", new AwsError("NoSuchHostedZone", "none"));
    expect(answer.status).toBe(404);
    expect(answer.body).toBe(
      '<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Sender</Type>' +
        "<Code>NoSuchHostedZone</Code><Message>none</Message></Error><RequestId>request-id</RequestId></ErrorResponse>",
    );
  });

  test("headers of an error are sent", () => {
    const error = new AwsError("SlowDown", "Reduce your request rate", {
      status: 503,
      headers: { "retry-after": "1" },
    });
    expect(encoded("restXml", "s3", "GetObject", error).headers["retry-after"]).toBe("1");
  });
});
