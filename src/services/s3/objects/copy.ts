import { keepOrDrop } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import type { Bytes } from "#lib/joined.ts";
import { provenanceOf } from "../access/ownership.ts";
import {
  keepCopies,
  type OpenAnnotation,
  openAnnotations,
  shouldCopyAnnotations,
  withCopies,
} from "../annotations/copying.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { checkNoBody } from "../documents.ts";
import { type CustomerKey, copySourceKeyOf, keyForDecryption } from "../encryption/customer-key.ts";
import { encryptionMembers, etagFor, hasMd5AsEtag, storedEncryption } from "../encryption/encryption.ts";
import { checkDecryption } from "../encryption/kms.ts";
import { asksForKeys, encryptionFor, type Requested, requestedEncryption } from "../encryption/requested.ts";
import {
  copyOntoItself,
  copySourceTooLarge,
  headerNotImplemented,
  invalidArgument,
  invalidRequest,
  preconditionFailed,
} from "../errors.ts";
import { expirationOf } from "../lifecycle/answers.ts";
import { lockFor, lockIn } from "../lock/headers.ts";
import { checkReadable } from "../storage-classes/archive.ts";
import { type Bucket, bodies, type Checksum, type ObjectVersion } from "../store.ts";
import { recordRead } from "../tiering/reads.ts";
import { currentVersion, writeVersion } from "../versions.ts";
import { attributesOf, copiedAttributes } from "./attributes.ts";
import { bodyOfBytes, manifestOf, openBytes } from "./bytes.ts";
import { checksumMembers, DEFAULT_ALGORITHM, hashName, namedAlgorithm } from "./checksums.ts";
import { checkConditionForm, checkWrite, failedCondition } from "./conditions.ts";
import { type CopySource, copySourceOf } from "./copy-source.ts";
import { existingVersion, newVersionId, quoted, responseVersionId } from "./existing.ts";
import { checkKey } from "./key.ts";
import { MAX_PUT_BYTES, stage } from "./receive.ts";
import { headerTags } from "./tagging-header.ts";

type Request = Input<"s3", "CopyObject">;

/** The action in the error if the bucket blocks the requested encryption. It is not an IAM action. */
const COPY = "s3:CopyObject";

export const objectCopying = {
  async CopyObject(ctx, input) {
    const { Bucket, Key } = input;
    const { provenance, lock, algorithm, requested, from, attributes, tags } = await parseCopy(ctx, input);
    const { bytes, notes, ...source } = await openSource(ctx, from, input, requested);
    await recordRead(ctx, source.bucket, source.version);
    return withCopies(ctx, notes, async (copies) => {
      const { staged, md5, checksum } = await storeCopy(ctx, source.version, bytes, requested, algorithm);
      return keepOrDrop(ctx, staged, async (tx) => {
        const bucket = await bucketAt(tx, Bucket);
        const current = await currentVersion(tx, bucket, Key);
        const encryption = encryptionFor(ctx, bucket, Key, requested, COPY);
        checkWrite(input, current, Key);
        const described = attributes(source.version);
        const version = await writeVersion(tx, bucket, Key, current, {
          ...described,
          ...lockFor(bucket, lock, tx.now()),
          tags: tags(source.version),
          ...provenance(bucket),
          etag: etagFor({ ...encryption, storageClass: described.storageClass }, md5, tx.random),
          size: staged.size,
          body: await bodies.keep(tx, staged),
          checksum,
          annotations: copies.length || undefined,
          ...storedEncryption(encryption),
        });
        await keepCopies(tx, version, copies);
        await announce(ctx, tx, bucket, { event: "ObjectCreated:Copy", version });
        return {
          ...(await answer(tx, bucket, version)),
          CopySourceVersionId: responseVersionId(source.bucket, source.version),
          ...encryptionMembers(bucket, version, requested.key),
          SSEKMSEncryptionContext: version.kms && input.SSEKMSEncryptionContext,
        };
      });
    });
  },
} satisfies Handlers<"s3">;

/** Parses a CopyObject request, validating its members in the order of S3. */
async function parseCopy(ctx: Context, input: Request) {
  checkKey(input.Key);
  checkNoBody(ctx);
  checkConditionForm(input);
  const provenance = await provenanceOf(ctx, input);
  checkDirectives(input);
  const lock = lockIn(ctx, input);
  const algorithm = namedAlgorithm(input.ChecksumAlgorithm);
  const requested = requestedEncryption(input);
  const from = copySourceOf(input.CopySource);
  const newAttributes = input.MetadataDirective === "REPLACE" ? attributesOf(input) : undefined;
  const replacesTags = input.TaggingDirective === "REPLACE";
  const newTags = replacesTags ? headerTags(input.Tagging) : undefined;
  return {
    provenance,
    lock,
    algorithm,
    requested,
    from,
    attributes: (source: ObjectVersion) => newAttributes ?? copiedAttributes(source, input),
    tags: (source: ObjectVersion) => (replacesTags ? newTags : source.tags),
  };
}

async function answer(tx: ReadTransaction, bucket: Bucket, version: ObjectVersion) {
  return {
    CopyObjectResult: {
      ETag: quoted(version.etag),
      LastModified: new Date(version.modified),
      ...checksumMembers(version.checksum),
    },
    Expiration: await expirationOf(tx, bucket, version),
    VersionId: newVersionId(bucket, version),
  };
}

export interface Source {
  bucket: Bucket;
  version: ObjectVersion;
  /** The customer-provided key, if the source is encrypted with one. */
  key: CustomerKey | undefined;
}

/** The conditions on the source of a copy. */
type SourceConditions = Pick<
  Request,
  | "CopySourceIfMatch"
  | "CopySourceIfNoneMatch"
  | "CopySourceIfModifiedSince"
  | "CopySourceIfUnmodifiedSince"
  | "CopySourceSSECustomerAlgorithm"
  | "CopySourceSSECustomerKey"
  | "CopySourceSSECustomerKeyMD5"
>;

/**
 * Finds the version that a copy of an object or of a part reads.
 * @throws {AwsError} NoSuchKey, NoSuchVersion, InvalidObjectState, PreconditionFailed
 */
export async function sourceOf(
  ctx: Context,
  tx: ReadTransaction,
  from: CopySource,
  conditions: SourceConditions,
): Promise<Source> {
  const sentKey = copySourceKeyOf(conditions);
  const bucket = await bucketAt(tx, from.bucket);
  const named = { Key: from.key, VersionId: from.versionId };
  const finding = Promise.try(() => existingVersion(tx, bucket, named, "GET"));
  const version = await finding.catch((error) => {
    if (error.code !== "MethodNotAllowed") throw error;
    throw invalidRequest(
      "The source of a copy request may not specifically refer to a delete marker by version id.",
    );
  });
  const key = keyForDecryption(version, sentKey);
  checkDecryption(ctx, version);
  checkReadable(version, tx.now(), "Operation is not valid for the source object's storage class");
  const failed = failedCondition(
    {
      ifMatch: conditions.CopySourceIfMatch,
      ifNoneMatch: conditions.CopySourceIfNoneMatch,
      ifModifiedSince: conditions.CopySourceIfModifiedSince,
      ifUnmodifiedSince: conditions.CopySourceIfUnmodifiedSince,
    },
    version,
    tx.now(),
  );
  if (failed) throw preconditionFailed(`x-amz-copy-source-${failed.condition}`);
  return { bucket, version, key };
}

async function openSource(
  ctx: Context,
  from: CopySource,
  input: Request,
  requested: Requested,
): Promise<Source & { bytes: Bytes; notes: OpenAnnotation[] }> {
  return ctx.read(async (tx) => {
    const target = await bucketAt(tx, input.Bucket);
    if (requested.algorithm === undefined && !requested.key && !target.encryption)
      refuseCopyOntoItself(from, input);
    if (asksForKeys(requested)) encryptionFor(ctx, target, input.Key, requested, COPY);
    const source = await sourceOf(ctx, tx, from, input);
    const { version, key } = source;
    if (target.zone !== undefined) refuseAttachments(input, version);
    if (version.size > MAX_PUT_BYTES) throw copySourceTooLarge(MAX_PUT_BYTES);
    const manifest = await manifestOf(tx, version);
    const bytes = await openBytes({ ctx, tx, secret: key?.bytes }, version, manifest, {
      start: 0,
      end: version.size,
    });
    const includesAnnotations = shouldCopyAnnotations(input.AnnotationDirective) && !requested.key;
    return { ...source, bytes, notes: includesAnnotations ? await openAnnotations(ctx, tx, version) : [] };
  });
}

/**
 * Refuses to copy tags and annotations into a directory bucket, which has neither.
 * @throws {AwsError} NotImplemented
 */
function refuseAttachments({ TaggingDirective, AnnotationDirective }: Request, source: ObjectVersion): void {
  if (source.tags && TaggingDirective !== "REPLACE") throw headerNotImplemented("x-amz-tagging-directive");
  if (AnnotationDirective === "COPY" || (source.annotations && AnnotationDirective !== "EXCLUDE"))
    throw headerNotImplemented("x-amz-object-annotation-directive");
}

/**
 * Stores a copy's bytes as a single body, even if the source consists of parts. A checksum of the full object
 * is kept; a composite one is recomputed.
 */
async function storeCopy(
  ctx: Context,
  source: ObjectVersion,
  bytes: Bytes,
  { key }: Requested,
  algorithm = source.checksum?.algorithm ?? DEFAULT_ALGORITHM,
) {
  const isKept = source.checksum?.type === "FULL_OBJECT" && source.checksum.algorithm === algorithm;
  const name = hashName(algorithm);
  const isMd5 = source.partCount === undefined && hasMd5AsEtag(source);
  const names = [...(isMd5 ? [] : ["md5" as const]), ...(isKept ? [] : [name])];
  const { staged, digest } = await stage(ctx, bodyOfBytes(bytes, source.size), names, {
    limit: MAX_PUT_BYTES,
    secret: key?.bytes,
  });
  const checksum: Checksum | undefined = isKept
    ? source.checksum
    : { algorithm, type: "FULL_OBJECT", value: digest(name, "base64") };
  return { staged, md5: isMd5 ? source.etag : digest("md5", "hex"), checksum };
}

function checkDirectives({ MetadataDirective, TaggingDirective, AnnotationDirective }: Request): void {
  const isDirective = (directive: string | undefined) =>
    directive === undefined || directive === "COPY" || directive === "REPLACE";
  if (!isDirective(MetadataDirective))
    throw invalidArgument("Unknown metadata directive.", "x-amz-metadata-directive", MetadataDirective);
  if (!isDirective(TaggingDirective))
    throw invalidArgument("Unknown tagging directive.", "x-amz-tagging-directive", TaggingDirective);
  shouldCopyAnnotations(AnnotationDirective);
}

/**
 * Refuses a copy onto itself that changes nothing. The caller has checked that neither the request nor the
 * bucket asks for encryption, which would be a change.
 */
function refuseCopyOntoItself(from: CopySource, input: Request): void {
  if (from.bucket !== input.Bucket || from.key !== input.Key || from.versionId !== undefined) return;
  const changes = [input.StorageClass, input.WebsiteRedirectLocation];
  if (input.MetadataDirective === "REPLACE" || changes.some((change) => change !== undefined)) return;
  throw copyOntoItself();
}
