import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { formatAmzDate } from "#aws/signature/amz-date.ts";
import { hmac } from "#aws/signature/hmac.ts";
import { EMPTY_HASH, scopeText, signingKey } from "#aws/signature/sigv4.ts";
import { BodyTooLargeError, bodyOf } from "#lib/body.ts";
import { wallNow } from "#lib/wall.ts";
import { chunkedBody } from "./body.ts";
import { rawClient } from "./server/testing.ts";
import { type SignedCall, signed, testGateway, type WireCall } from "./testing.ts";

const PUT: Partial<SignedCall> = { method: "PUT", target: "/b/k", service: "s3" };
const CONTENT = Buffer.from("0123456789".repeat(2_000));
const CRC32 = "x-amz-checksum-crc32:AAAAAA==";

const code = (text: string) => /<Code>(.*?)<\/Code>/.exec(text)?.[1];

/** In chunks of 8 KB, like clients' chunks. */
function chunks(content: Uint8Array): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += 8_192) cut.push(content.subarray(at, at + 8_192));
  return [...cut, new Uint8Array()];
}

function unsignedChunks(content: Uint8Array, trailer = `${CRC32}\r\n`): Buffer {
  const parts = chunks(content).map((data) => {
    const head = `${data.length.toString(16)}\r\n`;
    return Buffer.concat([Buffer.from(head), data, Buffer.from(data.length > 0 ? "\r\n" : "")]);
  });
  return Buffer.concat([...parts, Buffer.from(`${trailer}\r\n`)]);
}

/** A request whose chunk signatures are chained to its signature, as sent by the SDKs for Java and C++. */
function signedChunks(port: number, content: Uint8Array, trailer?: string): Partial<WireCall> {
  const now = wallNow();
  const payloadHash = `STREAMING-AWS4-HMAC-SHA256-PAYLOAD${trailer ? "-TRAILER" : ""}`;
  const headers = {
    "content-encoding": "aws-chunked",
    "x-amz-decoded-content-length": String(content.length),
    ...(trailer && { "x-amz-trailer": "x-amz-checksum-crc32" }),
  };
  const request = signed(port, { ...PUT, headers, payloadHash, now });
  const amzDate = formatAmzDate(now);
  const scope = { date: amzDate.slice(0, 8), region: "us-east-1", service: "s3" };
  const key = signingKey("test", scope);
  let previous = /Signature=(\w+)/.exec(request.headers!.authorization!)![1]!;
  const chain = (kind: string, text: string) => {
    const stringToSign = `AWS4-HMAC-SHA256-${kind}\n${amzDate}\n${scopeText(scope)}\n${previous}\n${text}`;
    previous = hmac(key, stringToSign, "hex");
    return previous;
  };
  const body: Uint8Array[] = [];
  for (const data of chunks(content)) {
    const signature = chain("PAYLOAD", `${EMPTY_HASH}\n${hash("sha256", data, "hex")}`);
    body.push(Buffer.from(`${data.length.toString(16)};chunk-signature=${signature}\r\n`), data);
    if (data.length > 0) body.push(Buffer.from("\r\n"));
  }
  if (trailer) {
    const signature = chain("TRAILER", hash("sha256", `${trailer}\n`, "hex"));
    body.push(Buffer.from(`${trailer}\r\nx-amz-trailer-signature:${signature}\r\n`));
  }
  return { ...request, body: Buffer.concat([...body, Buffer.from("\r\n")]) };
}

function flipped({ body, ...request }: Partial<WireCall>, find: string): Partial<WireCall> {
  const changed = Buffer.from(body as Uint8Array);
  const at = changed.indexOf(find);
  expect(at).toBeGreaterThanOrEqual(0);
  changed[at]! ^= 1;
  return { ...request, body: changed };
}

describe("a body sent to S3 arrives", () => {
  test("complete, with its hash or without", async () => {
    const { call, stored } = await testGateway();
    for (const payloadHash of [undefined, "UNSIGNED-PAYLOAD"]) {
      expect((await call({ ...PUT, body: CONTENT, ...(payloadHash && { payloadHash }) })).status).toBe(200);
      expect(stored.get("b/k")).toEqual(CONTENT);
    }
  });

  test.each<Record<string, string>>([{}, { "transfer-encoding": "chunked" }])(
    "in unsigned chunks with a trailer %j",
    async (framing) => {
      const { call, stored } = await testGateway();
      const answer = await call({
        ...PUT,
        payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        headers: {
          ...framing,
          "content-encoding": "aws-chunked",
          "x-amz-decoded-content-length": String(CONTENT.length),
          "x-amz-trailer": "x-amz-checksum-crc32",
        },
        body: unsignedChunks(CONTENT),
      });
      expect(answer.text).toBe("");
      expect(stored.get("b/k")).toEqual(CONTENT);
    },
  );

  test.each([undefined, CRC32])("in signed chunks, with and without a trailer: %s", async (trailer) => {
    const { port, send, stored } = await testGateway();
    expect((await send(signedChunks(port, CONTENT, trailer))).status).toBe(200);
    expect(stored.get("b/k")).toEqual(CONTENT);
  });

  test("in chunks whose signatures cannot be verified, in loopback mode", async () => {
    const { port, send, stored } = await testGateway({ mode: "loopback" });
    const request = signedChunks(port, CONTENT, CRC32);
    const authorization = request.headers!.authorization!.replace("=test/", "=AKIASTRANGER/");
    expect((await send({ ...request, headers: { ...request.headers, authorization } })).status).toBe(200);
    expect(stored.get("b/k")).toEqual(CONTENT);
  });

  test("but not in unsigned chunks for an operation that reads a whole document", async () => {
    const { call } = await testGateway();
    const document = Buffer.from("<Delete><Object><Key>k</Key></Object></Delete>");
    const answer = await call({
      method: "POST",
      target: "/b?delete",
      service: "s3",
      payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      headers: {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": String(document.length),
        "x-amz-trailer": "x-amz-checksum-crc32",
      },
      body: unsignedChunks(document),
    });
    expect([answer.status, code(answer.text)]).toEqual([400, "InvalidRequest"]);
  });
});

test.each(["x", "-1", "1e3", "9".repeat(30), ""])(
  "the length %j counts as missing, which is left to the service",
  async (length) => {
    const { call, stored } = await testGateway();
    const answer = await call({
      ...PUT,
      payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
      headers: { "x-amz-decoded-content-length": length, "x-amz-trailer": "x-amz-checksum-crc32" },
      body: unsignedChunks(CONTENT),
    });
    expect(answer.status).toBe(200);
    expect(stored.get("b/k")).toEqual(CONTENT);
  },
);

describe("a body that does not match its declaration is never received as complete", () => {
  test.each([
    ["a chunk", "0123456789"],
    ["the signature of a chunk", "chunk-signature="],
    ["the trailer", CRC32],
    ["the signature of the trailer", "x-amz-trailer-signature:"],
  ])("signed chunks: %s was changed", async (_, mark) => {
    const { port, send, stored, failures } = await testGateway();
    const answer = await send(flipped(signedChunks(port, CONTENT, CRC32), mark));
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
    expect(stored.size).toBe(0);
    expect(failures).toEqual([]);
  });

  test("signed chunks: changed, omitted or truncated", async () => {
    const { port, send, stored } = await testGateway();
    const request = signedChunks(port, CONTENT);
    expect(code((await send(flipped(request, "0123456789"))).text)).toBe("SignatureDoesNotMatch");
    const body = request.body as Buffer;
    const second = body.indexOf("2000;", 10);
    const third = body.indexOf("e20;chunk-signature=");
    const without = Buffer.concat([body.subarray(0, second), body.subarray(third)]);
    expect((await send({ ...request, body: without })).status).toBe(403);
    expect(code((await send({ ...request, body: body.subarray(0, -300) })).text)).toBe("IncompleteBody");
    expect(stored.size).toBe(0);
  });

  test("a length other than the declared one", async () => {
    const { call, stored } = await testGateway();
    for (const length of ["19999", "20001", "0"]) {
      const answer = await call({
        ...PUT,
        payloadHash: "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        headers: {
          "content-encoding": "aws-chunked",
          "x-amz-decoded-content-length": length,
          "x-amz-trailer": "x-amz-checksum-crc32",
        },
        body: unsignedChunks(CONTENT),
      });
      expect(answer.status, length).toBe(400);
    }
    expect(stored.size).toBe(0);
  });

  test("framing that is longer than any valid one, around a short body", async () => {
    const facts = { announced: [], signing: undefined };
    const body = () => bodyOf(Buffer.alloc(200_000, "0"));
    await expect(chunkedBody(body(), { ...facts, decodedLength: 5 }).bytes(1_000)).rejects.toMatchObject({
      code: "IncompleteBody",
      status: 400,
    });
    await expect(chunkedBody(body(), { ...facts, decodedLength: 190_000 }).bytes(1_000)).rejects.toThrow(
      BodyTooLargeError,
    );
  });

  test("a hash other than the declared one", async () => {
    for (const mode of ["strict", "loopback"] as const) {
      const { call, stored } = await testGateway({ mode });
      const payloadHash = hash("sha256", "other", "hex");
      expect(code((await call({ ...PUT, body: CONTENT, payloadHash })).text)).toBe(
        "XAmzContentSHA256Mismatch",
      );
      const document = { method: "POST", target: "/b?delete", service: "s3", body: "<Delete/>", payloadHash };
      expect(code((await call(document)).text)).toBe("XAmzContentSHA256Mismatch");
      expect(stored.size).toBe(0);
    }
  });

  test("a client that disconnects, and one that stalls", async () => {
    const { port, stored, failures, send } = await testGateway({
      listening: { limits: { bodyIdleTimeout: 30 } },
    });
    const { headers } = signed(port, { ...PUT, payloadHash: "UNSIGNED-PAYLOAD" });
    const lines = Object.entries(headers!).map(([name, value]) => `${name}: ${value}\r\n`);
    const half = `PUT /b/k HTTP/1.1\r\n${lines.join("")}content-length: 10\r\n\r\n01234`;
    const stopped = rawClient(port);
    stopped.write(half);
    expect(code(await stopped.closed())).toBe("RequestTimeout");
    const gone = rawClient(port);
    gone.write(half);
    gone.socket.end();
    await gone.closed();
    expect((await send({ target: "/b/k" })).status).toBe(200);
    expect(stored.size).toBe(0);
    expect(failures).toEqual([]);
  });
});

test("a stream without a declared hash is read to verify its signature, as boto3 sends it to CloudSearch", async () => {
  const { port, send } = await testGateway();
  const target = "/2013-01-01/documents/batch?format=sdk";
  const headers = { "content-type": "application/json" };
  const upload = signed(port, { method: "POST", service: "cloudsearch", target, headers, body: "[]" });
  expect((await send(upload)).status).toBe(501);
  expect((await send({ ...upload, body: "[{}]" })).status).toBe(403);
});

test("a required document that is missing", async () => {
  const { call, failures } = await testGateway();
  const answer = await call({ method: "POST", target: "/b?delete", service: "s3" });
  expect(answer.status).toBe(400);
  expect(code(answer.text)).toBe("MissingRequestBodyError");
  expect(failures).toEqual([]);
});

describe("Expect: 100-continue", () => {
  const heads = (port: number, call: Partial<SignedCall>) => {
    const { method, target, headers } = signed(port, call);
    const lines = Object.entries({ ...headers, expect: "100-continue", "content-length": call.body!.length });
    return `${method} ${target} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  };

  test("is answered when the body is read", async () => {
    const { port, stored } = await testGateway();
    const client = rawClient(port);
    client.write(heads(port, { ...PUT, body: "content" }));
    expect(await client.saw("100 Continue")).toContain("100 Continue");
    client.write("content");
    expect(await client.saw("200 OK")).toContain("200 OK");
    expect(stored.size).toBe(1);
  });

  test("is answered by an error before the body is sent", async () => {
    const { port } = await testGateway();
    const wrong = { accessKeyId: "test", secretAccessKey: "wrong" };
    const client = rawClient(port);
    client.write(heads(port, { ...PUT, body: "content", credentials: wrong }));
    const answer = await client.saw("</Error>");
    expect(code(answer)).toBe("SignatureDoesNotMatch");
    expect(answer).not.toContain("100 Continue");
  });

  test("is answered by an error for a body that is too large", async () => {
    const { port } = await testGateway();
    const client = rawClient(port);
    const request = signed(port, { method: "POST", target: "/b?delete", service: "s3" });
    const lines = Object.entries(request.headers!).map(([name, value]) => `${name}: ${value}\r\n`);
    client.write(
      `POST /b?delete HTTP/1.1\r\n${lines.join("")}expect: 100-continue\r\ncontent-length: 99999999\r\n\r\n`,
    );
    const answer = await client.saw("</Error>");
    expect(answer).toContain("413");
    expect(answer).not.toContain("100 Continue");
  });
});

describe("gzip", () => {
  const DELETE = gzipSync("<Delete><Object><Key>k</Key></Object></Delete>");
  const form = (body: Uint8Array): Partial<SignedCall> => ({
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", "content-encoding": "gzip" },
    body,
  });
  const document = (body: Uint8Array): Partial<SignedCall> => ({
    method: "POST",
    service: "s3",
    target: "/b?delete",
    headers: { "content-encoding": "gzip" },
    body,
  });

  test("is decompressed if the body is read whole, and kept if it is stored", async () => {
    const { call, stored } = await testGateway();
    expect((await call(document(DELETE))).text).toContain("<Key>k</Key>");
    const headers = { "content-encoding": "gzip" };
    expect((await call({ ...PUT, headers, body: DELETE })).status).toBe(200);
    expect(stored.get("b/k")).toEqual(DELETE);
  });

  test("is decompressed in forms, which name their operation", async () => {
    const { call } = await testGateway();
    const answer = await call(form(gzipSync("Action=GetCallerIdentity&Version=2011-06-15")));
    expect(answer.text).toContain("<Arn>");
  });

  test("that is invalid, or decompresses to too much", async () => {
    const { call, failures } = await testGateway();
    const bomb = gzipSync(Buffer.alloc(64 * 1_024 * 1_024));
    expect((await call(document(bomb))).status).toBe(413);
    expect((await call(form(bomb))).status).toBe(413);
    expect((await call(document(Buffer.from("no gzip")))).status).toBe(400);
    expect((await call(form(Buffer.from("no gzip")))).status).toBe(400);
    expect((await call(document(DELETE.subarray(0, 30)))).status).toBe(400);
    expect(failures).toEqual([]);
  });
});

test("a target in absolute form, as proxies receive it, belongs to its authority", async () => {
  const { port, stored } = await testGateway({ mode: "loopback" });
  const send = (target: string, host: string) => {
    const client = rawClient(port);
    client.write(
      `PUT ${target} HTTP/1.1\r\nhost: ${host}\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx`,
    );
    return client.closed();
  };
  expect(await send("http://b.s3.amazonaws.com/k", "proxy.internal")).toContain("200 OK");
  expect([...stored.keys()]).toEqual(["b/k"]);
  expect(await send("http://evil.com/k", "localhost")).toContain("403");
});
