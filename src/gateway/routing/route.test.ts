import { describe, expect, test } from "vitest";
import { loadContract, loadIndex } from "#aws/contract/contract.ts";
import { isRouted, type RouteFacts, router } from "./route.ts";

const { route, needsForm } = router({
  index: loadIndex(),
  loadContract,
  domains: ["localhost", "localhost.localstack.cloud", "amazonaws.com"],
});

function facts(line: string, over: Partial<RouteFacts> = {}): RouteFacts {
  const [method = "", target = ""] = line.split(" ");
  const [path = "", rawQuery = ""] = target.split("?");
  const query = [...new URLSearchParams(rawQuery)];
  return { method, path, query, headers: {}, host: "localhost:4566", signingName: undefined, ...over };
}

/** `service.Operation protocol`, or `code status protocol`. */
function outcome(line: string, over: Partial<RouteFacts> = {}): string {
  const found = route(facts(line, over));
  if (!isRouted(found)) return `${found.error.code} ${found.error.status} ${found.protocol}`;
  return `${found.operation.contract.service}.${found.operation.name} ${found.protocol}`;
}

const labels = (line: string, over: Partial<RouteFacts> = {}) => {
  const found = route(facts(line, over));
  return isRouted(found) ? found.labels : found.error.code;
};

const s3 = (line: string, headers: Record<string, string> = {}) =>
  outcome(line, { signingName: "s3", headers }).split(" ")[0];

describe("S3: operations that share a path", () => {
  const copy = { "x-amz-copy-source": "/b/k" };
  test.each([
    ["GET /", {}, "ListBuckets"],
    ["GET /?x-id=ListBuckets", {}, "ListBuckets"],
    ["PUT /b", {}, "CreateBucket"],
    ["PUT /b/", {}, "CreateBucket"],
    ["HEAD /b", {}, "HeadBucket"],
    ["GET /b", {}, "ListObjects"],
    ["GET /b?prefix=a&delimiter=%2F", {}, "ListObjects"],
    ["GET /b?list-type=2", {}, "ListObjectsV2"],
    ["GET /b/?list-type=2&prefix=x", {}, "ListObjectsV2"],
    ["GET /b?versions", {}, "ListObjectVersions"],
    ["GET /b?uploads", {}, "ListMultipartUploads"],
    ["GET /b?location", {}, "GetBucketLocation"],
    ["GET /b?lifecycle", {}, "GetBucketLifecycleConfiguration"],
    ["PUT /b?lifecycle", {}, "PutBucketLifecycleConfiguration"],
    ["GET /b?notification", {}, "GetBucketNotificationConfiguration"],
    ["GET /b?inventory", {}, "ListBucketInventoryConfigurations"],
    ["GET /b?inventory&id=1", {}, "GetBucketInventoryConfiguration"],
    ["POST /b?delete", {}, "DeleteObjects"],
    ["POST /b/?delete=", {}, "DeleteObjects"],
    ["GET /b/k", {}, "GetObject"],
    ["GET /b/k?x-id=GetObject", {}, "GetObject"],
    ["GET /b/k?partNumber=1", {}, "GetObject"],
    ["GET /b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0", {}, "GetObject"],
    ["GET /b/k?uploadId=u", {}, "ListParts"],
    ["GET /b/k?tagging", {}, "GetObjectTagging"],
    ["GET /b/k?attributes", { "x-amz-object-attributes": "ETag" }, "GetObjectAttributes"],
    ["GET /b/k?attributes", {}, "GetObjectAttributes"],
    ["HEAD /b/k", {}, "HeadObject"],
    ["PUT /b/k", {}, "PutObject"],
    ["PUT /b/k?x-id=PutObject", {}, "PutObject"],
    ["PUT /b/k", copy, "CopyObject"],
    ["PUT /b/k?partNumber=1&uploadId=u", {}, "UploadPart"],
    ["PUT /b/k?x-id=UploadPartCopy&partNumber=1&uploadId=u", copy, "UploadPartCopy"],
    ["PUT /b/k?acl", {}, "PutObjectAcl"],
    ["PUT /b/k?tagging", copy, "PutObjectTagging"],
    ["POST /b/k?uploads", {}, "CreateMultipartUpload"],
    ["POST /b/k?uploadId=u", {}, "CompleteMultipartUpload"],
    ["POST /b/k?select&select-type=2", {}, "SelectObjectContent"],
    ["POST /b/k?restore", {}, "RestoreObject"],
    ["DELETE /b/k", {}, "DeleteObject"],
    ["DELETE /b/k?versionId=1", {}, "DeleteObject"],
    ["DELETE /b/k?uploadId=u", {}, "AbortMultipartUpload"],
    ["DELETE /b?policy", {}, "DeleteBucketPolicy"],
  ])("%s %o is %s", (line, headers, operation) => {
    expect(s3(line, headers)).toBe(`s3.${operation}`);
  });
});

test("S3: every operation that its model selects by a query is found by it", () => {
  const contract = loadContract("s3");
  for (const name of contract.operationNames) {
    // S3 has discontinued it and rejects all requests.
    if (name === "GetObjectTorrent") continue;
    // Its request is that of ListBuckets, but for the service in its signature.
    if (name === "ListDirectoryBuckets") continue;
    const { method, uri, input } = contract.operation(name)!;
    const needed = input.httpMembers.filter(({ required }) => required);
    const query = needed.flatMap(({ location, locationName }) =>
      location === "query" ? [`${locationName}=1`] : [],
    );
    const headers = needed.flatMap(({ location, locationName }) =>
      location === "header" ? [[locationName.toLowerCase(), "1"]] : [],
    );
    const path = uri.replace("{Bucket}", "b").replace("{Key+}", "k");
    const line = `${method} ${path}${path.includes("?") ? "&" : "?"}${query.join("&")}`;
    expect(s3(line, Object.fromEntries(headers))).toBe(`s3.${name}`);
  }
});

test.each([
  ["GET /b/a/b/c", "a/b/c"],
  ["GET /b/a//b/", "a//b/"],
  ["GET /b//", "/"],
  ["GET /b/../x/./y", "../x/./y"],
  ["GET /b/a+b%20c%2Fd%2B", "a b c/d+"],
  ["GET /b/%E2%82%AC", "€"],
])("S3: the key in %s is %s", (line, key) => {
  expect(labels(line)).toEqual({ Bucket: "b", Key: key });
});

describe("S3: the bucket in the host", () => {
  test.each([
    ["bucket.s3.localhost:4566", "bucket"],
    ["my.bucket.s3.localhost", "my.bucket"],
    ["bucket.s3.us-east-1.localhost:4566", "bucket"],
    ["my.s3.bucket.s3.eu-central-1.localhost", "my.s3.bucket"],
    ["bucket.s3.amazonaws.com", "bucket"],
    ["bucket.s3-eu-west-1.amazonaws.com", "bucket"],
    ["bucket.s3.us-gov-west-1.amazonaws.com", "bucket"],
    ["bucket.s3.dualstack.us-west-2.amazonaws.com", "bucket"],
    ["bucket.s3-fips.us-west-2.amazonaws.com", "bucket"],
    ["bucket.s3-accelerate.amazonaws.com", "bucket"],
    [
      "point-111122223333.s3-accesspoint.eu-west-1.amazonaws.com",
      "arn:aws:s3:eu-west-1:111122223333:accesspoint:point",
    ],
    ["mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com", "mfzwi23gnjvgw.mrap"],
    ["bucket.s3.localhost.localstack.cloud:4566", "bucket"],
    ["s3.s3.localhost", "s3"],
    ["bucket.localhost:4566", "bucket"],
  ])("%s", (host, bucket) => {
    expect(route(facts("GET //a//b?x-id=GetObject", { host, signingName: "s3" }))).toMatchObject({
      labels: { Bucket: bucket, Key: "/a//b" },
      path: `/${bucket}//a//b`,
      hostBucket: bucket,
    });
    expect(outcome("GET /?list-type=2", { host })).toBe("s3.ListObjectsV2 restXml");
  });

  test.each([
    "s3.localhost",
    "s3.us-east-1.localhost",
    "localhost:4566",
    "127.0.0.1:4566",
    "[::1]:4566",
    "nube:4566",
    "s3.localhost.localstack.cloud",
  ])("%s has no bucket", (host) => {
    expect(labels("GET /b/k", { host, signingName: "s3" })).toEqual({ Bucket: "b", Key: "k" });
  });
});

describe("S3: errors", () => {
  test.each([
    ["POST /", "SERVICE"],
    ["POST /b", "BUCKET"],
    ["PATCH /b/k", "OBJECT"],
  ])("%s is not allowed", (line, ResourceType) => {
    expect(route(facts(line, { signingName: "s3" }))).toMatchObject({
      protocol: "restXml",
      error: {
        code: "MethodNotAllowed",
        status: 405,
        message: "The specified method is not allowed against this resource.",
        members: { Method: line.split(" ")[0], ResourceType },
      },
    });
  });

  test.each(["GET /b/%zz", "GET /b/%", "GET /b/%FF", "GET /b/%E2%82"])("%s cannot be decoded", (line) => {
    expect(outcome(line)).toBe("InvalidURI 400 restXml");
  });
});

test.each([
  ["POST / ", "dynamodb", "DynamoDB_20120810.PutItem", "1.0", "dynamodb.PutItem awsJson1_0"],
  [
    "POST / ",
    "dynamodb",
    "DynamoDBStreams_20120810.GetRecords",
    "1.0",
    "dynamodb-streams.GetRecords awsJson1_0",
  ],
  ["POST / ", undefined, "AWSCognitoIdentityProviderService.SignUp", "1.1", "cognito-idp.SignUp awsJson1_1"],
  [
    "POST / ",
    "cloudtrail",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    "1.1",
    "cloudtrail.LookupEvents awsJson1_1",
  ],
  ["POST / ", "sqs", "AmazonSQS.SendMessage", "1.0", "sqs.SendMessage awsJson1_0"],
  ["POST /000000000000/q", "sqs", "AmazonSQS.SendMessage", "1.0", "sqs.SendMessage awsJson1_0"],
  ["POST / ", "dynamodb", "DynamoDB_20120810.MakeTea", "1.0", "UnknownOperationException 400 awsJson1_0"],
  ["POST / ", "dynamodb", "DynamoDB_20120810.constructor", "1.0", "UnknownOperationException 400 awsJson1_0"],
  ["POST / ", "dynamodb", "Nonsense.PutItem", "1.1", "UnknownOperationException 400 awsJson1_1"],
  ["POST / ", "dynamodb", "nonsense", "1.1", "UnknownOperationException 400 awsJson1_1"],
  ["POST / ", "athena", "AmazonAthena.StartQueryExecution", "1.1", "NotImplemented 501 awsJson1_1"],
])("target: %s %s %s in JSON %s is %s", (line, signingName, target, version, expected) => {
  const headers = { "x-amz-target": target, "content-type": `application/x-amz-json-${version}` };
  expect(outcome(line, { signingName, headers })).toBe(expected);
});

test("CloudWatch has three protocols, Kinesis CBOR with a target", () => {
  const signingName = "monitoring";
  const target = "GraniteServiceVersion20100801";
  const rpc = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor" };
  expect(outcome(`POST /service/${target}/operation/PutMetricData`, { signingName, headers: rpc })).toBe(
    "cloudwatch.PutMetricData rpcv2Cbor",
  );
  expect(outcome(`POST /service/${target}/operation/Nothing`, { signingName, headers: rpc })).toBe(
    "UnknownOperationException 400 rpcv2Cbor",
  );
  const json = { "x-amz-target": `${target}.PutMetricData`, "content-type": "application/x-amz-json-1.0" };
  expect(outcome("POST /", { signingName, headers: json })).toBe("cloudwatch.PutMetricData awsJson1_0");
  expect(query("monitoring", { Action: "PutMetricData", Version: "2010-08-01" })).toBe(
    "cloudwatch.PutMetricData awsQuery",
  );
  const cbor = { "x-amz-target": "Kinesis_20131202.PutRecord", "content-type": "application/x-amz-cbor-1.1" };
  expect(outcome("POST /", { signingName: "kinesis", headers: cbor })).toBe("kinesis.PutRecord awsJson1_1");
});

/** https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html, "Requests" */
test.each([
  ["GET", {}],
  ["PUT", {}],
  ["POST", { "x-amz-target": "Kinesis_20131202.ListStreams" }],
  ["POST", { "x-amzn-target": "Kinesis_20131202.ListStreams" }],
])("RPC v2 requires POST, and has its operation only in its path: %s %j", (method, more) => {
  const headers = { "smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor", ...more };
  const line = `${method} /service/Kinesis_20131202/operation/DeleteStream`;
  expect(outcome(line, { signingName: "kinesis", headers })).toBe("UnknownOperationException 400 rpcv2Cbor");
});

const urlencoded = { "content-type": "application/x-www-form-urlencoded; charset=utf-8" };

function query(
  signingName: string | undefined,
  form: Record<string, string>,
  over: Partial<RouteFacts> = {},
): string {
  const asked = facts("POST /", { signingName, headers: urlencoded, ...over });
  expect(needsForm(asked)).toBe(true);
  return outcome("POST /", { ...asked, form: Object.entries(form) });
}

test.each([
  ["sqs", "SendMessage", "2012-11-05", "sqs.SendMessage awsQuery"],
  ["ec2", "DescribeInstances", "2016-11-15", "ec2.DescribeInstances ec2Query"],
  ["ec2", "DescribeInstances", "2014-10-01", "ec2.DescribeInstances ec2Query"],
  ["sts", "GetCallerIdentity", "2011-06-15", "sts.GetCallerIdentity awsQuery"],
  ["elasticloadbalancing", "DescribeLoadBalancers", "2012-06-01", "elb.DescribeLoadBalancers awsQuery"],
  ["elasticloadbalancing", "DescribeLoadBalancers", "2015-12-01", "elbv2.DescribeLoadBalancers awsQuery"],
  ["ses", "SendEmail", "2010-12-01", "ses.SendEmail awsQuery"],
  [undefined, "AssumeRoleWithWebIdentity", "2011-06-15", "sts.AssumeRoleWithWebIdentity awsQuery"],
  [undefined, "DescribeTags", "2011-01-01", "autoscaling.DescribeTags awsQuery"],
  ["iam", "MakeTea", "2010-05-08", "InvalidAction 400 awsQuery"],
  ["ec2", "SendMessage", "2016-11-15", "InvalidAction 400 ec2Query"],
  [undefined, "MakeTea", "2010-05-08", "InvalidAction 400 awsQuery"],
  ["iam", "toString", "2010-05-08", "InvalidAction 400 awsQuery"],
  ["sts", "GetCallerIdentity", "2000-01-01", "InvalidAction 400 awsQuery"],
  ["sns", "Publish", "2000-01-01", "sns.Publish awsQuery"],
])("query: %s %s %s is %s", (signingName, Action, Version, expected) => {
  expect(query(signingName, { Action, Version })).toBe(expected);
});

test("query: the action may be in the URL, in unsigned requests only where no object can be meant", () => {
  const call = "?Action=GetCallerIdentity&Version=2011-06-15";
  expect(outcome(`GET /${call}`, { signingName: "sts" })).toBe("sts.GetCallerIdentity awsQuery");
  expect(outcome(`GET /${call}`)).toBe("sts.GetCallerIdentity awsQuery");
  expect(outcome("GET /000000000000/q?Action=ReceiveMessage")).toBe("sqs.ReceiveMessage awsQuery");
  expect(outcome(`GET /b/k${call}`)).toBe("s3.GetObject restXml");
  expect(outcome(`GET /b${call}`, { signingName: "s3" })).toBe("s3.ListObjects restXml");
  expect(route(facts("GET /?Action=MakeTea", { signingName: "sts" }))).toMatchObject({
    error: { message: "Could not find operation MakeTea for version NO_VERSION_SPECIFIED" },
  });
  expect(outcome("POST /", { signingName: "iam", headers: urlencoded, form: [] })).toBe(
    "MissingAction 400 awsQuery",
  );
});

/** https://metacpan.org/pod/Amazon::SQS::Simple */
test("query: the target of an old client is ignored if no service has it", () => {
  const headers = { ...urlencoded, "x-amz-target": "AmazonSQSv20121105.CreateQueue" };
  const Version = "2012-11-05";
  expect(query("sqs", { Action: "CreateQueue", Version }, { headers })).toBe("sqs.CreateQueue awsQuery");
});

test("a form is only needed where it may name the operation", () => {
  expect(needsForm(facts("POST /b/k", { signingName: "s3", headers: urlencoded }))).toBe(false);
  expect(needsForm(facts("POST /b/k", { host: "b.s3.localhost", headers: urlencoded }))).toBe(false);
  expect(needsForm(facts("PUT /", { signingName: "sqs", headers: urlencoded }))).toBe(false);
  expect(needsForm(facts("POST /", { signingName: "sqs" }))).toBe(false);
  expect(
    needsForm(
      facts("POST /", {
        signingName: "sqs",
        headers: { ...urlencoded, "x-amz-target": "AmazonSQS.SendMessage" },
      }),
    ),
  ).toBe(false);
});

test.each([
  ["lambda", "GET /2015-03-31/functions/", "lambda.ListFunctions restJson1"],
  ["lambda", "GET /2015-03-31/functions", "lambda.ListFunctions restJson1"],
  ["lambda", "GET /2015-03-31/functions/f", "lambda.GetFunction restJson1"],
  ["lambda", "POST /2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "lambda.Invoke restJson1"],
  [
    "lambda",
    "GET /2019-09-30/functions/f/provisioned-concurrency?List=ALL",
    "lambda.ListProvisionedConcurrencyConfigs restJson1",
  ],
  [
    "lambda",
    "GET /2019-09-30/functions/f/provisioned-concurrency?Qualifier=1",
    "lambda.GetProvisionedConcurrencyConfig restJson1",
  ],
  [
    "lambda",
    "GET /2019-09-30/functions/f/provisioned-concurrency",
    "lambda.GetProvisionedConcurrencyConfig restJson1",
  ],
  ["lambda", "GET /nothing", "UnknownOperationException 404 restJson1"],
  ["lambda", "PATCH /2015-03-31/functions/f", "UnknownOperationException 404 restJson1"],
  ["lambda", "GET /2015-03-31/functions/%zz", "SerializationException 400 restJson1"],
  ["apigateway", "GET /restapis/a/resources/b", "apigateway.GetResource restJson1"],
  ["apigateway", "POST /restapis?mode=import", "apigateway.ImportRestApi restJson1"],
  ["apigateway", "POST /restapis", "apigateway.CreateRestApi restJson1"],
  ["apigateway", "GET /v2/apis", "apigatewayv2.GetApis restJson1"],
  ["execute-api", "POST /%40connections/abc%3D", "apigatewaymanagementapi.PostToConnection restJson1"],
  ["route53", "POST /2013-04-01/hostedzone/Z1/rrset", "route53.ChangeResourceRecordSets restXml"],
  ["route53", "POST /2013-04-01/hostedzone/Z1/rrset/", "route53.ChangeResourceRecordSets restXml"],
  ["cloudfront", "POST /2020-05-31/tagging?Operation=Untag", "cloudfront.UntagResource restXml"],
  ["glacier", "POST /-/vaults/v/tags?operation=remove", "glacier.RemoveTagsFromVault restJson1"],
  ["ses", "POST /v2/email/outbound-emails", "sesv2.SendEmail restJson1"],
  ["s3express", "GET /b/k", "s3.GetObject restXml"],
  ["s3express", "GET /?max-directory-buckets=1", "s3.ListDirectoryBuckets restXml"],
  ["s3express", "GET /b?session", "s3.CreateSession restXml"],
  ["s3express", "GET /b--use1-az4--x-s3//?session", "s3.CreateSession restXml"],
  ["s3express", "GET /b--use1-az4--x-s3//k", "s3.GetObject restXml"],
  ["s3express", "PUT /b/k?renameObject", "s3.RenameObject restXml"],
  ["s3express", "GET /b/k?renameObject", "MethodNotAllowed 405 restXml"],
  ["s3", "GET /", "s3.ListBuckets restXml"],
  ["dynamodb", "GET /", "UnknownOperationException 404 awsJson1_0"],
  ["xray", "POST /TraceSegments", "NotImplemented 501 restJson1"],
])("path: %s %s is %s", (signingName, line, expected) => {
  expect(outcome(line, { signingName })).toBe(expected);
});

test("S3's control plane has S3's signing name, and is recognized by its path and account", () => {
  const headers = { "x-amz-account-id": "000000000000" };
  const signed = { signingName: "s3", headers };
  expect(outcome("GET /v20180820/configuration/publicAccessBlock", signed)).toBe(
    "s3control.GetPublicAccessBlock restXml",
  );
  const host = "000000000000.localhost:4566";
  expect(outcome("GET /v20180820/configuration/publicAccessBlock", { ...signed, host })).toBe(
    "s3control.GetPublicAccessBlock restXml",
  );
  expect(outcome("GET /v20180820/k", { signingName: "s3" })).toBe("s3.GetObject restXml");
  expect(labels("GET /v20180820/mrap/instances/a/b/policy", signed)).toEqual({ name: "a/b" });
});

test.each([
  ["sqs.us-east-1.localhost:4566", "sqs.ListQueues awsQuery"],
  ["sqs.us-east-1.amazonaws.com", "sqs.ListQueues awsQuery"],
])("the host %s identifies the service of an unsigned request", (host, expected) => {
  expect(outcome("GET /any?Action=ListQueues", { host })).toBe(expected);
});

test("a host prefix of an operation has no effect", () => {
  const headers = {
    "x-amz-target": "AWSStepFunctions.StartSyncExecution",
    "content-type": "application/x-amz-json-1.0",
  };
  const host = "sync-states.us-east-1.localhost:4566";
  expect(outcome("POST /", { signingName: "states", headers, host })).toBe(
    "stepfunctions.StartSyncExecution awsJson1_0",
  );
  expect(outcome("GET /", { host })).toBe("UnknownOperationException 404 awsJson1_0");
});

test("a service endpoint's own path is recognized by its whole first segment", () => {
  const { route: routeTo } = router({
    index: loadIndex(),
    loadContract,
    domains: ["localhost"],
    endpointHosts: { "/_sns": "sns" },
  });
  const at = (path: string) => {
    const found = routeTo(facts(`GET ${path}`));
    return isRouted(found) ? found.operation.name : found.at?.service;
  };
  expect(["/_sns/a", "/_sns", "/_snsx", "/_snsx/a"].map(at)).toEqual([
    "sns",
    "sns",
    "ListObjects",
    "GetObject",
  ]);
});
