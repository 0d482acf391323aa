import { Readable } from "node:stream";
import { GetObjectCommand, PutObjectCommand, type PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { createPresignedPost } from "@aws-sdk/s3-presigned-post";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { describe, expect, test } from "vitest";
import { chunkedDecoder } from "#aws/signature/aws-chunked.ts";
import { parseSignature, unsignedHeaders } from "#aws/signature/credential.ts";
import { s3Payload } from "#aws/signature/payload.ts";
import { checkPostPolicy, parsePostPolicy } from "#aws/signature/post-policy.ts";
import { parsePostSignature, verifyPostSignature } from "#aws/signature/post-signature.ts";
import type { Headers, Query, RawRequest } from "#aws/signature/request.ts";
import { verify } from "#aws/signature/sigv4.ts";

/**
 * Requests that the AWS SDK for JavaScript signs must verify here. Nothing is sent: the SDK's request handler
 * captures the request.
 */
const credentials = { accessKeyId: "AKID", secretAccessKey: "secret/+=", sessionToken: "tok/en==" };
const config = {
  region: "eu-central-1",
  credentials,
  endpoint: "http://localhost:4566",
  forcePathStyle: true,
};

function verifySignature(request: RawRequest, query: Query) {
  const signature = parseSignature(request.headers, query, "s3");
  if (signature?.version !== 4) throw new Error("not a Version 4 signature");
  const payload = s3Payload(signature.carrier, request.headers, query);
  const verdict = verify(request, signature, credentials.secretAccessKey, payload.hash);
  return { signature, payload, matches: verdict.matches };
}

interface Caught {
  request: RawRequest;
  query: Query;
  body: unknown;
}

/** The request of the SDK, as a server would receive it. */
async function catchPut(input: Omit<PutObjectCommandInput, "Bucket">): Promise<Caught> {
  let caught: Caught | undefined;
  const client = new S3Client({
    ...config,
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
    maxAttempts: 1,
    requestHandler: {
      async handle(sent: {
        method: string;
        path: string;
        query: Record<string, string>;
        headers: Headers;
        body: unknown;
      }) {
        const query = Object.entries(sent.query);
        const headers = Object.fromEntries(
          Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]),
        );
        const raw = query.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
        caught = {
          request: { method: sent.method, path: sent.path, query: raw, headers },
          query,
          body: sent.body,
        };
        throw new Error("caught");
      },
    },
  });
  await client.send(new PutObjectCommand({ Bucket: "bucket", ...input })).catch(() => {});
  if (caught === undefined) throw new Error("the SDK sent nothing");
  return caught;
}

describe("the SDK for JavaScript signs", () => {
  test("an upload with an odd key and metadata", async () => {
    const { request, query } = await catchPut({
      Key: "a folder/./ü+(1)'*.txt",
      Body: "hello",
      Metadata: { note: "two  spaces" },
    });
    const { signature, matches } = verifySignature(request, query);
    expect(matches).toBe(true);
    expect(signature).toMatchObject({ accessKeyId: "AKID", sessionToken: "tok/en==" });
    expect(unsignedHeaders(signature, request.headers)).toEqual([]);
  });

  test("a stream, whose chunks and trailer decode", async () => {
    const data = Buffer.alloc(100_000, "abc");
    const { request, query, body } = await catchPut({
      Key: "k",
      Body: Readable.from([data]),
      ContentLength: data.length,
    });
    const { payload, matches } = verifySignature(request, query);
    expect(matches).toBe(true);
    expect(payload).toMatchObject({ kind: "chunked", signedChunks: false, trailer: true });
    const announced = [request.headers["x-amz-trailer"] ?? ""];
    const decoder = chunkedDecoder({ announced, decodedLength: data.length });
    const decoded: Uint8Array[] = [];
    for await (const piece of body as AsyncIterable<Uint8Array>)
      decoded.push(...decoder.push(Buffer.from(piece)));
    expect(Object.keys(decoder.end())).toEqual(announced);
    expect(Buffer.concat(decoded).equals(data)).toBe(true);
  });

  test("a presigned URL", async () => {
    const client = new S3Client(config);
    const command = new GetObjectCommand({
      Bucket: "bucket",
      Key: "a b/ü",
      ResponseContentType: "text/plain; a=b",
    });
    const url = new URL(await getSignedUrl(client, command, { expiresIn: 60 }));
    const query: Query = [...url.searchParams];
    const request = {
      method: "GET",
      path: url.pathname,
      query: url.search.slice(1),
      headers: { host: url.host },
    };
    expect(verifySignature(request, query)).toMatchObject({
      matches: true,
      signature: { expiresIn: 60, carrier: "query" },
    });
    expect(verifySignature({ ...request, method: "PUT" }, query).matches).toBe(false);
  });

  test("a POST form", async () => {
    const { fields } = await createPresignedPost(new S3Client(config), {
      Bucket: "bucket",
      Key: "uploads/name",
      Conditions: [["content-length-range", 1, 10]],
      Fields: { acl: "private" },
    });
    const form = new Map(Object.entries(fields).map(([name, value]) => [name.toLowerCase(), value]));
    const signature = parsePostSignature(form);
    expect(() => verifyPostSignature(signature!, credentials.secretAccessKey)).not.toThrow();
    const policy = parsePostPolicy(form.get("policy") ?? "");
    const before = policy.expiration - 1;
    expect(checkPostPolicy(policy, form, "bucket", before)).toEqual({ minimum: 1, maximum: 10 });
    expect(() => checkPostPolicy(policy, form, "other", before)).toThrow("Policy Condition failed");
  });
});
