import { hash } from "node:crypto";
import { CopyObjectCommand, CreateBucketCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { presign } from "#aws/signature/sigv4.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, type RawAnswer, s3Client } from "./client.ts";
import { send, type WireRequest } from "./wire.ts";

/* Requests that AWS clients do not send. */

const cloud = conformanceCloud();
let bucket: string;
beforeAll(async () => {
  bucket = await freshBucket(s3Client(cloud), "requests");
  await send(cloud, { method: "PUT", target: `/${bucket}/ten`, body: "0123456789" });
});

const PUT = doc("AmazonS3/latest/API/API_PutObject.html");
const PART = doc("AmazonS3/latest/API/API_UploadPart.html");
const GET = doc("AmazonS3/latest/API/API_GetObject.html");
const POST = doc("AmazonS3/latest/API/RESTObjectPOST.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html");
const CHECKSUMS = doc("AmazonS3/latest/userguide/checking-object-integrity-upload.html");
const KEYS = doc("AmazonS3/latest/userguide/object-keys.html");
const XML_KEYS = `${KEYS}#object-key-xml-related-constraints`;
const NAMES = doc("AmazonS3/latest/userguide/bucketnamingrules.html");
const METADATA = doc("AmazonS3/latest/userguide/UsingMetadata.html");
const PRESIGNED = doc("AmazonS3/latest/API/sigv4-query-string-auth.html");

const REDIRECTS = doc("AmazonS3/latest/userguide/Redirects.html");
const COPY = doc("AmazonS3/latest/API/API_CopyObject.html");
const GATEWAY = "https://github.com/versity/versitygw/issues";

const put = (more: Partial<WireRequest>) =>
  send(cloud, { method: "PUT", target: `/${bucket}/k`, body: "body", ...more });

const errorOf = ({ status, text }: RawAnswer, ...elements: string[]) => [
  status,
  elementIn(text, "Code"),
  ...elements.map((name) => elementIn(text, name)),
];

behaviour("PUT requires a Content-Length, even for an empty body", ERRORS, async () => {
  const answer = await put({ body: "", unsigned: { "content-length": undefined } });
  expect(errorOf(answer, "Message")).toEqual([
    411,
    "MissingContentLength",
    "You must provide the Content-Length HTTP header.",
  ]);
});

for (const [what, target, source] of [
  ["an object", "k", PUT],
  ["a part", "k?partNumber=1&uploadId=none", PART],
] as const) {
  behaviour(`${what} refuses a chunked transfer encoding`, source, async () => {
    const answer = await send(cloud, {
      method: "PUT",
      target: `/${bucket}/${target}`,
      body: "",
      unsigned: { "content-length": undefined, "transfer-encoding": "chunked" },
    });
    expect(errorOf(answer, "Message", "Header")).toEqual([
      501,
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      "Transfer-Encoding",
    ]);
  });
}

const inChunks = (more: Partial<WireRequest>): WireRequest => ({
  method: "PUT",
  target: `/${bucket}/k`,
  body: "4\r\nbody\r\n0\r\nx-amz-checksum-crc32:dVf7NQ==\r\n\r\n",
  payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  ...more,
  headers: {
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": "4",
    "x-amz-trailer": "x-amz-checksum-crc32",
    ...more.headers,
  },
});

behaviour("an invalid decoded content length is refused", `${GATEWAY}/1656`, async () => {
  const answer = await send(cloud, inChunks({ headers: { "x-amz-decoded-content-length": "abc" } }));
  expect(errorOf(answer, "Message")).toEqual([
    411,
    "MissingContentLength",
    "You must provide the Content-Length HTTP header.",
  ]);
});

behaviour(
  "a wrong decoded content length is refused, and the error reports the actual length",
  `${GATEWAY}/1684`,
  async () => {
    const answer = await send(cloud, inChunks({ headers: { "x-amz-decoded-content-length": "3" } }));
    expect(errorOf(answer, "Message", "NumberBytesExpected", "NumberBytesProvided")).toEqual([
      400,
      "IncompleteBody",
      "You did not provide the number of bytes specified by the Content-Length HTTP header",
      "3",
      "4",
    ]);
  },
);

behaviour(
  "a checksum both as header and as trailer of an aws-chunked body is refused",
  `${GATEWAY}/1657`,
  async () => {
    const answer = await send(
      cloud,
      inChunks({ headers: { "x-amz-checksum-sha1": "qvTGHdzF6KLavt4PO0gs2a6pQ00=" } }),
    );
    expect(errorOf(answer, "Message")).toEqual([
      400,
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header",
    ]);
  },
);

behaviour("unsigned aws-chunked documents are refused", `${GATEWAY}/1601`, async () => {
  const answer = await send(cloud, inChunks({ target: `/${bucket}?tagging` }));
  expect(errorOf(answer, "Message")).toEqual([
    400,
    "InvalidRequest",
    "The value of x-amz-content-sha256 header is invalid.",
  ]);
});

for (const header of ["If-Modified-Since", "If-Unmodified-Since"]) {
  behaviour(`PutObject does not implement ${header}`, PUT, async () => {
    const answer = await put({ headers: { [header.toLowerCase()]: "Sat, 29 Oct 1994 19:43:31 GMT" } });
    expect(errorOf(answer, "Header")).toEqual([501, "NotImplemented", header]);
  });
}

behaviour("an unknown checksum algorithm is refused", CHECKSUMS, async () => {
  expect(errorOf(await put({ headers: { "x-amz-checksum-md4": "AAAA" } }), "Message")).toEqual([
    400,
    "InvalidRequest",
    "The algorithm type you specified in x-amz-checksum- header is invalid.",
  ]);
});

for (const [what, key, code] of [
  ["a control character that is invalid in XML", "a\u0001b", "MalformedXML"],
  ["a valid control character as a character reference", "a&#xD;b", undefined],
] as const) {
  behaviour(`a key in a request document with ${what}: ${code ?? "accepted"}`, XML_KEYS, async () => {
    const body = `<Delete><Object><Key>${key}</Key></Object></Delete>`;
    const headers = { "content-md5": hash("md5", body, "base64") };
    const answer = await send(cloud, { method: "POST", target: `/${bucket}?delete=`, body, headers });
    expect(elementIn(answer.text, "Code")).toBe(code);
    if (code === undefined) expect(elementIn(answer.text, "Key")).toBe(key);
  });
}

behaviour("POST to a bucket requires a form", POST, async () => {
  const answer = await send(cloud, { method: "POST", target: `/${bucket}`, body: "a=b" });
  expect(errorOf(answer, "Condition")).toEqual([
    412,
    "PreconditionFailed",
    "Bucket POST must be of the enclosure-type multipart/form-data",
  ]);
});

for (const expectation of ["", "200-ok"]) {
  behaviour(`an unknown expectation is ignored: '${expectation}'`, PUT, async () => {
    expect((await put({ unsigned: { expect: expectation } })).status).toBe(200);
  });
}

behaviour("Latin-1 metadata may be signed as UTF-8", METADATA, async () => {
  const { headers } = await put({
    headers: { "x-amz-meta-name": "Bj\xc3\xb6rn" },
    unsigned: { "x-amz-meta-name": "Bj\xf6rn" },
  });
  expect(headers.etag).toBeDefined();
  const got = await send(cloud, { method: "GET", target: `/${bucket}/k` });
  expect(got.headers["x-amz-meta-name"]).toBe("=?UTF-8?Q?Bj=C3=B6rn?=");
});

behaviour("a session token with a long-term key is refused", ERRORS, async () => {
  const headers = { "x-amz-security-token": "of-somebody-else" };
  expect(errorOf(await send(cloud, { method: "GET", target: "/", headers }), "Message")).toEqual([
    400,
    "InvalidToken",
    "The provided token is malformed or otherwise invalid.",
  ]);
});

behaviour("a presigned URL with an expiry of 0 seconds has expired", PRESIGNED, async () => {
  const url = await presigned(0);
  const answer = await send(cloud, { method: "GET", target: url, account: false });
  expect(errorOf(answer, "Message")).toEqual([403, "AccessDenied", "Request has expired"]);
});

for (const range of [
  "bytes=1-0",
  "bytes=-",
  "bytes=a-b",
  "bytes=0-1,4-5",
  "0-1",
  "bytes 0-1",
  "octets=0-1",
  "bytes= 0-1",
]) {
  behaviour(`an invalid range is ignored: ${range}`, GET, async () => {
    const answer = await send(cloud, { method: "GET", target: `/${bucket}/ten`, headers: { range } });
    expect([answer.status, answer.text, answer.headers["content-range"]]).toEqual([
      200,
      "0123456789",
      undefined,
    ]);
  });
}

async function presigned(seconds: number): Promise<string> {
  const path = `/${bucket}/ten`;
  const { host } = new URL(cloud.endpoint);
  const query = presign(
    { method: "GET", path, query: "", headers: { host } },
    { accessKeyId: "test", secretAccessKey: "test" },
    { region: "us-east-1", service: "s3", now: Date.now(), expiresIn: seconds },
  );
  return `${path}?${query}`;
}

for (const name of ["a", "a%20b", "b%C3%BCcket", "a".repeat(256)]) {
  behaviour(`${name.slice(0, 20)} is not a valid bucket name`, NAMES, async () => {
    const answer = await send(cloud, { method: "GET", target: `/${name}` });
    expect(errorOf(answer, "Message", "BucketName")).toEqual([
      400,
      "InvalidBucketName",
      "The specified bucket is not valid.",
      decodeURIComponent(name),
    ]);
  });
}

behaviour("reads accept legacy bucket names", NAMES, async () => {
  const answer = await send(cloud, { method: "GET", target: "/Old_Name" });
  expect(errorOf(answer, "BucketName")).toEqual([404, "NoSuchBucket", "Old_Name"]);
});

// Regional endpoints

const european = "of-europe";
async function inEurope() {
  const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
  const s3 = s3Client(cloud);
  await s3.send(new CreateBucketCommand({ Bucket: european, CreateBucketConfiguration })).catch(() => {});
  return s3;
}

for (const [what, host, target, endpoint] of [
  ["in the path", "s3.us-east-1.localhost", `/${european}`, "s3.eu-west-1.localhost"],
  ["in the host", `${european}.s3.us-east-1.localhost`, "/", `${european}.s3.eu-west-1.localhost`],
  [
    "by an older name",
    `${european}.s3-us-east-1.amazonaws.com`,
    "/k",
    `${european}.s3-eu-west-1.amazonaws.com`,
  ],
] as const) {
  behaviour(
    `a Regional endpoint redirects requests for a bucket of another Region, ${what}`,
    REDIRECTS,
    async () => {
      await inEurope();
      const answer = await send(cloud, { method: "GET", target, headers: { host } });
      expect(errorOf(answer, "Endpoint", "Bucket", "Message")).toEqual([
        301,
        "PermanentRedirect",
        endpoint,
        european,
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.",
      ]);
      expect(answer.headers["x-amz-bucket-region"]).toBe("eu-west-1");
      const there = await send(cloud, {
        method: "HEAD",
        target: `/${european}`,
        headers: { host: "s3.eu-west-1.localhost" },
        region: "eu-west-1",
      });
      expect(there.status).toBe(200);
    },
  );
}

behaviour("HEAD is redirected without a document", REDIRECTS, async () => {
  await inEurope();
  const { status, headers, text } = await send(cloud, {
    method: "HEAD",
    target: `/${european}`,
    headers: { host: "s3.us-east-1.localhost" },
  });
  expect([status, headers["x-amz-bucket-region"], text]).toEqual([301, "eu-west-1", ""]);
});

behaviour("an endpoint without a Region serves the buckets of all Regions", REDIRECTS, async () => {
  const s3 = await inEurope();
  const { status } = await s3.raw(
    new CopyObjectCommand({ Bucket: european, Key: "k", CopySource: `${bucket}/ten` }),
  );
  expect(status).toBe(200);
});

behaviour("CopyObject may copy from another Region", COPY, async () => {
  await inEurope();
  const answer = await send(cloud, {
    method: "PUT",
    target: `/${european}/copied`,
    headers: { host: "s3.eu-west-1.localhost", "x-amz-copy-source": `${bucket}/ten` },
    region: "eu-west-1",
  });
  expect(answer.status).toBe(200);
});

/** The documents that s3cmd sends for `ws-create` and `accesslog`, verbatim. */
for (const [selector, body] of [
  [
    "website",
    '<WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">  <IndexDocument>    <Suffix>index.html</Suffix>  </IndexDocument></WebsiteConfiguration>',
  ],
  ["logging", '<BucketLoggingStatus xmlns="http://doc.s3.amazonaws.com/2006-03-01"/>'],
] as const)
  behaviour(
    `a document of ?${selector} requires no digest`,
    "https://github.com/s3tools/s3cmd/blob/master/S3/S3.py",
    async () => {
      const answer = await send(cloud, { method: "PUT", target: `/${bucket}?${selector}=`, body });
      expect(errorOf(answer)).toEqual([200, undefined]);
    },
  );

behaviour("dot segments in a key are part of it unless they leave the bucket", KEYS, async () => {
  const at = async (method: string, key: string) =>
    (await send(cloud, { method, target: `/${bucket}/${key}` })).status;
  for (const key of ["videos/2014/../../video1.wmv", "a/./..", "..a", "a/..b/..."])
    expect([key, await at("PUT", key), await at("GET", key)]).toEqual([key, 200, 200]);
  for (const key of ["videos/../../video1.wmv", "videos/../../2014/video1.wmv", "../a", "..", "./../a"])
    for (const method of ["PUT", "GET", "DELETE"])
      expect([key, method, await at(method, key)]).toEqual([key, method, 400]);
});

behaviour(
  "parameters of other operations are ignored",
  "https://github.com/jchristn/S3Server/blob/main/CHANGELOG.md",
  async () => {
    const { status, text } = await send(cloud, { method: "GET", target: `/${bucket}/ten?max-keys=abc` });
    expect([status, text]).toEqual([200, "0123456789"]);
  },
);

for (const body of ["<a/>", "no document", "<AccessControlPolicy>"]) {
  for (const resource of ["", "/ten"])
    behaviour(
      `${body} is not a valid ACL of ${resource || "the bucket"}`,
      "https://github.com/boto/boto3/issues/180",
      async () => {
        const answer = await send(cloud, { method: "PUT", target: `/${bucket}${resource}?acl`, body });
        expect(errorOf(answer, "Message")).toEqual([
          400,
          "MalformedACLError",
          "The XML you provided was not well-formed or did not validate against our published schema",
        ]);
      },
    );
}
