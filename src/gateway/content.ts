import { hash } from "node:crypto";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import { UNSIGNED_CHUNKS } from "#aws/signature/payload.ts";
import { EMPTY_HASH } from "#aws/signature/sigv4.ts";
import { type Body, BodyTooLargeError, bodyOf } from "#lib/body.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import type { Identity } from "./authenticate.ts";
import { type ChunkedFacts, chunkedBody, hashedBody } from "./body.ts";
import type { HttpRequest } from "./server/http.ts";

/** Reads a body to its end, so that its hash can be verified as part of the signature. */
export function wholeBody({ body }: HttpRequest, limit: number): MaybePromise<Uint8Array> {
  return body.size === 0 ? EMPTY : body.bytes(limit);
}

export interface Content {
  headers: Readonly<Record<string, string>>;
  body: Uint8Array;
  stream?: Body;
}

/**
 * Returns the request's content as the service sees it: without framing, decompressed, with its hash
 * verified.
 * @param whole the raw body, if it has been read
 * @throws {AwsError} InvalidRequest, or the error for a body that does not match its declaration
 */
export function contentOf(
  http: HttpRequest,
  whole: Uint8Array | undefined,
  identity: Identity,
  limit: number,
): MaybePromise<Content> {
  const { payload } = identity;
  // Only objects and parts may have unsigned chunks. A body that is read whole is a document.
  if (whole && payload?.hash === UNSIGNED_CHUNKS)
    throw new AwsError("InvalidRequest", "The value of x-amz-content-sha256 header is invalid.");
  const encodings = listOf(http.headers["content-encoding"]);
  const isChunked = payload ? payload.kind === "chunked" : encodings.includes("aws-chunked");
  const headers = encodings.includes("aws-chunked")
    ? withEncodings(
        http.headers,
        encodings.filter((e) => e !== "aws-chunked"),
      )
    : http.headers;
  const framed = isChunked
    ? chunkedBody(whole ? bodyOf(whole) : http.body, chunkedFacts(http, identity))
    : undefined;
  if (!whole) {
    if (framed) return { headers, body: EMPTY, stream: framed };
    const stream =
      payload?.kind === "hashed" ? hashedBody(http.body, payload.hash, identity.hashMismatch) : http.body;
    return { headers, body: EMPTY, stream };
  }
  if (payload?.kind === "hashed") {
    const computed = whole.length === 0 ? EMPTY_HASH : hash("sha256", whole, "hex");
    if (computed !== payload.hash.toLowerCase()) throw identity.hashMismatch(computed);
  }
  return whenReady(framed ? framed.bytes(limit) : whole, (body): MaybePromise<Content> => {
    // With an empty body, the header describes the object that an upload or a copy creates.
    if (body.length === 0 || !encodings.includes("gzip")) return { headers, body };
    return unzip(body, limit).then((plain) => ({ headers: withEncodings(headers, []), body: plain }));
  });
}

/** Decompresses a form, which must happen before routing because the form names the operation. */
export function formOf({ headers }: HttpRequest, bytes: Uint8Array, limit: number): MaybePromise<Uint8Array> {
  return listOf(headers["content-encoding"]).includes("gzip") ? unzip(bytes, limit) : bytes;
}

function chunkedFacts({ headers }: HttpRequest, { chunks }: Identity): ChunkedFacts {
  const decoded = headers["x-amz-decoded-content-length"];
  // A value that is not a number counts as missing.
  const decodedLength = decoded !== undefined && /^\d{1,15}$/.test(decoded) ? Number(decoded) : undefined;
  return { decodedLength, announced: listOf(headers["x-amz-trailer"]), signing: chunks };
}

async function unzip(body: Uint8Array, limit: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE")
      throw new BodyTooLargeError(`over ${limit} bytes`);
    throw new AwsError("SerializationException", "The request body is not what its Content-Encoding says.", {
      cause: error,
    });
  }
}

const EMPTY = new Uint8Array();
const NONE: readonly string[] = [];

function listOf(header: string | undefined): readonly string[] {
  if (header === undefined) return NONE;
  return header
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function withEncodings(
  headers: Readonly<Record<string, string>>,
  encodings: readonly string[],
): Record<string, string> {
  const { "content-encoding": _, ...rest } = headers;
  return encodings.length > 0 ? { ...rest, "content-encoding": encodings.join(",") } : rest;
}
