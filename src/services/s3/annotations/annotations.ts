/**
 * Object annotations: texts that can be attached to an existing object.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/annotations-overview.html
 */
import { isUtf8 } from "node:buffer";
import { keepOrDrop, reusesRow } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Body, BodyTooLargeError, bodyOf } from "#lib/body.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { encryptionMembers } from "../encryption/encryption.ts";
import { checkDecryption } from "../encryption/kms.ts";
import { entityTooLarge, invalidArgument, preconditionFailed, wrongToken } from "../errors.ts";
import { bypassesGovernance } from "../lock/headers.ts";
import { checkDeletable } from "../lock/retention.ts";
import { bodyOfBytes, openBody } from "../objects/bytes.ts";
import {
  checksumMembers,
  DEFAULT_ALGORITHM,
  expectedChecksum,
  refuseUnknownChecksum,
} from "../objects/checksums.ts";
import { failedCondition } from "../objects/conditions.ts";
import { existingVersion, quoted, responseVersionId } from "../objects/existing.ts";
import { checkLengthHeader, type Received, receive } from "../objects/receive.ts";
import { replicationStatus } from "../replication/status.ts";
import { type Bucket, bodies, type ObjectVersion } from "../store.ts";
import { rewriteVersion, wholeSeconds } from "../versions.ts";
import {
  customersKey,
  emptyPayload,
  invalidName,
  invalidPrefix,
  limitExceeded,
  nameTooLong,
  noSuchAnnotation,
  notText,
} from "./errors.ts";
import { type Annotation, annotations, MAX_ANNOTATIONS } from "./store.ts";

const MAX_NAME_BYTES = 512;
const MAX_PAYLOAD_BYTES = 2 ** 20;
const TOKEN = "s3/ListObjectAnnotations";

export const objectAnnotations = {
  async PutObjectAnnotation(ctx, input) {
    const { AnnotationName: name, AnnotationPayload: payload = bodyOf("") } = input;
    checkName(name);
    checkLengthHeader(ctx, payload);
    const checksum = expectedChecksum(input, payload.announced);
    if (!checksum) refuseUnknownChecksum(ctx);
    const received = await receive(ctx, await textIn(payload), {
      contentMd5: input.ContentMD5,
      checksum,
      algorithm: DEFAULT_ALGORITHM,
    });
    return keepOrDrop(ctx, received.staged, async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "PUT");
      if (version.customerKey) throw customersKey();
      checkDecryption(ctx, version);
      checkMatch(input.ObjectIfMatch, version, tx.now());
      const { annotation, annotated } = await attach(tx, bucket, version, name, received);
      await announce(ctx, tx, bucket, {
        event: "ObjectAnnotation:Put",
        version: annotated,
        annotation: { name, size: annotation.body.size, etag: annotation.etag },
      });
      return {
        Key: input.Key,
        AnnotationName: name,
        ObjectVersionId: responseVersionId(bucket, version),
        ETag: quoted(annotation.etag),
        ...checksumMembers(annotation.checksum),
        ...encryptionMembers(bucket, version),
      };
    });
  },

  async GetObjectAnnotation(ctx, input) {
    const { AnnotationName: name } = input;
    checkName(name);
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "GET");
      const annotation = await tx.get(annotations, [bucket.id, version.order, name]);
      if (!annotation) throw noSuchAnnotation(input.Key, name);
      checkDecryption(ctx, version);
      const { body, etag, modified, checksum } = annotation;
      return {
        AnnotationPayload: await openBody({ ctx, tx }, body, 0, body.size),
        ObjectVersionId: responseVersionId(bucket, version),
        LastModified: new Date(modified),
        ContentLength: body.size,
        ETag: quoted(etag),
        ...(input.ChecksumMode !== undefined ? checksumMembers(checksum) : undefined),
        ...encryptionMembers(bucket, version),
        ReplicationStatus: replicationStatus(annotation),
      };
    });
  },

  async ListObjectAnnotations(ctx, input) {
    const { AnnotationPrefix: prefix, ContinuationToken: token } = input;
    if (prefix !== undefined && Buffer.byteLength(prefix) > MAX_NAME_BYTES) throw invalidPrefix(prefix);
    const maxResults = maxResultsOf(input.MaxAnnotationResults);
    const after = token === undefined ? undefined : unseal(ctx, token);
    return ctx.read(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "GET");
      const matching = await listed(tx, version, { prefix, after, limit: maxResults + 1 });
      const page = matching.slice(0, maxResults);
      return {
        Annotations: page.map(summaryOf),
        Bucket: input.Bucket,
        Key: input.Key,
        ObjectVersionId: responseVersionId(bucket, version),
        AnnotationPrefix: prefix,
        MaxAnnotationResults: maxResults,
        AnnotationCount: page.length,
        ContinuationToken: token,
        NextContinuationToken:
          matching.length > maxResults ? ctx.seal.seal(TOKEN, page.at(-1)!.name) : undefined,
      };
    });
  },

  async DeleteObjectAnnotation(ctx, input) {
    const { AnnotationName: name } = input;
    checkName(name);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const version = await existingVersion(tx, bucket, input, "DELETE");
      checkMatch(input.ObjectIfMatch, version, tx.now());
      const annotation = await tx.get(annotations, [bucket.id, version.order, name]);
      if (annotation) {
        checkDeletable(version, tx.now(), bypassesGovernance(ctx));
        bodies.discard(tx, annotation.body);
        tx.delete(annotations, [bucket.id, version.order, name]);
        const without = { ...version, annotations: version.annotations! - 1 || undefined };
        await rewriteVersion(tx, bucket, without);
        await announce(ctx, tx, bucket, {
          event: "ObjectAnnotation:Delete",
          version: without,
          annotation: { name },
        });
      }
      return { ObjectVersionId: responseVersionId(bucket, version) };
    });
  },
} satisfies Handlers<"s3">;

/**
 * Checks an annotation's name.
 * @throws {AwsError} AnnotationNameTooLong, InvalidAnnotationName for names that AWS reserves
 * and those that XML cannot represent
 */
function checkName(name: string | undefined): asserts name is string {
  if (!name || /^(aws|s3)/i.test(name) || /\p{Cc}/u.test(name)) throw invalidName(name ?? "");
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw nameTooLong(name);
}

/**
 * Reads a payload, which must be text.
 * @throws {AwsError} InvalidRequest, EntityTooLarge, UnsupportedMediaType
 */
async function textIn(payload: Body): Promise<Body> {
  const bytes = await Promise.try(() => payload.bytes(MAX_PAYLOAD_BYTES)).catch((error: unknown) => {
    throw error instanceof BodyTooLargeError ? entityTooLarge(MAX_PAYLOAD_BYTES, payload.size) : error;
  });
  if (bytes.length === 0) throw emptyPayload();
  if (!isUtf8(bytes)) throw notText();
  return { ...bodyOfBytes(bytes, bytes.length), announced: payload.announced, trailers: payload.trailers };
}

/**
 * Writes an annotation of a version, replacing one with the same name.
 * @throws {AwsError} AnnotationLimitExceeded
 */
async function attach(
  tx: Transaction,
  bucket: Bucket,
  version: ObjectVersion,
  name: string,
  { staged, md5, checksum }: Received,
): Promise<{ annotation: Annotation; annotated: ObjectVersion }> {
  const former = await tx.get(annotations, [bucket.id, version.order, name]);
  const count = version.annotations ?? 0;
  if (!former && count >= MAX_ANNOTATIONS) throw limitExceeded();
  const body = await bodies.keep(tx, staged, former?.body);
  if (former && !reusesRow(former.body, body)) bodies.discard(tx, former.body);
  const annotation: Annotation = {
    bucket: bucket.id,
    order: version.order,
    name,
    modified: wholeSeconds(tx.now()),
    etag: md5,
    body,
    checksum: checksum && { ...checksum, type: "FULL_OBJECT" },
  };
  tx.put(annotations, annotation);
  const annotated = { ...version, annotations: former ? count : count + 1 };
  if (!former) await rewriteVersion(tx, bucket, annotated);
  return { annotation, annotated };
}

/** Checks the ETag of the object. @throws {AwsError} PreconditionFailed */
function checkMatch(ifMatch: string | undefined, version: ObjectVersion, now: number): void {
  if (ifMatch === undefined || !failedCondition({ ifMatch }, version, now)) return;
  throw preconditionFailed("x-amz-object-if-match");
}

function maxResultsOf(requested: number | undefined): number {
  if (requested === undefined) return MAX_ANNOTATIONS;
  if (requested >= 1 && requested <= MAX_ANNOTATIONS) return requested;
  const message = `Argument max-annotation-results must be an integer between 1 and ${MAX_ANNOTATIONS}`;
  throw invalidArgument(message, "max-annotation-results", requested);
}

function unseal(ctx: Context, token: string): string {
  const name = ctx.seal.unseal(TOKEN, token);
  if (typeof name !== "string") throw wrongToken();
  return name;
}

const summaryOf = (annotation: Annotation) => ({
  AnnotationName: annotation.name,
  LastModified: new Date(annotation.modified),
  ETag: quoted(annotation.etag),
  ChecksumAlgorithm: annotation.checksum && [annotation.checksum.algorithm],
  Size: annotation.body.size,
  ReplicationStatus: replicationStatus(annotation),
});

interface Selection {
  prefix: string | undefined;
  after: string | undefined;
  limit: number;
}

/**
 * Lists annotations in the byte order of their names. Objects have few enough
 * annotations to read them all for a prefix.
 */
async function listed(tx: ReadTransaction, { bucket, order }: ObjectVersion, selection: Selection) {
  const { prefix = "", after, limit } = selection;
  const all = await tx.list(annotations, {
    in: [bucket, order],
    ...(after !== undefined && { after: [after] }),
    limit: MAX_ANNOTATIONS,
  });
  return all.filter(({ name }) => name.startsWith(prefix)).slice(0, limit);
}
