/** The declaration of a request about its own body in `x-amz-content-sha256`. */
import { AwsError } from "#aws/errors.ts";
import { invalidArgument } from "./errors.ts";
import type { Carrier, Headers, Query } from "./request.ts";
import { UNSIGNED_PAYLOAD } from "./sigv4.ts";

/** `hash` is the last line of the canonical request. */
export interface Payload {
  hash: string;
  /** `hashed`: the body must have that SHA-256; `chunked`: aws-chunked, see `aws-chunked.ts`. */
  kind: "hashed" | "unsigned" | "chunked";
  /** Whether each chunk, and the trailer if any, is signed. */
  signedChunks: boolean;
  trailer: boolean;
}

const word = (hash: string, kind: Payload["kind"], signedChunks = false, trailer = false) =>
  [hash, { hash, kind, signedChunks, trailer }] as const;

export const UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

const words = new Map<string, Payload>([
  word(UNSIGNED_PAYLOAD, "unsigned"),
  word(UNSIGNED_CHUNKS, "chunked", false, true),
  word("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "chunked", true),
  word("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "chunked", true, true),
  word("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "chunked", true),
  word("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER", "chunked", true, true),
]);

/**
 * The declaration of a request to S3. A signature in a header requires one; a presigned URL without one has
 * an unsigned body.
 * @param asymmetric whether the signature is of Version 4A
 * @throws {AwsError} if the declaration is missing or invalid
 */
export function s3Payload(carrier: Carrier, headers: Headers, query: Query, asymmetric = false): Payload {
  const inQuery =
    carrier === "query" ? query.find(([name]) => name === "X-Amz-Content-Sha256")?.[1] : undefined;
  const header = inQuery ?? headers["x-amz-content-sha256"];
  if (header === undefined) {
    if (carrier === "query") return words.get(UNSIGNED_PAYLOAD)!;
    throw new AwsError("InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
  }
  const payload = words.get(header);
  // Chunks must be signed by the same algorithm as the request.
  if (payload && !(payload.signedChunks && header.includes("ECDSA") !== asymmetric)) return payload;
  if (/^[0-9a-fA-F]{64}$/.test(header)) return word(header, "hashed")[1];
  throw invalidArgument(
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
    "x-amz-content-sha256",
    header,
  );
}

/**
 * The declaration of an unsigned request to S3: it is optional, and an unknown value counts as a hash.
 * @throws {AwsError} for signed chunks, since there is no signature that they could be chained to
 */
export function anonymousPayload(headers: Headers): Payload | undefined {
  const header = headers["x-amz-content-sha256"];
  if (header === undefined) return undefined;
  const payload = words.get(header) ?? word(header, "hashed")[1];
  if (!payload.signedChunks) return payload;
  throw new AwsError(
    "InvalidRequest",
    "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or STREAMING-UNSIGNED-PAYLOAD-TRAILER.",
  );
}
