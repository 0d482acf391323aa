/** Valid requests that the fuzzer edits: each protocol, and each way to send a body or a signature. */
export interface Template {
  /** The method and the target. */
  line: string;
  headers: Record<string, string>;
  body: Buffer;
}

const scope = (service: string) => `Credential=AKIAFUZZ/20260101/us-east-1/${service}/aws4_request`;

function template(
  line: string,
  service: string | undefined,
  headers: Record<string, string> = {},
  body: string | Uint8Array = "",
): Template {
  const authorization = `AWS4-HMAC-SHA256 ${scope(service ?? "")}, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;
  return {
    line,
    headers: {
      host: "localhost:4566",
      ...(service !== undefined && { authorization, "x-amz-date": "20260101T000000Z" }),
      ...headers,
    },
    body: Buffer.from(body),
  };
}

const json = (service: string, target: string, content: unknown, version = "1.0") =>
  template(
    "POST /",
    service,
    { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target },
    JSON.stringify(content),
  );

const query = (service: string, body: string) =>
  template("POST /", service, { "content-type": "application/x-www-form-urlencoded" }, body);

const rest = (line: string, service: string, content: unknown) =>
  template(line, service, { "content-type": "application/json" }, JSON.stringify(content));

const s3 = (line: string, body: string | Uint8Array = "", headers: Record<string, string> = {}) =>
  template(line, "s3", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD", ...headers }, body);

const chunked = (payload: string, frames: string) =>
  s3("PUT /bucket/chunked", frames, {
    "x-amz-content-sha256": payload,
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "5",
    "x-amz-trailer": "x-amz-checksum-crc32",
  });

const signature = "1".repeat(64);
/** `{"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.5, "Timestamp": 1(1.7e9)}]}` */
const METRICS = Buffer.from(
  `a2694e616d657370616365614e6a4d65747269634461746181a36a4d65747269634e616d65616d6556616c7565fb3ff8000000000000` +
    `6954696d657374616d70c1fb41d954fc40000000`,
  "hex",
);
/** `{"StreamName": "s", "Data": h'0102', "PartitionKey": "p"}`, with indefinite length */
const RECORD = Buffer.from(
  "bf6a53747265616d4e616d6561736444617461420102" + "6c506172746974696f6e4b65796170ff",
  "hex",
);

export const TEMPLATES: Template[] = [
  json("dynamodb", "DynamoDB_20120810.PutItem", {
    TableName: "t",
    Item: {
      id: { S: "é\u0000😀" },
      n: { N: "1e125" },
      b: { B: "AAE=" },
      l: { L: [{ M: { __proto__x: { NULL: true } } }] },
      s: { SS: ["a", "b"] },
    },
    ConditionExpression: "attribute_not_exists(id)",
  }),
  json("sqs", "AmazonSQS.SendMessage", {
    QueueUrl: "http://localhost:4566/000000000000/q",
    MessageBody: "body",
    DelaySeconds: 5,
    MessageAttributes: { a: { DataType: "Binary", BinaryValue: "AAE=" } },
  }),
  json(
    "kms",
    "TrentService.Encrypt",
    { KeyId: "k", Plaintext: "AAE=", EncryptionContext: { a: "b" } },
    "1.1",
  ),
  json(
    "logs",
    "Logs_20140328.PutLogEvents",
    { logGroupName: "g", logStreamName: "s", logEvents: [{ timestamp: 1.7e12, message: "m" }] },
    "1.1",
  ),
  query(
    "sqs",
    "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%2Fq&MessageBody=a+b%26c&MessageAttribute.1.Name=n&MessageAttribute.1.Value.DataType=String",
  ),
  query(
    "ec2",
    "Action=RunInstances&Version=2016-11-15&MinCount=1&MaxCount=2&BlockDeviceMapping.1.Ebs.VolumeSize=8&TagSpecification.1.Tag.1.Key=k&NetworkInterface.1.Ipv6Addresses.1.Ipv6Address=%3A%3A1",
  ),
  query(
    "iam",
    "Action=CreateUser&Version=2010-05-08&UserName=u&Tags.member.1.Key=k&Tags.member.1.Value=%F0%9F%98%80",
  ),
  query("sts", "Action=GetCallerIdentity&Version=2011-06-15"),
  query("sts", "Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900"),
  query(
    "cloudformation",
    "Action=CreateStack&Version=2010-05-15&StackName=s&TemplateBody=%7B%7D&Parameters.member.1.ParameterKey=k",
  ),
  template("GET /?Action=GetCallerIdentity&Version=2011-06-15", "sts"),
  rest("POST /2015-03-31/functions", "lambda", {
    FunctionName: "f",
    Role: "arn:aws:iam::000000000000:role/r",
    Code: { ZipFile: "AAE=" },
    Environment: { Variables: { a: "b" } },
    Timeout: 3,
  }),
  template(
    "POST /2015-03-31/functions/f/invocations?Qualifier=%24LATEST",
    "lambda",
    { "x-amz-invocation-type": "Event", "x-amz-client-context": "e30=" },
    "{}",
  ),
  rest("PATCH /restapis/a/resources/b/methods/GET", "apigateway", {
    patchOperations: [{ op: "replace", path: "/x", value: "y" }],
  }),
  template("GET /v2/apis/x/routes?maxResults=5&nextToken=%7B%7D", "apigateway"),
  template(
    "POST /2013-04-01/hostedzone/Z1/rrset/",
    "route53",
    {},
    '<?xml version="1.0"?><ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Comment>&lt;&#x1F600;</Comment><Changes><Change><Action>UPSERT</Action><ResourceRecordSet><Name>a</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>1.2.3.4</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>',
  ),
  template(
    "POST /service/GraniteServiceVersion20100801/operation/PutMetricData",
    "monitoring",
    { "content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor" },
    METRICS,
  ),
  template(
    "POST /",
    "kinesis",
    { "content-type": "application/x-amz-cbor-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    RECORD,
  ),
  template(
    "POST /-/vaults/v/archives",
    "glacier",
    { "x-amz-glacier-version": "2012-06-01", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" },
    "archive",
  ),
  s3("GET /"),
  s3(
    "PUT /bucket",
    "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>",
  ),
  s3("PUT /bucket/k%20e%2Fy/%C3%A9?x-id=PutObject", "content", {
    "content-type": "text/plain",
    "x-amz-meta-a": "\xe9",
    "x-amz-checksum-crc32": "AAAAAA==",
    "cache-control": "no-cache",
    expires: "Thu, 01 Jan 2026 00:00:00 GMT",
    "x-amz-tagging": "a=b&c=%20",
  }),
  s3("PUT /bucket/k", "content", {
    "content-type": "text/plain",
    "content-disposition": 'attachment; filename="f"',
    "content-language": "de",
    "x-amz-meta-a": "=?UTF-8?B?w6k=?=",
    "x-amz-website-redirect-location": "/other",
  }),
  s3("GET /bucket/k?response-content-disposition=attachment%3B%20filename%3D%22%C3%A9%22&response-expires=x"),
  s3("PUT /bucket/hashed", "content", {
    "x-amz-content-sha256": "ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73",
  }),
  s3("PUT /bucket/copy", "", {
    "x-amz-copy-source": "/bucket/k?versionId=null",
    "x-amz-metadata-directive": "REPLACE",
  }),
  s3("GET /bucket/k?versionId=null&response-content-type=a%2Fb&partNumber=1", "", {
    range: "bytes=0-5,7-",
    "if-modified-since": "Thu, 01 Jan 2026 00:00:00 GMT",
    "if-none-match": '"e"',
  }),
  s3("HEAD /bucket/k"),
  s3(
    "GET /bucket?list-type=2&prefix=a%2F&delimiter=%2F&max-keys=10&encoding-type=url&start-after=x&continuation-token=AA",
  ),
  s3("GET /bucket?versions&key-marker=k&version-id-marker=v&max-keys=1"),
  s3(
    "POST /bucket?delete",
    "<Delete><Object><Key>a&amp;b</Key><VersionId>v</VersionId></Object><Quiet>true</Quiet></Delete>",
    { "content-md5": "AAAAAAAAAAAAAAAAAAAAAA==" },
  ),
  s3("POST /bucket/k?uploads"),
  s3("PUT /bucket/k?partNumber=1&uploadId=u", "part"),
  s3(
    "POST /bucket/k?uploadId=u",
    "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e&quot;</ETag></Part></CompleteMultipartUpload>",
  ),
  s3(
    "PUT /bucket?lifecycle",
    "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>",
  ),
  s3("DELETE /bucket/k?versionId=x"),
  { ...s3("GET /k"), headers: { ...s3("GET /k").headers, host: "bucket.s3.us-east-1.localhost:4566" } },
  chunked("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"),
  chunked(
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
    `5;chunk-signature=${signature}\r\nhello\r\n0;chunk-signature=${signature}\r\nx-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:${signature}\r\n\r\n`,
  ),
  s3("PUT /bucket/te", "5\r\nhello\r\n0\r\n\r\n", {
    "transfer-encoding": "chunked",
    trailer: "x-amz-checksum-crc32",
  }),
  s3("PUT /bucket/expect", "content", { expect: "100-continue" }),
  template(
    `GET /bucket/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAFUZZ%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=604800&X-Amz-SignedHeaders=host&X-Amz-Signature=${signature}`,
    undefined,
  ),
  template("GET /bucket/k?AWSAccessKeyId=AKIAFUZZ&Signature=AAAA%3D&Expires=1999999999", undefined),
  template("GET /bucket/k", undefined, {
    authorization: "AWS AKIAFUZZ:AAAA=",
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
  }),
  template(
    "POST /bucket",
    undefined,
    { "content-type": "multipart/form-data; boundary=b" },
    '--b\r\nContent-Disposition: form-data; name="key"\r\n\r\nuser/k\r\n--b\r\nContent-Disposition: form-data; name="policy"\r\n\r\ne30=\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ncontent\r\n--b--\r\n',
  ),
  template("OPTIONS /bucket/k", undefined, {
    origin: "http://localhost:3000",
    "access-control-request-method": "PUT",
    "access-control-request-headers": "x-amz-date",
  }),
  template("GET http://b.s3.localhost/k?list-type=2", "s3", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
  template("GET /_nube/status", undefined),
  template("POST /_nube/clock", undefined, {}, '{"action":"advance","by":"1m"}'),
  template("GET /_localstack/health", undefined),
];
