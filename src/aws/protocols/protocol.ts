import type { AwsError } from "#aws/errors.ts";
import type { Body } from "#lib/body.ts";
import type { ProtocolName } from "../contract/format.ts";
import type { Operation } from "../contract/shapes.ts";

/** A request as a protocol needs it: HTTP is parsed, service and operation are known, the signature is judged. */
export interface WireRequest {
  method: string;
  /** Decoded `[name, value]` pairs of the query string, in their order. */
  query: readonly (readonly [string, string])[];
  /** Lower-case names; a header that came twice is joined by `,`. Values are Latin-1, as HTTP has them. */
  headers: Readonly<Record<string, string>>;
  /** What the URI template's labels matched, decoded. */
  labels: Readonly<Record<string, string>>;
  /** The whole body, decompressed; empty where there is none. */
  body: Uint8Array;
  /** In place of `body` for an operation with a streaming input. */
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
  /** The request's content type, where the answer follows it: Kinesis' older CBOR over `X-Amz-Target`. */
  contentType?: string;
  /** What the request would like to be answered in, which the query protocol heeds. */
  accept?: string;
}

/**
 * One of AWS's wire protocols, seen from the server. What it does for an operation is compiled on first use and kept.
 */
export interface Protocol {
  readonly name: ProtocolName;
  /** @throws {AwsError} with a 4xx status for whatever cannot be decoded */
  decode(operation: Operation, request: WireRequest): Record<string, unknown>;
  encode(operation: Operation, output: object, meta: ResponseMeta): WireResponse;
  /** `operation` is undefined when the request was refused before it was known. */
  encodeError(operation: Operation | undefined, error: AwsError, meta: ResponseMeta): WireResponse;
}
