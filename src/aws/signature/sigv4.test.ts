import { describe, expect, test } from "vitest";
import { parseSignature } from "./credential.ts";
import { s3Payload } from "./payload.ts";
import type { Headers, Query, RawRequest } from "./request.ts";
import { canonicalRequest, EMPTY_HASH, presign, sign, signingKey, verify } from "./sigv4.ts";

/** The examples of "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API reference. */
const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: secret };
const now = Date.UTC(2013, 4, 24);
const host = "examplebucket.s3.amazonaws.com";

const authorization = (signedHeaders: string, signature: string) =>
  `AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, SignedHeaders=${signedHeaders}, Signature=${signature}`;

const documented: [string, RawRequest, string, string, string][] = [
  [
    "GET object with a range",
    { method: "GET", path: "/test.txt", query: "", headers: { host, range: "bytes=0-9" } },
    EMPTY_HASH,
    "host;range;x-amz-content-sha256;x-amz-date",
    "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  ],
  [
    "PUT object whose key has a $",
    {
      method: "PUT",
      path: "/test$file.text",
      query: "",
      headers: { host, date: "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY" },
    },
    "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
    "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  ],
  [
    "GET bucket lifecycle",
    { method: "GET", path: "/", query: "lifecycle", headers: { host } },
    EMPTY_HASH,
    "host;x-amz-content-sha256;x-amz-date",
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  ],
  [
    "GET bucket (list objects)",
    { method: "GET", path: "/", query: "max-keys=2&prefix=J", headers: { host } },
    EMPTY_HASH,
    "host;x-amz-content-sha256;x-amz-date",
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  ],
];

describe("S3's documented examples", () => {
  test.each(documented)("%s", (_, request, payloadHash, signedHeaders, signature) => {
    const added = sign(request, credentials, { region: "us-east-1", service: "s3", now, payloadHash });
    expect(added.authorization).toBe(authorization(signedHeaders, signature));

    const received = { ...request, headers: { ...request.headers, ...added } };
    const claim = parseSignature(received.headers, [], "s3");
    if (claim?.version !== 4) throw new Error("not a Version 4 signature");
    expect(claim).toMatchObject({ signature, signedAt: now, scope: { region: "us-east-1", service: "s3" } });
    expect(verify(received, claim, secret, s3Payload("header", received.headers, []).hash).matches).toBe(
      true,
    );
    const changed = { ...received, path: "/other.txt" };
    expect(verify(changed, claim, secret, payloadHash).matches).toBe(false);
  });

  test("presigned GET", () => {
    const request = { method: "GET", path: "/test.txt", query: "", headers: { host } };
    const query = presign(request, credentials, {
      region: "us-east-1",
      service: "s3",
      now,
      expiresIn: 86_400,
    });
    const pairs: Query = [...new URLSearchParams(query)];
    expect(pairs.at(-1)).toEqual([
      "X-Amz-Signature",
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    ]);
    const headers: Headers = request.headers;
    const claim = parseSignature(headers, pairs, "s3");
    if (claim?.version !== 4) throw new Error("not a Version 4 signature");
    expect(claim).toMatchObject({ carrier: "query", expiresIn: 86_400, signedHeaders: ["host"] });
    const payload = s3Payload("query", headers, pairs);
    expect(verify({ ...request, query }, claim, secret, payload.hash).matches).toBe(true);
    expect(verify({ ...request, query: `${query}&x=1` }, claim, secret, payload.hash).matches).toBe(false);
  });
});

const lines = (path: string, service: string, query = "", headers = {}) =>
  canonicalRequest({ method: "GET", path, query, headers }, Object.keys(headers), EMPTY_HASH, service).split(
    "\n",
  );

describe("the canonical request", () => {
  test.each([
    ["/a//b/../c/./d", "/a//b/../c/./d"],
    ["/a%20b%2fc", "/a%20b%2Fc"],
    ["/%7euser/%e1%88%b4", "/~user/%E1%88%B4"],
    ["/100%", "/100%25"],
    ["/a+b%2Bc", "/a%20b%2Bc"],
    ["", "/"],
  ])("S3 keeps dots and slashes of %s and has one encoding", (path, canonical) => {
    expect(lines(path, "s3")[1]).toBe(canonical);
  });

  test.each([
    ["/a//b/../c/./d", "/a/c/d"],
    ["/2015-03-31/functions/arn%3Aaws/invocations", "/2015-03-31/functions/arn%253Aaws/invocations"],
    ["/a/b/..", "/a/"],
    ["/../..", "/"],
    ["/a/", "/a/"],
  ])("other services normalize %s and encode it twice", (path, canonical) => {
    expect(lines(path, "lambda")[1]).toBe(canonical);
  });

  test.each([
    ["b=2&a=1", "a=1&b=2"],
    ["a=2&a=1&a-=0", "a=1&a=2&a-=0"],
    ["list-type=2&prefix=a/b+c&delimiter=%2f", "delimiter=%2F&list-type=2&prefix=a%2Fb%20c"],
    ["acl&X-Amz-Signature=00", "acl="],
    ["a==b&&", "a=%3Db"],
  ])("sorts and encodes the query %s", (query, canonical) => {
    expect(lines("/", "s3", query)[2]).toBe(canonical);
  });

  test("collapses white space in header values, but not bytes that merely look like it", () => {
    expect(lines("/", "s3", "", { a: "  x   y \t z ", b: "Ã\u00a0" }).slice(3, 5)).toEqual([
      "a:x y z",
      "b:Ã\u00a0",
    ]);
  });
});

test("a session token is signed and verified", () => {
  const request = { method: "POST", path: "/", query: "", headers: { host: "sts.amazonaws.com" } };
  const added = sign(
    request,
    { ...credentials, sessionToken: "to/ken" },
    { region: "eu-west-1", service: "sts", now },
  );
  const claim = parseSignature({ ...request.headers, ...added }, [], "xml");
  expect(claim).toMatchObject({
    sessionToken: "to/ken",
    signedHeaders: ["host", "x-amz-date", "x-amz-security-token"],
  });
});

test("a signing key that was dropped is derived again", () => {
  const scope = { date: "20130524", region: "us-east-1", service: "s3" };
  const key = signingKey(secret, scope);
  expect(signingKey(secret, scope)).toBe(key);
  for (let i = 0; i < 1_000; i++) signingKey(secret, { ...scope, region: `region-${i}` });
  expect(signingKey(secret, scope)).not.toBe(key);
  expect(signingKey(secret, scope)).toEqual(key);
});
