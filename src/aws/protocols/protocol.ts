import type { AwsError } from "#aws/errors.ts";
import type { Body } from "#lib/body.ts";
import type { ProtocolName } from "../contract/format.ts";
import type { Operation } from "../contract/shapes.ts";

/**
 * A request as a protocol receives it: HTTP is parsed, service and operation are known, the signature is
 * verified.
 */
export interface WireRequest {
  method: string;
  /** Decoded `[name, value]` pairs of the query string, in order. */
  query: readonly (readonly [string, string])[];
  /** Names are lower-case; repeated headers are joined by `,`. Values are Latin-1, as in HTTP. */
  headers: Readonly<Record<string, string>>;
  /** The decoded values of the URI template's labels. */
  labels: Readonly<Record<string, string>>;
  /** The whole body, decompressed; empty if there is none. */
  body: Uint8Array;
  /** Replaces `body` for an operation with a streaming input. */
  stream?: Body;
}

export interface WireResponse {
  status: number;
  /** Lower-case names. No `content-length`, `date` or `connection`: the server adds these. */
  headers: Record<string, string>;
  body: WireBody;
}

/** Empty string for no body. A chunk of a stream is valid until the next one is requested. */
export type WireBody = string | Uint8Array | AsyncIterable<Uint8Array>;

export interface ResponseMeta {
  requestId: string;
  /** `x-amz-id-2` of S3, Kinesis and Firehose. */
  hostId: string;
  /** The request's content type, if the response depends on it: Kinesis's older CBOR with `X-Amz-Target`. */
  contentType?: string;
  /** The response format that the request prefers; only the query protocol uses it. */
  accept?: string;
}

/**
 * A server-side implementation of one of AWS's wire protocols. Its codecs per operation are compiled at the
 * first use and cached.
 */
export interface Protocol {
  readonly name: ProtocolName;
  /** @throws {AwsError} with a 4xx status for whatever cannot be decoded */
  decode(operation: Operation, request: WireRequest): Record<string, unknown>;
  encode(operation: Operation, output: object, meta: ResponseMeta): WireResponse;
  /** `operation` is undefined if the request was rejected before its operation was known. */
  encodeError(operation: Operation | undefined, error: AwsError, meta: ResponseMeta): WireResponse;
}
