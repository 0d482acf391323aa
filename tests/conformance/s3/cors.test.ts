import {
  type CORSRule,
  CreateBucketCommand,
  DeleteBucketCorsCommand,
  GetBucketCorsCommand,
  GetObjectCommand,
  PutBucketCorsCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { exchange } from "../wire.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  for (const Bucket of ["unset", "set"]) await s3.send(new CreateBucketCommand({ Bucket }));
  await s3.send(new PutObjectCommand({ Bucket: "set", Key: "k", Body: "body" }));
  await s3.send(new PutObjectCommand({ Bucket: "unset", Key: "k", Body: "body" }));
});

const PUT = doc("AmazonS3/latest/API/API_PutBucketCors.html");
const ELEMENTS = doc("AmazonS3/latest/userguide/ManageCorsUsing.html");
const OPTIONS = doc("AmazonS3/latest/API/RESTOPTIONSobject.html");
const TROUBLE = doc("AmazonS3/latest/userguide/cors-troubleshooting.html");
const MEASURED = "https://github.com/brekkylab/backlot/issues/267";
const USING = doc("AmazonS3/latest/userguide/cors.html");

const put = (CORSRules: CORSRule[], Bucket = "set") =>
  s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
const APP = "https://app.example.com";
const rule = (more: Partial<CORSRule> = {}): CORSRule => ({
  AllowedMethods: ["GET"],
  AllowedOrigins: [APP],
  ...more,
});

// Configuration

behaviour("GetBucketCors returns the rules as they were put, in their order", PUT, async () => {
  const rules: CORSRule[] = [
    {
      ID: "first",
      AllowedHeaders: ["x-amz-*"],
      AllowedMethods: ["PUT", "POST", "DELETE"],
      AllowedOrigins: ["http://www.example1.com", "http://*.example2.com"],
      ExposeHeaders: ["x-amz-request-id"],
      MaxAgeSeconds: 3000,
    },
    rule({ AllowedMethods: ["GET", "HEAD"], AllowedOrigins: ["*"] }),
  ];
  await put(rules);
  expect((await s3.send(new GetBucketCorsCommand({ Bucket: "set" }))).CORSRules).toEqual(rules);
});

behaviour("PutBucketCors replaces the existing configuration", PUT, async () => {
  await put([rule(), rule()]);
  await put([rule()]);
  expect((await s3.send(new GetBucketCorsCommand({ Bucket: "set" }))).CORSRules).toHaveLength(1);
});

behaviour(
  "a bucket without rules answers NoSuchCORSConfiguration",
  doc("AmazonS3/latest/API/API_GetBucketCors.html"),
  async () => {
    await expect(s3.send(new GetBucketCorsCommand({ Bucket: "unset" }))).rejects.toMatchObject({
      name: "NoSuchCORSConfiguration",
      message: "The CORS configuration does not exist",
      BucketName: "unset",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

behaviour(
  "DeleteBucketCors answers 204 and is idempotent",
  doc("AmazonS3/latest/API/API_DeleteBucketCors.html"),
  async () => {
    await put([rule()]);
    for (let times = 0; times < 2; times++) {
      const { $metadata } = await s3.send(new DeleteBucketCorsCommand({ Bucket: "set" }));
      expect($metadata.httpStatusCode).toBe(204);
    }
    await expect(s3.send(new GetBucketCorsCommand({ Bucket: "set" }))).rejects.toMatchObject({
      name: "NoSuchCORSConfiguration",
    });
  },
);

for (const [what, command] of [
  ["PutBucketCors", () => put([rule()], "no-such-bucket")],
  ["GetBucketCors", () => s3.send(new GetBucketCorsCommand({ Bucket: "no-such-bucket" }))],
  ["DeleteBucketCors", () => s3.send(new DeleteBucketCorsCommand({ Bucket: "no-such-bucket" }))],
] as const) {
  behaviour(`${what} of a missing bucket answers NoSuchBucket`, PUT, async () => {
    await expect(command()).rejects.toMatchObject({ name: "NoSuchBucket" });
  });
}

behaviour("a bucket has at most 100 rules", PUT, async () => {
  await put(Array.from({ length: 100 }, () => rule()));
  await expect(put(Array.from({ length: 101 }, () => rule()))).rejects.toMatchObject({
    name: "InvalidRequest",
    $metadata: { httpStatusCode: 400 },
  });
});

for (const [what, wrong, expected] of [
  [
    "an unsupported HTTP method",
    rule({ AllowedMethods: ["PATCH"] }),
    {
      name: "InvalidRequest",
      message: "Found unsupported HTTP method in CORS config. Unsupported method is PATCH",
    },
  ],
  ["methods in lower case", rule({ AllowedMethods: ["get"] }), { name: "InvalidRequest" }],
  [
    "two wildcards in an origin",
    rule({ AllowedOrigins: ["http://*.*.com"] }),
    {
      name: "InvalidRequest",
      message: 'AllowedOrigin "http://*.*.com" can not have more than one wildcard.',
    },
  ],
  [
    "two wildcards in a header",
    rule({ AllowedHeaders: ["x-*-*"] }),
    { name: "InvalidRequest", message: 'AllowedHeader "x-*-*" can not have more than one wildcard.' },
  ],
  [
    "a wildcard in an exposed header",
    rule({ ExposeHeaders: ["x-amz-*"] }),
    {
      name: "InvalidRequest",
      message:
        'ExposeHeader "x-amz-*" contains wildcard. We currently do not support wildcard for ExposeHeader.',
    },
  ],
  ["a rule without an origin", rule({ AllowedOrigins: [] }), { name: "MalformedXML" }],
  ["a rule without a method", rule({ AllowedMethods: [] }), { name: "MalformedXML" }],
  ["an ID of more than 255 characters", rule({ ID: "i".repeat(256) }), { name: "MalformedXML" }],
] as const) {
  behaviour(`${what} is refused`, ELEMENTS, async () => {
    await expect(put([wrong as CORSRule])).rejects.toMatchObject(expected);
  });
}

// Preflight requests

interface Question {
  origin?: string;
  method?: string;
  headers?: string;
}

const preflight = (target: string, { origin, method, headers }: Question = {}) =>
  exchange(`${cloud.endpoint}${target}`, {
    method: "OPTIONS",
    headers: {
      ...(origin && { origin }),
      ...(method !== undefined && { "access-control-request-method": method }),
      ...(headers && { "access-control-request-headers": headers }),
    },
  });

behaviour("a preflight that matches a rule is answered with what the rule allows", OPTIONS, async () => {
  await put([
    rule({
      AllowedMethods: ["PUT", "GET"],
      AllowedHeaders: ["*"],
      ExposeHeaders: ["ETag", "x-amz-version-id"],
      MaxAgeSeconds: 3000,
    }),
  ]);
  const { status, headers, text } = await preflight("/set/k", {
    origin: APP,
    method: "PUT",
    headers: "Content-Type, X-Amz-Meta-A",
  });
  expect(status).toBe(200);
  expect(text).toBe("");
  expect(headers).toMatchObject({
    "access-control-allow-origin": APP,
    "access-control-allow-methods": "PUT, GET",
    "access-control-allow-headers": "content-type, x-amz-meta-a",
    "access-control-expose-headers": "ETag, x-amz-version-id",
    "access-control-max-age": "3000",
    "access-control-allow-credentials": "true",
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  });
});

behaviour("the origin * is answered with *, without credentials", OPTIONS, async () => {
  await put([rule({ AllowedOrigins: ["*"] })]);
  const { headers } = await preflight("/set/k", { origin: "https://anywhere.example.org", method: "GET" });
  expect(headers["access-control-allow-origin"]).toBe("*");
  expect(headers).not.toHaveProperty("access-control-allow-credentials");
});

behaviour("an origin that matches a wildcard is returned in full", ELEMENTS, async () => {
  await put([rule({ AllowedOrigins: ["https://*.example.com"] })]);
  const { headers } = await preflight("/set/k", { origin: APP, method: "GET" });
  expect(headers["access-control-allow-origin"]).toBe(APP);
  expect((await preflight("/set/k", { origin: "https://example.com", method: "GET" })).status).toBe(403);
});

behaviour("the first matching rule applies", USING, async () => {
  await put([
    rule({ AllowedMethods: ["PUT"], MaxAgeSeconds: 1 }),
    rule({ MaxAgeSeconds: 2 }),
    rule({ MaxAgeSeconds: 3 }),
  ]);
  const { headers } = await preflight("/set/k", { origin: APP, method: "GET" });
  expect(headers["access-control-max-age"]).toBe("2");
});

behaviour("the AllowedHeaders of a rule are case-insensitive", ELEMENTS, async () => {
  await put([rule({ AllowedHeaders: ["X-Amz-*", "content-type"] })]);
  const question = { origin: APP, method: "GET", headers: "x-amz-date,Content-Type" };
  expect((await preflight("/set/k", question)).status).toBe(200);
  expect((await preflight("/set/k", { ...question, headers: "x-amz-date, x-other" })).status).toBe(403);
});

const DENIED =
  "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.";
const messageOf = (text: string) => /<Message>(.*)<\/Message>/s.exec(text)?.[1]?.replace("&apos;", "'");

for (const [what, question] of [
  ["an origin that no rule allows", { origin: "https://other.example.com", method: "GET" }],
  ["another scheme", { origin: "http://app.example.com", method: "GET" }],
  ["another port", { origin: `${APP}:8443`, method: "GET" }],
  ["a method that no rule allows", { origin: APP, method: "DELETE" }],
  ["a header that no rule allows", { origin: APP, method: "GET", headers: "x-custom" }],
] as [string, Question][]) {
  behaviour(`a preflight for ${what} is refused with 403`, TROUBLE, async () => {
    await put([rule()]);
    const { status, text, headers } = await preflight("/set/k", question);
    expect(status).toBe(403);
    expect(text).toContain("<Code>AccessForbidden</Code>");
    expect(messageOf(text)).toBe(DENIED);
    expect(text).toContain(`<Method>${question.method}</Method><ResourceType>OBJECT</ResourceType>`);
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
}

behaviour("a preflight for a bucket without rules is refused with 403", TROUBLE, async () => {
  const { status, text } = await preflight("/unset/k", { origin: APP, method: "GET" });
  expect(status).toBe(403);
  expect(messageOf(text)).toBe("CORSResponse: CORS is not enabled for this bucket.");
  expect(text).toContain("<ResourceType>BUCKET</ResourceType>");
});

behaviour("a preflight for a missing bucket is refused with 403", OPTIONS, async () => {
  const { status, text } = await preflight("/no-such-bucket/k", { origin: APP, method: "GET" });
  expect(status).toBe(403);
  expect(messageOf(text)).toBe("CORSResponse: Bucket not found");
  expect(text).toContain("<Method>GET</Method><ResourceType>BUCKET</ResourceType>");
});

behaviour("a preflight without an Origin is refused", OPTIONS, async () => {
  const { status, text } = await preflight("/set/k", { method: "GET" });
  expect(status).toBe(400);
  expect(text).toContain("<Code>BadRequest</Code>");
  expect(messageOf(text)).toBe("Insufficient information. Origin request header needed.");
});

behaviour("a preflight for a method that S3 does not support is refused", OPTIONS, async () => {
  await put([rule()]);
  const none = await preflight("/set/k", { origin: APP });
  expect([none.status, messageOf(none.text)]).toEqual([400, "Invalid Access-Control-Request-Method: null"]);
  const wrong = await preflight("/set/k", { origin: APP, method: "FOO" });
  expect([wrong.status, messageOf(wrong.text)]).toEqual([400, "Invalid Access-Control-Request-Method: FOO"]);
  const unruled = await preflight("/set/k", { origin: APP, method: "PATCH" });
  expect([unruled.status, messageOf(unruled.text)]).toEqual([403, DENIED]);
});

for (const [what, path] of [
  ["without rules", "/unset/k"],
  ["that does not exist", "/no-such-bucket/k"],
] as const) {
  behaviour(
    `without a requested method, a preflight for a bucket ${what} reports the method OPTIONS`,
    MEASURED,
    async () => {
      for (const method of [undefined, ""]) {
        const { status, text } = await preflight(path, { origin: APP, method });
        expect(status).toBe(403);
        expect(text).toContain("<Method>OPTIONS</Method><ResourceType>BUCKET</ResourceType>");
      }
    },
  );

  behaviour(
    `a preflight for a bucket ${what} must name a method of S3, PATCH or OPTIONS`,
    MEASURED,
    async () => {
      for (const method of ["put", "TRACE", "FOO"]) {
        const { status, text } = await preflight(path, { origin: APP, method });
        expect([status, messageOf(text)]).toEqual([400, `Invalid Access-Control-Request-Method: ${method}`]);
      }
      for (const method of ["PATCH", "OPTIONS"])
        expect((await preflight(path, { origin: APP, method })).status).toBe(403);
    },
  );
}

behaviour("a preflight may name the bucket in its host", USING, async () => {
  await put([rule()]);
  const headers = {
    host: "set.s3.us-east-1.amazonaws.com",
    origin: APP,
    "access-control-request-method": "GET",
  };
  const { status } = await exchange(`${cloud.endpoint}/k`, { method: "OPTIONS", headers });
  expect(status).toBe(200);
});

// Actual requests

const presigned = (Bucket: string, Key = "k") => getSignedUrl(s3, new GetObjectCommand({ Bucket, Key }));

behaviour("a response has the CORS headers of the matching rule", USING, async () => {
  await put([rule({ ExposeHeaders: ["ETag"], MaxAgeSeconds: 600 })]);
  const { status, headers, text } = await exchange(await presigned("set"), { headers: { origin: APP } });
  expect([status, text]).toEqual([200, "body"]);
  expect(headers).toMatchObject({
    "access-control-allow-origin": APP,
    "access-control-allow-methods": "GET",
    "access-control-expose-headers": "ETag",
    "access-control-max-age": "600",
    "access-control-allow-credentials": "true",
    vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
  });
});

behaviour("an error response has CORS headers, too", USING, async () => {
  await put([rule()]);
  const { status, headers } = await exchange(await presigned("set", "missing"), { headers: { origin: APP } });
  expect(status).toBe(404);
  expect(headers["access-control-allow-origin"]).toBe(APP);
});

behaviour("a read from an origin without a rule has no CORS headers", USING, async () => {
  await put([rule()]);
  const other = { headers: { origin: "https://other.example.com" } };
  const { status, headers } = await exchange(await presigned("set"), other);
  expect(status).toBe(200);
  expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
});

behaviour("a request without an Origin has no CORS headers", USING, async () => {
  await put([rule({ AllowedOrigins: ["*"] })]);
  const { headers } = await exchange(await presigned("set"));
  expect(headers).not.toHaveProperty("access-control-allow-origin");
  expect(headers).not.toHaveProperty("vary");
});

behaviour("a browser may upload by POST form to a bucket whose rules allow POST", USING, async () => {
  await put([rule({ AllowedMethods: ["POST"] })]);
  const { fields } = await createPresignedPost(s3, { Bucket: "set", Key: "form" });
  const lines = Object.entries(fields).map(
    ([name, value]) => `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const body = `${lines.join("")}--b\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n`;
  const send = (origin: string) =>
    exchange(`${cloud.endpoint}/set`, {
      method: "POST",
      headers: { origin, "content-type": "multipart/form-data; boundary=b" },
      body,
    });
  const { status, headers } = await send(APP);
  expect([status, headers["access-control-allow-origin"]]).toEqual([204, APP]);
});

behaviour("a bucket's rules apply to local origins, too", USING, async () => {
  await put([rule({ AllowedOrigins: ["http://localhost:3000"] })]);
  const question = { method: "GET" };
  expect((await preflight("/set/k", { ...question, origin: "http://localhost:3000" })).status).toBe(200);
  expect((await preflight("/set/k", { ...question, origin: "http://localhost:4000" })).status).toBe(403);
});
