import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input, Output } from "#kernel/service.ts";
import { mayReadTags, mayWith } from "../access/may.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { type CustomerKey, customerKeyOf, keyForDecryption } from "../encryption/customer-key.ts";
import { encryptionMembers } from "../encryption/encryption.ts";
import { checkDecryption, checkSignature } from "../encryption/kms.ts";
import { refuseEncryption } from "../encryption/requested.ts";
import { invalidPartNumber, invalidRequest } from "../errors.ts";
import { expirationOf } from "../lifecycle/answers.ts";
import { type LockMembers, lockMembers } from "../lock/answers.ts";
import { checkPartNumber } from "../multipart/upload.ts";
import { replicationStatus } from "../replication/status.ts";
import { archiveMembers, checkReadable } from "../storage-classes/archive.ts";
import type { Bucket, Checksum, Manifest, ObjectVersion } from "../store.ts";
import { recordRead } from "../tiering/reads.ts";
import { metadataMembers } from "./attributes.ts";
import { manifestOf, openBytes } from "./bytes.ts";
import { checksumMembers } from "./checksums.ts";
import { checkRead, failedCondition, rangeCondition } from "./conditions.ts";
import { existingVersion, quoted, responseVersionId } from "./existing.ts";
import { contentRange, type Span, spanOf } from "./ranges.ts";

type Request = Input<"s3", "GetObject">;
type Answer = Output<"s3", "HeadObject">;

export const objectReading = {
  async GetObject(ctx, input) {
    checkRequest(ctx, input);
    const { bucket, version, ...read } = await ctx.read(async (tx) => {
      const located = await locate(ctx, tx, input, "GET");
      const { bucket, version, manifest, span } = located;
      checkReadable(version, tx.now());
      checkDecryption(ctx, version);
      // HTTP sends each chunk before it reads the next one, so chunks may share memory.
      // Internal callers may retain them.
      const opening = { ctx, tx, lend: ctx.request !== undefined, secret: located.key?.bytes };
      const Body = await openBytes(opening, version, manifest, span);
      return { bucket, version, answer: { ...answer(ctx, input, located), Body } };
    });
    if (version.storageClass !== undefined) await recordRead(ctx, bucket, version);
    return read.answer;
  },

  async HeadObject(ctx, input) {
    checkRequest(ctx, input);
    return ctx.read(async (tx) => {
      const located = await locate(ctx, tx, input, "HEAD");
      // Checksums are encrypted, unlike other metadata.
      if (input.ChecksumMode !== undefined && located.version.checksum) checkDecryption(ctx, located.version);
      return answer(ctx, input, located);
    });
  },
} satisfies Handlers<"s3">;

interface Located {
  bucket: Bucket;
  version: ObjectVersion;
  /** Set only for the current version, requested without its id. */
  expiration: string | undefined;
  lock: LockMembers | undefined;
  tagCount: number | undefined;
  manifest: Manifest | undefined;
  /** The requested bytes, and whether the response is partial (206). */
  span: Span;
  partial: boolean;
  /** The customer-provided key, if the object is encrypted with one. */
  key: CustomerKey | undefined;
  checksum: Checksum | undefined;
}

function checkRequest(ctx: Context, input: Request): void {
  refuseEncryption(ctx);
  if (ctx.principal.type === "anonymous" && overrides(input).some((member) => member !== undefined))
    throw invalidRequest("Request specific response headers cannot be used for anonymous GET requests.");
  const { PartNumber: number } = input;
  if (number === undefined) return;
  if (input.Range !== undefined)
    throw invalidRequest("Cannot specify both Range header and partNumber query parameter");
  checkPartNumber(number);
}

async function locate(ctx: Context, tx: ReadTransaction, input: Request, method: string): Promise<Located> {
  const sentKey = customerKeyOf(input);
  const bucket = await bucketAt(tx, input.Bucket);
  const version = await existingVersion(tx, bucket, input, method);
  const key = keyForDecryption(version, sentKey);
  if (version.kms) checkSignature(ctx);
  checkRead(
    {
      ifMatch: input.IfMatch,
      ifNoneMatch: input.IfNoneMatch,
      ifModifiedSince: input.IfModifiedSince,
      ifUnmodifiedSince: input.IfUnmodifiedSince,
    },
    version,
    tx.now(),
    () => notModifiedHeaders(bucket, version),
  );
  const showsExpiration = (bucket.lifecycle || bucket.zone !== undefined) && input.VersionId === undefined;
  const expiration = showsExpiration ? await expirationOf(tx, bucket, version) : undefined;
  const permitted = await permittedMembers(ctx, tx, input, version);
  const located = { bucket, version, key, expiration, ...permitted };
  const whole = { start: 0, end: version.size };
  if (input.PartNumber !== undefined) {
    const manifest = await manifestOf(tx, version);
    return { ...located, manifest, partial: true, ...partOf(version, manifest, input.PartNumber) };
  }
  const span = wantsRange(ctx, version, tx.now()) ? spanOf(input.Range, version.size) : undefined;
  const needsParts = method === "GET" || (span && input.ChecksumMode !== undefined);
  const manifest = needsParts ? await manifestOf(tx, version, span) : undefined;
  const checksum = span ? checksumOfRange(version, manifest, span) : version.checksum;
  return { ...located, manifest, span: span ?? whole, partial: span !== undefined, checksum };
}

function wantsRange({ request }: Context, version: ObjectVersion, now: number): boolean {
  const ifRange = request?.headers["if-range"];
  return ifRange === undefined || failedCondition(rangeCondition(ifRange), version, now) === undefined;
}

/** Returns the lock and the number of tags, each only if the caller has permission to read it separately. */
async function permittedMembers(ctx: Context, tx: ReadTransaction, input: Request, version: ObjectVersion) {
  const { tags, retention, legalHold } = version;
  if (!tags && !retention && !legalHold) return { lock: undefined, tagCount: undefined };
  const may = await mayWith(ctx, tx, input);
  return {
    lock: lockMembers(version, may),
    tagCount: tags && mayReadTags(may, input) ? tags.length : undefined,
  };
}

function partOf(version: ObjectVersion, manifest: Manifest | undefined, number: number) {
  if (!manifest) {
    if (number > 1) throw invalidPartNumber(number, 1);
    return { span: { start: 0, end: version.size }, checksum: version.checksum };
  }
  let start = 0;
  for (const part of manifest.parts) {
    const end = start + part.body.size;
    if (part.number === number)
      return { span: { start, end }, checksum: checksumOfPart(version, part.checksum) };
    start = end;
  }
  throw invalidPartNumber(number, manifest.parts.length);
}

/**
 * Returns the checksum of a range that is the whole object, or exactly a part. No other range has one.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
 */
function checksumOfRange(
  version: ObjectVersion,
  manifest: Manifest | undefined,
  { start, end }: Span,
): Checksum | undefined {
  const isWhole = start === 0 && end === version.size;
  if (isWhole && version.checksum?.type === "FULL_OBJECT") return version.checksum;
  let at = manifest?.offset ?? 0;
  for (const part of manifest?.parts ?? []) {
    const next = at + part.body.size;
    if (at === start && next === end) return checksumOfPart(version, part.checksum);
    at = next;
  }
  return undefined;
}

/**
 * Returns the checksum of a part for the response, which S3 sends only if the object's checksum is composite.
 */
function checksumOfPart({ checksum }: ObjectVersion, value: string | undefined): Checksum | undefined {
  if (checksum?.type !== "COMPOSITE" || value === undefined) return undefined;
  return { ...checksum, value };
}

function answer(ctx: Context, input: Request, located: Located): Answer {
  const { bucket, version, expiration, lock, tagCount, key, span, partial, checksum } = located;
  const headers = version.headers ?? {};
  return {
    AcceptRanges: "bytes",
    LastModified: new Date(version.modified),
    ETag: quoted(version.etag),
    ContentLength: span.end - span.start,
    // An empty object has no range.
    ContentRange: partial && span.start < span.end ? contentRange(span, version.size) : undefined,
    ContentType: input.ResponseContentType ?? version.contentType ?? "binary/octet-stream",
    CacheControl: input.ResponseCacheControl ?? headers["cache-control"],
    ContentDisposition: input.ResponseContentDisposition ?? headers["content-disposition"],
    ContentEncoding: input.ResponseContentEncoding ?? headers["content-encoding"],
    ContentLanguage: input.ResponseContentLanguage ?? headers["content-language"],
    Expires: input.ResponseExpires ?? headers.expires,
    WebsiteRedirectLocation: headers["x-amz-website-redirect-location"],
    ...metadataMembers(version.metadata),
    StorageClass: version.storageClass as Answer["StorageClass"],
    TagCount: tagCount,
    VersionId: responseVersionId(bucket, version),
    Expiration: expiration,
    ...archiveMembers(version, ctx.clock.now()),
    ...lock,
    PartsCount: input.PartNumber === undefined ? undefined : version.partCount,
    ReplicationStatus: replicationStatus(version),
    ...encryptionMembers(bucket, version, key),
    ...(input.ChecksumMode !== undefined ? checksumMembers(checksum) : undefined),
  };
}

function overrides(input: Request) {
  return [
    input.ResponseCacheControl,
    input.ResponseContentDisposition,
    input.ResponseContentEncoding,
    input.ResponseContentLanguage,
    input.ResponseContentType,
    input.ResponseExpires,
  ];
}

/** The headers of a 304 response, with which a cache updates its copy. */
function notModifiedHeaders(bucket: Bucket, version: ObjectVersion): Record<string, string> {
  const headers: Record<string, string> = {
    etag: quoted(version.etag),
    "last-modified": new Date(version.modified).toUTCString(),
  };
  const id = responseVersionId(bucket, version);
  if (id !== undefined) headers["x-amz-version-id"] = id;
  for (const name of ["cache-control", "expires"]) {
    const value = version.headers?.[name];
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}
