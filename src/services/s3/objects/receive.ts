import { INLINE_BYTES, type StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { type ChecksumName, checksumText } from "#lib/checksums/checksum.ts";
import { hashing } from "#lib/checksums/hashing.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import {
  badContentMd5,
  chunkedTransfer,
  entityTooLarge,
  invalidDigest,
  missingContentLength,
} from "../errors.ts";
import type { ChecksumAlgorithm } from "../store.ts";
import { checkChecksum, type ExpectedChecksum, hashName } from "./checksums.ts";

/** The maximum size of the body of one PUT: 5 GiB. */
export const MAX_PUT_BYTES = 5 * 2 ** 30;

export interface Expectations {
  /** The Content-MD5 header, base64. */
  contentMd5: string | undefined;
  checksum: ExpectedChecksum | undefined;
  /** The algorithm to compute if the client sends no checksum. */
  algorithm: ChecksumAlgorithm | undefined;
  /** An algorithm to compute in addition. */
  also?: ChecksumAlgorithm | undefined;
  /** The maximum size in bytes; 5 GiB by default. */
  limit?: number;
  /** The customer-provided key, used in place of S3's key. */
  secret?: Uint8Array | undefined;
}

export interface ReceivedChecksum {
  algorithm: ChecksumAlgorithm;
  /** Base64. */
  value: string;
}

export interface Received {
  staged: StagedBlob;
  /** Hex. */
  md5: string;
  checksum: ReceivedChecksum | undefined;
  /** The additional checksum. */
  also: ReceivedChecksum | undefined;
}

/**
 * Stores a body and verifies it against the digests that the client sent. The
 * caller keeps or discards the result.
 * @throws {AwsError} EntityTooLarge, InvalidDigest, BadDigest
 */
export function receive(ctx: Context, body: Body, expected: Expectations): MaybePromise<Received> {
  const { contentMd5, checksum, limit = MAX_PUT_BYTES, secret } = expected;
  if (contentMd5 !== undefined && !isMd5(contentMd5)) throw invalidDigest(contentMd5);
  const algorithm = checksum?.algorithm ?? expected.algorithm;
  const names = new Set<ChecksumName>(["md5"]);
  if (algorithm) names.add(hashName(algorithm));
  if (expected.also) names.add(hashName(expected.also));
  return whenReady(stage(ctx, body, [...names], { limit, secret }), ({ staged, digest }) => {
    const value = algorithm && digest(hashName(algorithm), "base64");
    try {
      if (contentMd5 !== undefined) checkMd5(contentMd5, digest("md5", "base64"));
      if (checksum) checkChecksum(checksum, body.trailers, value!);
    } catch (error) {
      return dropAndThrow(ctx, staged, error);
    }
    const md5 = digest("md5", "hex");
    const also = expected.also && {
      algorithm: expected.also,
      value: digest(hashName(expected.also), "base64"),
    };
    return { staged, md5, checksum: algorithm && { algorithm, value: value! }, also };
  });
}

async function dropAndThrow(ctx: Context, staged: StagedBlob, error: unknown): Promise<never> {
  await ctx.blobs.drop(staged);
  throw error;
}

function checkMd5(promised: string, md5: string): void {
  if (promised !== md5) throw badContentMd5(promised, md5);
}

/**
 * Checks that a PUT over HTTP declares its length. Form uploads and internal calls need none.
 * @throws {AwsError} MissingContentLength, NotImplemented
 */
export function checkLengthHeader({ request }: Context, { size }: Body): void {
  if (request?.method !== "PUT") return;
  const { headers } = request;
  const isChunked = headers["transfer-encoding"] !== undefined;
  if (size !== undefined && (isChunked || headers["content-length"] !== undefined)) return;
  const isFramed = headers["x-amz-content-sha256"]?.startsWith("STREAMING-");
  throw isChunked && !isFramed ? chunkedTransfer() : missingContentLength();
}

export interface Staged {
  staged: StagedBlob;
  /** Returns the digest of one of the requested algorithms. */
  digest(name: ChecksumName, form: "hex" | "base64"): string;
}

export interface StageOptions {
  limit: number;
  secret: Uint8Array | undefined;
}

/** Stores a body and computes its checksums: of a small body synchronously, of a large one in a worker. */
export function stage(
  ctx: Context,
  body: Body,
  names: readonly ChecksumName[],
  options: StageOptions,
): MaybePromise<Staged> {
  const { size } = body;
  if (size !== undefined && size > options.limit) throw entityTooLarge(options.limit, size);
  if (size === undefined || size > INLINE_BYTES) return stageLarge(ctx, body, names, options);
  return whenReady(ctx.blobs.receive(body, options), (staged) => {
    if (!("inline" in staged)) throw new Error("a small body was made a file");
    return { staged, digest: (name, form) => checksumText(name, staged.inline, form) };
  });
}

async function stageLarge(
  ctx: Context,
  body: Body,
  names: readonly ChecksumName[],
  { limit, secret }: StageOptions,
): Promise<Staged> {
  const sums = hashing(names);
  let staged: StagedBlob | undefined;
  try {
    staged = await ctx.blobs.receive(body, { limit, secret, tap: (chunk) => sums.update(chunk) });
    const digests = await sums.digest();
    return { staged, digest: (name, form) => Buffer.from(digests[name]).toString(form) };
  } catch (error) {
    if (staged) await ctx.blobs.drop(staged);
    throw error instanceof BodyTooLargeError ? entityTooLarge(limit) : error;
  } finally {
    sums.abort();
  }
}

export function isMd5(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  return bytes.length === 16 && bytes.toString("base64") === text;
}
