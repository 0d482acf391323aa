import { expect, test } from "vitest";
import { s3Payload } from "./payload.ts";

const told = (value: string) => s3Payload("header", { "x-amz-content-sha256": value }, []);
const digest = "ab".repeat(32);

test.each([
  [digest, { hash: digest, kind: "hashed", signedChunks: false, trailer: false }],
  ["UNSIGNED-PAYLOAD", { kind: "unsigned" }],
  ["STREAMING-UNSIGNED-PAYLOAD-TRAILER", { kind: "chunked", signedChunks: false, trailer: true }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", { kind: "chunked", signedChunks: true, trailer: false }],
  ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", { kind: "chunked", signedChunks: true, trailer: true }],
])("%s", (value, payload) => {
  expect(told(value)).toMatchObject({ hash: value, ...payload });
});

test("a presigned URL may declare it in the query, in a header, or not at all", () => {
  expect(s3Payload("query", {}, []).kind).toBe("unsigned");
  expect(s3Payload("query", { "x-amz-content-sha256": digest }, []).kind).toBe("hashed");
  const query = [["X-Amz-Content-Sha256", digest]] as const;
  expect(s3Payload("query", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }, query).hash).toBe(digest);
});

test("any other value is rejected", () => {
  expect(() => s3Payload("header", {}, [])).toThrow(
    "Missing required header for this request: x-amz-content-sha256",
  );
  expect(() => told("zz")).toThrow(
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER",
  );
});
