import type { Context } from "#kernel/context.ts";
import { checksumOf } from "#lib/checksums/checksum.ts";
import { badDocumentMd5, bodyOutOfPlace, invalidDigest, invalidRequest, requestTooBig } from "./errors.ts";
import { checkChecksum, checksumsIn, expectedChecksum, hashName } from "./objects/checksums.ts";
import { isMd5 } from "./objects/receive.ts";

/** The default maximum size of a document in bytes. */
const MAX_BYTES = 131_072;
/** The maximum size in bytes of a list of up to 1,000 rules or keys. */
export const MAX_LIST_BYTES = 2 ** 23;
/** The maximum size in bytes of a document that is stored, since it is a single record. */
const MAX_STORED_BYTES = 2_000_000;

interface Limits {
  /** Whether a digest is required. */
  required?: boolean;
  most?: number;
}

/**
 * Checks the size of a request's XML document, and the digests in its
 * headers. Internal calls have no document.
 * @throws {AwsError} MaxMessageLengthExceeded, InvalidDigest, BadDigest, InvalidRequest
 */
export function checkDocument(
  { request }: Context,
  { required = false, most = MAX_BYTES }: Limits = {},
): void {
  if (!request) return;
  const { headers, content } = request;
  if (content && content.length > most) throw requestTooBig(most);
  const md5 = headers["content-md5"];
  const checksum = expectedChecksum(checksumsIn(headers), []);
  const follows = headers["x-amz-trailer"] !== undefined;
  if (required && md5 === undefined && !checksum && !follows)
    throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  if (!content) return;
  if (md5 !== undefined) {
    if (!isMd5(md5)) throw invalidDigest(md5);
    const computed = base64(checksumOf("md5", content));
    if (computed !== md5) throw badDocumentMd5(md5, computed);
  }
  if (checksum) checkChecksum(checksum, {}, base64(checksumOf(hashName(checksum.algorithm), content)));
}

/** Refuses a copy request with a body, since the bytes come from a bucket. */
export function checkNoBody({ request }: Context): void {
  // A chunked body has no declared length.
  const length = request?.content?.length ?? Number(request?.headers["content-length"] ?? 0);
  if (length > 0) throw bodyOutOfPlace();
}

/** @throws {AwsError} MaxMessageLengthExceeded */
export function checkStoredSize(document: object): void {
  if (Buffer.byteLength(JSON.stringify(document)) > MAX_STORED_BYTES) throw requestTooBig(MAX_STORED_BYTES);
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
