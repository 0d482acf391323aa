import { beforeAll, expect } from "vitest";
import { presign } from "#aws/signature/sigv4.ts";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { elementIn, freshBucket, type RawAnswer, s3Client } from "./client.ts";
import { send, type WireRequest } from "./wire.ts";

/* Requests as clients of AWS's own do not make them. */

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
const METADATA = doc("AmazonS3/latest/userguide/UsingMetadata.html");
const PRESIGNED = doc("AmazonS3/latest/API/sigv4-query-string-auth.html");

const put = (more: Partial<WireRequest>) =>
  send(cloud, { method: "PUT", target: `/${bucket}/k`, body: "body", ...more });

const said = ({ status, text }: RawAnswer, ...elements: string[]) => [
  status,
  elementIn(text, "Code"),
  ...elements.map((name) => elementIn(text, name)),
];

behaviour("a PUT must tell its length, even that of nothing", ERRORS, async () => {
  const answer = await put({ body: "", unsigned: { "content-length": undefined } });
  expect(said(answer, "Message")).toEqual([
    411,
    "MissingContentLength",
    "You must provide the Content-Length HTTP header.",
  ]);
});

for (const [what, target, source] of [
  ["an object", "k", PUT],
  ["a part", "k?partNumber=1&uploadId=none", PART],
] as const) {
  behaviour(`${what} cannot come in HTTP's own chunks`, source, async () => {
    const answer = await send(cloud, {
      method: "PUT",
      target: `/${bucket}/${target}`,
      body: "",
      unsigned: { "content-length": undefined, "transfer-encoding": "chunked" },
    });
    expect(said(answer, "Message", "Header")).toEqual([
      501,
      "NotImplemented",
      "A header you provided implies functionality that is not implemented",
      "Transfer-Encoding",
    ]);
  });
}

for (const header of ["If-Modified-Since", "If-Unmodified-Since"]) {
  behaviour(`PutObject knows no ${header}`, PUT, async () => {
    const answer = await put({ headers: { [header.toLowerCase()]: "Sat, 29 Oct 1994 19:43:31 GMT" } });
    expect(said(answer, "Header")).toEqual([501, "NotImplemented", header]);
  });
}

behaviour("a POST to a bucket must be a form", POST, async () => {
  const answer = await send(cloud, { method: "POST", target: `/${bucket}`, body: "a=b" });
  expect(said(answer, "Condition")).toEqual([
    412,
    "PreconditionFailed",
    "Bucket POST must be of the enclosure-type multipart/form-data",
  ]);
});

for (const expectation of ["", "200-ok"]) {
  behaviour(`an expectation that means nothing is passed over: '${expectation}'`, PUT, async () => {
    expect((await put({ unsigned: { expect: expectation } })).status).toBe(200);
  });
}

behaviour("metadata in Latin-1 may be signed as UTF-8", METADATA, async () => {
  const { headers } = await put({
    headers: { "x-amz-meta-name": "Bj\xc3\xb6rn" },
    unsigned: { "x-amz-meta-name": "Bj\xf6rn" },
  });
  expect(headers.etag).toBeDefined();
  const got = await send(cloud, { method: "GET", target: `/${bucket}/k` });
  expect(got.headers["x-amz-meta-name"]).toBe("=?UTF-8?Q?Bj=C3=B6rn?=");
});

behaviour("a URL that is signed for no second has expired", PRESIGNED, async () => {
  const url = await presigned(0);
  const answer = await send(cloud, { method: "GET", target: url, account: false });
  expect(said(answer, "Message")).toEqual([403, "AccessDenied", "Request has expired"]);
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
  behaviour(`a range that is none is passed over: ${range}`, GET, async () => {
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
