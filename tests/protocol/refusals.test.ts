import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:http2";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { decodeCbor } from "#aws/protocols/cbor/cbor.ts";
import { certificates } from "#gateway/server/certificates.ts";
import { type Answer, type SignedCall, signed, testGateway } from "#gateway/testing.ts";

/** An operation of each protocol, of services that are known but not implemented. */
const CALLS: Record<string, Partial<SignedCall>> = {
  "dynamodb:ListTables": {
    method: "POST",
    service: "dynamodb",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.ListTables" },
    body: "{}",
  },
  "kms:ListKeys": {
    method: "POST",
    service: "kms",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.ListKeys" },
    body: "{}",
  },
  "kinesis:ListStreams": {
    method: "POST",
    service: "kinesis",
    headers: { "content-type": "application/x-amz-cbor-1.1", "x-amz-target": "Kinesis_20131202.ListStreams" },
    body: Buffer.from([0xa0]),
  },
  "cloudwatch:ListMetrics": {
    method: "POST",
    service: "monitoring",
    target: "/service/GraniteServiceVersion20100801/operation/ListMetrics",
    headers: { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
    body: Buffer.from([0xa0]),
  },
  "lambda:ListFunctions": { service: "lambda", target: "/2015-03-31/functions/" },
  "route53:ListHostedZones": { service: "route53", target: "/2013-04-01/hostedzone" },
  "ec2:DescribeRegions": {
    method: "POST",
    service: "ec2",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "Action=DescribeRegions&Version=2016-11-15",
  },
  "iam:ListUsers": {
    method: "POST",
    service: "iam",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Action=ListUsers&Version=2010-05-08",
  },
  "sqs:ListQueues": {
    method: "POST",
    service: "sqs",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.ListQueues" },
    body: "{}",
  },
  "sqs:ListQueues by query": {
    method: "POST",
    service: "sqs",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Action=ListQueues&Version=2012-11-05",
  },
  "s3:GetBucketPolicy": { service: "s3", target: "/b?policy" },
};

/** The status, code and message of an error, wherever the protocol has them, and the format of the response. */
function read({ status, headers, text, bytes }: Answer) {
  const type = headers["content-type"] ?? "";
  const requestId = headers["x-amzn-requestid"] ?? headers["x-amz-request-id"];
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
  if (type.includes("cbor") || type.includes("json")) {
    const content = (type.includes("cbor") ? decodeCbor(bytes) : JSON.parse(text)) as Record<string, string>;
    const code = headers["x-amzn-errortype"] ?? content.__type;
    return {
      status,
      code: String(code).replace(/^.*#/, ""),
      message: content.message ?? content.Message,
      form: type,
    };
  }
  expect(text).toContain(`>${requestId}<`);
  const member = (name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1];
  const form = /<(ErrorResponse|Response|Error)\b/.exec(text)?.[1];
  return { status, code: member("Code"), message: member("Message"), form };
}

const FORMS: Record<string, string> = {
  "dynamodb:ListTables": "application/x-amz-json-1.0",
  "kms:ListKeys": "application/x-amz-json-1.1",
  "kinesis:ListStreams": "application/x-amz-cbor-1.1",
  "cloudwatch:ListMetrics": "application/cbor",
  "lambda:ListFunctions": "application/json",
  "route53:ListHostedZones": "ErrorResponse",
  "ec2:DescribeRegions": "Response",
  "iam:ListUsers": "ErrorResponse",
  "sqs:ListQueues": "application/x-amz-json-1.0",
  "sqs:ListQueues by query": "ErrorResponse",
  "s3:GetBucketPolicy": "Error",
};

describe.each(Object.entries(CALLS))("%s", (name, call) => {
  const form = FORMS[name];

  test("is refused as not implemented", async () => {
    const gate = await testGateway();
    expect(read(await gate.call(call))).toEqual({
      status: 501,
      code: "NotImplemented",
      message: `Nube does not implement ${name.split(" ")[0]} yet.`,
      form,
    });
    expect(gate.failures).toEqual([]);
  });

  test("is refused in the format of its protocol: a wrong signature, a body that is too large, an invalid query", async () => {
    const gate = await testGateway();
    const wrong = { accessKeyId: "test", secretAccessKey: "wrong" };
    expect(read(await gate.call({ ...call, credentials: wrong }))).toMatchObject({ form });
    // The declared length suffices: the body is not read.
    const { headers } = signed(gate.port, call);
    const tooLong = { ...call, headers: { ...headers, "content-length": "200000000" }, body: "" };
    if (call.method === "POST") {
      expect(read(await gate.send(tooLong))).toMatchObject({
        status: 413,
        code: "RequestEntityTooLarge",
        form,
      });
    }
    const target = `${call.target ?? "/"}${call.target?.includes("?") ? "&" : "?"}a=%zz`;
    const unread = read(await gate.send({ ...call, headers: headers!, target, body: "" }));
    expect(unread).toMatchObject({ status: 400, ...(call.headers?.["x-amz-target"] && { form }) });
    expect(gate.failures).toEqual([]);
  });
});

test("SQS returns its older error codes in x-amzn-query-error", async () => {
  const { call } = await testGateway();
  const answer = await call(CALLS["sqs:ListQueues"]!);
  expect(answer.headers["x-amzn-query-error"]).toBe("NotImplemented;Receiver");
});

test.each([
  [
    "dynamodb:ListTables",
    { headers: { "x-amz-target": "DynamoDB_20120810.Nonsense" } },
    400,
    "UnknownOperationException",
  ],
  ["dynamodb:ListTables", { headers: { "x-amz-target": "Nonsense" } }, 400, "UnknownOperationException"],
  ["iam:ListUsers", { body: "Action=Nonsense&Version=2010-05-08" }, 400, "InvalidAction"],
  ["iam:ListUsers", { body: "" }, 400, "MissingAction"],
  ["ec2:DescribeRegions", { body: "Action=Nonsense&Version=2016-11-15" }, 400, "InvalidAction"],
  ["lambda:ListFunctions", { target: "/nonsense" }, 404, "UnknownOperationException"],
  ["route53:ListHostedZones", { target: "/nonsense" }, 404, "UnknownOperationException"],
  ["s3:GetBucketPolicy", { method: "PATCH" }, 405, "MethodNotAllowed"],
  ["s3:GetBucketPolicy", { target: "/b/%ff" }, 400, "InvalidURI"],
] as const)("%s with %j is refused", async (name, change, status, code) => {
  const { call } = await testGateway();
  const base = CALLS[name]!;
  const headers = { ...base.headers, ...("headers" in change ? change.headers : {}) };
  expect(read(await call({ ...base, ...change, headers }))).toMatchObject({
    status,
    code,
    form: FORMS[name],
  });
});

test("an operation of an unknown service is not implemented", async () => {
  const { call } = await testGateway();
  const answer = await call({ service: "braket", target: "/jobs" });
  expect(read(answer)).toMatchObject({ status: 501, code: "NotImplemented" });
});

test("an unimplemented operation is refused over HTTP/2", async () => {
  const { port } = await testGateway();
  const session = connect(`http://localhost:${port}`, { createConnection: undefined });
  onTestFinished(() => session.destroy());
  const { method, headers, body } = signed(port, CALLS["kinesis:ListStreams"]!);
  const { host, ...rest } = headers!;
  const stream = session.request({ ":method": method!, ":path": "/", ":authority": host!, ...rest });
  stream.end(body);
  const pieces: Uint8Array[] = [];
  let status = 0;
  stream.on("response", (answer) => {
    status = answer[":status"]!;
  });
  for await (const piece of stream) pieces.push(piece as Uint8Array);
  expect(status).toBe(501);
  expect(decodeCbor(Buffer.concat(pieces))).toMatchObject({
    message: "Nube does not implement kinesis:ListStreams yet.",
  });
});

test("an unimplemented operation is refused over TLS", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nube-tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const own = certificates({ folder, hosts: ["localhost", "127.0.0.1"], suffixes: ["localhost"] });
  const { port } = await testGateway({ listening: { certificates: own } });
  const { method, headers, body } = signed(port, CALLS["iam:ListUsers"]!);
  const text = await new Promise<string>((resolve, reject) => {
    const call = request(
      { port, host: "127.0.0.1", method, headers, rejectUnauthorized: false },
      async (answer) => {
        let seen = `${answer.statusCode} `;
        for await (const piece of answer) seen += piece;
        resolve(seen);
      },
    );
    call.on("error", reject).end(body);
  });
  expect(text).toContain("501 <ErrorResponse");
});
