import {
  CreateBucketCommand,
  CreateSessionCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  RenameObjectCommand,
} from "@aws-sdk/client-s3";
import { createPresignedPost, type PresignedPostOptions } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { exchange } from "../wire.ts";
import { elementIn, elementsOf, freshBucket, refused, s3Client, type TappedClient } from "./client.ts";
import { send } from "./wire.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let Bucket: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  Bucket = await freshBucket(s3, "addressing");
  await s3.send(new PutObjectCommand({ Bucket, Key: "k", Body: "body", ContentType: "text/plain" }));
});

const HOSTING = doc("AmazonS3/latest/userguide/VirtualHosting.html");
const PRESIGNED = doc("AmazonS3/latest/userguide/using-presigned-url.html");
const QUERY = doc("AmazonS3/latest/API/sigv4-query-string-auth.html");
const POST = doc("AmazonS3/latest/API/RESTObjectPOST.html");
const POLICY = doc("AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html");
const FORM = doc("AmazonS3/latest/API/sigv4-HTTPPOSTForms.html");
const ERRORS = doc("AmazonS3/latest/API/ErrorResponses.html");

const k = () => ({ Bucket, Key: "k" });

// Path style and virtual-hosted style

behaviour("a bucket may be addressed by path or by host", HOSTING, async () => {
  const { port } = new URL(cloud.endpoint);
  const url = new URL(await getSignedUrl(s3, new GetObjectCommand(k())));
  expect((await fetch(url)).status).toBe(200);
  const host = `${Bucket}.s3.localhost:${port}`;
  const hosted = s3Client(cloud, { style: "host" }, { endpoint: `http://s3.localhost:${port}` });
  const signed = new URL(await getSignedUrl(hosted, new GetObjectCommand(k())));
  expect(signed.host).toBe(host);
  const answer = await exchange(`${cloud.endpoint}${signed.pathname}${signed.search}`, { headers: { host } });
  expect([answer.status, answer.text]).toEqual([200, "body"]);
});

behaviour("a virtual host may contain a Region after the bucket", HOSTING, async () => {
  const { port } = new URL(cloud.endpoint);
  const host = `${Bucket}.s3.us-east-1.localhost:${port}`;
  const hosted = s3Client(cloud, { style: "host" }, { endpoint: `http://s3.us-east-1.localhost:${port}` });
  const signed = new URL(await getSignedUrl(hosted, new GetObjectCommand(k())));
  const answer = await exchange(`${cloud.endpoint}${signed.pathname}${signed.search}`, { headers: { host } });
  expect(answer.status).toBe(200);
});

behaviour("a bucket may have the name of a service, also in a virtual host", HOSTING, async () => {
  const { port } = new URL(cloud.endpoint);
  await s3.send(new CreateBucketCommand({ Bucket: "logs" }));
  await s3.send(new PutObjectCommand({ Bucket: "logs", Key: "a/k", Body: "body" }));
  const hosted = s3Client(cloud, { style: "host" }, { endpoint: `http://localhost:${port}` });
  const command = new GetObjectCommand({ Bucket: "logs", Key: "a/k" });
  const { pathname, search, host } = new URL(await getSignedUrl(hosted, command));
  expect(host).toBe(`logs.localhost:${port}`);
  const answer = await exchange(`${cloud.endpoint}${pathname}${search}`, { headers: { host } });
  expect([answer.status, answer.text]).toEqual([200, "body"]);
});

for (const Key of ["_nube/health", "_localstack/health", "_sns/key"]) {
  behaviour(`${Key} is an ordinary key in a virtual-hosted request`, HOSTING, async () => {
    const { port } = new URL(cloud.endpoint);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: "body" }));
    for (const name of ["localhost", "s3.localhost"]) {
      const hosted = s3Client(cloud, { style: "host" }, { endpoint: `http://${name}:${port}` });
      const { pathname, search, host } = new URL(
        await getSignedUrl(hosted, new GetObjectCommand({ Bucket, Key })),
      );
      const answer = await exchange(`${cloud.endpoint}${pathname}${search}`, { headers: { host } });
      expect([answer.status, answer.text]).toEqual([200, "body"]);
    }
  });
}

// Presigned URLs

behaviour("a presigned GET needs no other credentials", PRESIGNED, async () => {
  const answer = await fetch(await getSignedUrl(s3, new GetObjectCommand(k())));
  expect([answer.status, await answer.text()]).toEqual([200, "body"]);
});

behaviour("a presigned GET may override response headers", PRESIGNED, async () => {
  const wanted = { ResponseContentType: "text/csv", ResponseContentDisposition: "attachment" };
  const answer = await fetch(await getSignedUrl(s3, new GetObjectCommand({ ...k(), ...wanted })));
  expect([answer.headers.get("content-type"), answer.headers.get("content-disposition")]).toEqual([
    "text/csv",
    "attachment",
  ]);
});

behaviour("a presigned PUT stores the object", PRESIGNED, async () => {
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: "presigned" }));
  expect((await fetch(url, { method: "PUT", body: "sent" })).status).toBe(200);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "presigned" }));
  expect(await got.Body!.transformToString()).toBe("sent");
});

behaviour("a presigned URL is valid for its method only", QUERY, async () => {
  const answer = await fetch(await getSignedUrl(s3, new GetObjectCommand(k())), { method: "DELETE" });
  expect([answer.status, elementIn(await answer.text(), "Code")]).toEqual([403, "SignatureDoesNotMatch"]);
});

behaviour("a presigned URL is valid for its key only", QUERY, async () => {
  const url = new URL(await getSignedUrl(s3, new GetObjectCommand(k())));
  url.pathname = `/${Bucket}/other`;
  expect((await fetch(url)).status).toBe(403);
});

behaviour("a presigned URL expires", PRESIGNED, async () => {
  const old = new Date(Date.now() - 120_000);
  const url = await getSignedUrl(s3, new GetObjectCommand(k()), { expiresIn: 60, signingDate: old });
  const answer = await fetch(url);
  const text = await answer.text();
  expect([answer.status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    403,
    "AccessDenied",
    "Request has expired",
  ]);
  expect([elementIn(text, "X-Amz-Expires"), elementIn(text, "Expires") !== undefined]).toEqual(["60", true]);
});

for (const [what, value] of [
  ["more than seven days", "604801"],
  ["not a number", "soon"],
  ["negative", "-1"],
] as const) {
  behaviour(`a presigned URL is refused if its validity is ${what}`, QUERY, async () => {
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand(k())));
    url.searchParams.set("X-Amz-Expires", value);
    const answer = await fetch(url);
    expect([answer.status, elementIn(await answer.text(), "Code")]).toEqual([
      400,
      "AuthorizationQueryParametersError",
    ]);
  });
}

for (const name of [
  "X-Amz-Signature",
  "X-Amz-Credential",
  "X-Amz-Date",
  "X-Amz-Expires",
  "X-Amz-SignedHeaders",
]) {
  behaviour(`a presigned URL without ${name} is refused`, QUERY, async () => {
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand(k())));
    url.searchParams.delete(name);
    const answer = await fetch(url);
    expect([answer.status, elementIn(await answer.text(), "Code")]).toEqual([
      400,
      "AuthorizationQueryParametersError",
    ]);
  });
}

behaviour("an unsigned request is denied", ERRORS, async () => {
  const answer = await fetch(`${cloud.endpoint}/${Bucket}/k`);
  const text = await answer.text();
  expect([answer.status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    403,
    "AccessDenied",
    "Access Denied",
  ]);
  expect(elementsOf(text)).toEqual(["Code", "Message", "RequestId", "HostId"]);
});

behaviour("an unknown access key is refused", ERRORS, () =>
  refused(
    s3Client(cloud, {}, { credentials: { accessKeyId: "AKIANOBODY", secretAccessKey: "x" } }).send(
      new GetObjectCommand(k()),
    ),
    "InvalidAccessKeyId",
    403,
    {
      message: "The AWS Access Key Id you provided does not exist in our records.",
      AWSAccessKeyId: "AKIANOBODY",
    },
  ),
);

behaviour("a signature with another secret is refused", ERRORS, () =>
  refused(
    s3Client(cloud, {}, { credentials: { accessKeyId: "test", secretAccessKey: "wrong" } }).send(
      new GetObjectCommand(k()),
    ),
    "SignatureDoesNotMatch",
    403,
    {
      message:
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
    },
  ),
);

// POST forms

async function post(
  options: Partial<PresignedPostOptions>,
  more: Record<string, string> = {},
  data = "data",
) {
  const { url, fields } = await createPresignedPost(s3, { Bucket, Key: "form", ...options });
  const form = new FormData();
  for (const [name, value] of Object.entries({ ...fields, ...more })) form.append(name, value);
  form.append("file", new Blob([data]), "file.txt");
  const answer = await fetch(url, { method: "POST", body: form, redirect: "manual" });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

behaviour("a form with a policy uploads its file and is answered 204", POST, async () => {
  const { status, headers, text } = await post({});
  expect([status, text]).toEqual([204, ""]);
  expect(headers.get("etag")).toMatch(/^"[0-9a-f]{32}"$/);
  expect(headers.get("location")).toBe(`${cloud.endpoint}/${Bucket}/form`);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: "form" }));
  expect(await got.Body!.transformToString()).toBe("data");
});

behaviour("success_action_status 201 returns a document", POST, async () => {
  const { status, text } = await post({ Fields: { success_action_status: "201" } });
  expect([status, elementsOf(text)]).toEqual([201, ["Location", "Bucket", "Key", "ETag"]]);
  expect([elementIn(text, "Bucket"), elementIn(text, "Key")]).toEqual([Bucket, "form"]);
});

behaviour("success_action_redirect redirects the browser", POST, async () => {
  const { status, headers } = await post({ Fields: { success_action_redirect: "https://example.com/done" } });
  const location = new URL(headers.get("location")!);
  expect([status, location.host]).toEqual([303, "example.com"]);
  expect([location.searchParams.get("bucket"), location.searchParams.get("key")]).toEqual([Bucket, "form"]);
});

behaviour("the filename variable in the key is replaced by the file's name", FORM, async () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own variable
  await post({ Key: "uploads/${filename}" });
  await s3.send(new HeadObjectCommand({ Bucket, Key: "uploads/file.txt" }));
});

behaviour("form fields set the object's headers and metadata", FORM, async () => {
  const Fields = { "Content-Type": "text/x", "Cache-Control": "no-cache", "x-amz-meta-colour": "blue" };
  await post({ Key: "described", Fields });
  expect(await s3.send(new HeadObjectCommand({ Bucket, Key: "described" }))).toMatchObject({
    ContentType: "text/x",
    CacheControl: "no-cache",
    Metadata: { colour: "blue" },
  });
});

behaviour(
  "metadata that is not ASCII is returned as encoded words",
  doc("AmazonS3/latest/userguide/UsingMetadata.html"),
  async () => {
    await post({ Key: "foreign", Fields: { "x-amz-meta-colour": "grün", "x-amz-meta-land": "日本" } });
    const { Metadata } = await s3.send(new HeadObjectCommand({ Bucket, Key: "foreign" }));
    expect(Metadata).toEqual({ colour: "=?UTF-8?Q?gr=C3=BCn?=", land: "=?UTF-8?B?5pel5pys?=" });
  },
);

behaviour(
  "metadata beyond Latin-1 does not break the response",
  doc("AmazonS3/latest/userguide/UsingMetadata.html"),
  async () => {
    await post({ Key: "disposed", Fields: { "Content-Disposition": 'attachment; filename="日.txt"' } });
    expect((await s3.raw(new GetObjectCommand({ Bucket, Key: "disposed" }))).status).toBe(200);
  },
);

behaviour("a file shorter than content-length-range is refused", POLICY, async () => {
  const { status, text } = await post({ Conditions: [["content-length-range", 10, 20]] });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "EntityTooSmall",
    "Your proposed upload is smaller than the minimum allowed size",
  ]);
  expect([elementIn(text, "ProposedSize"), elementIn(text, "MinSizeAllowed")]).toEqual(["4", "10"]);
});

behaviour("a file longer than content-length-range is refused", POLICY, async () => {
  const { status, text } = await post({ Conditions: [["content-length-range", 0, 2]] });
  expect([
    status,
    elementIn(text, "Code"),
    elementIn(text, "Message"),
    elementIn(text, "MaxSizeAllowed"),
  ]).toEqual([400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", "2"]);
});

behaviour("a form field without a policy condition is denied", POLICY, async () => {
  const { status, text } = await post({}, { "x-amz-meta-extra": "1" });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    403,
    "AccessDenied",
    "Invalid according to Policy: Extra input fields: x-amz-meta-extra",
  ]);
});

behaviour("a form field that violates its policy condition is denied", POLICY, async () => {
  const { status, text } = await post({ Conditions: [["starts-with", "$key", "user/"]] });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    403,
    "AccessDenied",
    'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]',
  ]);
});

behaviour("a form policy expires", POLICY, async () => {
  const { status, text } = await post({ Expires: -60 });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    403,
    "AccessDenied",
    "Invalid according to Policy: Policy expired.",
  ]);
});

behaviour("a form policy with a wrong signature is refused", POST, async () => {
  const { status, text } = await post({}, { "X-Amz-Signature": "0".repeat(64) });
  expect([status, elementIn(text, "Code")]).toEqual([403, "SignatureDoesNotMatch"]);
});

behaviour("a form without a policy is anonymous", POST, async () => {
  const form = new FormData();
  form.append("key", "anonymous");
  form.append("file", "data");
  const answer = await fetch(`${cloud.endpoint}/${Bucket}`, { method: "POST", body: form });
  expect([answer.status, elementIn(await answer.text(), "Code")]).toEqual([403, "AccessDenied"]);
});

// Unsupported operations

const at = { Bucket: "b", Key: "k" };
for (const [name, command] of [
  ["RenameObject", () => new RenameObjectCommand({ ...at, Bucket, RenameSource: "k" })],
  ["CreateSession", () => new CreateSessionCommand({ Bucket })],
] as const) {
  behaviour(`${name} answers 501 and names the operation`, ERRORS, async () => {
    const { status, text } = await s3.raw(command());
    expect([status, elementIn(text, "Code")]).toEqual([501, "NotImplemented"]);
    expect(elementIn(text, "Message")).toContain(name);
  });
}

const PLUS = "https://github.com/ostreedev/ostree/issues/2139";

behaviour("a plus sign in the path stands for a space of the key", PLUS, async () => {
  await s3.send(new PutObjectCommand({ Bucket, Key: "a b", Body: "space" }));
  await s3.send(new PutObjectCommand({ Bucket, Key: "a+c", Body: "plus" }));
  const get = (target: string) => send(cloud, { method: "GET", target: `/${Bucket}/${target}` });
  expect(await get("a+b")).toMatchObject({ status: 200, text: "space" });
  expect(await get("a%2Bc")).toMatchObject({ status: 200, text: "plus" });
  expect(elementIn((await get("a+c")).text, "Key")).toBe("a c");
});

behaviour(
  "a plus sign in the path is signed as a space",
  "https://github.com/nginx/nginx-s3-gateway/issues/77",
  async () => {
    const url = new URL(await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: "a b" })));
    url.pathname = url.pathname.replace("%20", "+");
    expect(await exchange(url.href)).toMatchObject({ status: 200, text: "space" });
    url.pathname = url.pathname.replace("+", "%2B");
    expect(elementIn((await exchange(url.href)).text, "Code")).toBe("SignatureDoesNotMatch");
  },
);

behaviour(
  "MFA delete answers 501",
  doc("AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html"),
  async () => {
    await expect(
      s3.send(
        new PutBucketVersioningCommand({
          Bucket,
          MFA: "arn 123456",
          VersioningConfiguration: { Status: "Enabled", MFADelete: "Enabled" },
        }),
      ),
    ).rejects.toMatchObject({ $metadata: { httpStatusCode: 501 } });
  },
);

behaviour("CreateBucket refuses a body that is not XML as malformed", ERRORS, async () => {
  const { status, text } = await s3.raw(new CreateBucketCommand({ Bucket: "malformed" }), {
    body: "<not xml",
  });
  expect([status, elementIn(text, "Code"), elementIn(text, "Message")]).toEqual([
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  ]);
});
