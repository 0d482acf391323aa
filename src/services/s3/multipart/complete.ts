import { hash } from "node:crypto";
import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { announce } from "../changes.ts";
import { checkUploadKey, customerKeyOf } from "../encryption/customer-key.ts";
import { encryptionMembers } from "../encryption/encryption.ts";
import { badChecksum, conditionalConflict, invalidRequest } from "../errors.ts";
import { expirationOf } from "../lifecycle/answers.ts";
import { lockFor } from "../lock/headers.ts";
import { checksumMembers, expectedChecksum } from "../objects/checksums.ts";
import { checkConditionForm, checkWrite } from "../objects/conditions.ts";
import { newVersionId, quoted } from "../objects/existing.ts";
import { type Bucket, bodies, type Checksum, type ObjectVersion, type Upload } from "../store.ts";
import { arrivedIn } from "../tiering/reads.ts";
import { currentVersion, writeManifest, writeVersion } from "../versions.ts";
import { checksumOfParts } from "./checksums.ts";
import { listedParts, usedParts } from "./completed-parts.ts";
import { noSuchUpload } from "./errors.ts";
import { findUpload, forgetUpload, partsOf } from "./upload.ts";
import { orderOfUpload } from "./upload-id.ts";

type Request = Input<"s3", "CompleteMultipartUpload">;

export const completionHandlers = {
  async CompleteMultipartUpload(ctx, input) {
    const { Key: key } = input;
    checkConditionForm(input);
    const customerKey = customerKeyOf(input);
    const listed = listedParts(input);
    const etag = etagOfParts(listed);
    return ctx.transact(async (tx) => {
      const bucket = await bucketAt(tx, input.Bucket);
      const current = await currentVersion(tx, bucket, key);
      const upload = await findUpload(tx, bucket, input);
      if (!upload) {
        if (current && wasMadeBy(current, input.UploadId, etag))
          return answer(ctx, tx, input, bucket, current);
        throw noSuchUpload(input.UploadId);
      }
      if (customerKey) checkUploadKey(upload, customerKey);
      checkWrite(input, current, key);
      checkConflict(input, current, upload);
      const sent = await partsOf(tx, upload);
      const used = usedParts(upload, listed, sent);
      const size = used.reduce((sum, part) => sum + part.body.size, 0);
      checkSize(input, size);
      const checksum = checksumOfParts(upload, used);
      checkChecksum(input, upload, checksum);

      const version = await writeVersion(tx, bucket, key, current, {
        ...contentFrom(upload, bucket, tx.now()),
        etag,
        size,
        partCount: used.length,
        checksum,
      });
      writeManifest(tx, version, used);
      const numbers = new Set(used.map((part) => part.number));
      for (const part of sent) if (!numbers.has(part.number)) bodies.discard(tx, part.body);
      forgetUpload(tx, upload, sent);
      await announce(ctx, tx, bucket, { event: "ObjectCreated:CompleteMultipartUpload", version });
      return answer(ctx, tx, input, bucket, version);
    });
  },
} satisfies Handlers<"s3">;

/** Returns the properties that an object takes from its upload. */
function contentFrom(upload: Upload, bucket: Bucket, now: number) {
  const { owner, acl, contentType, headers, metadata, storageClass, tags, customerKey, kms } = upload;
  const { retention, legalHold } = upload;
  return {
    // The modification time of the object is the start of the upload.
    modified: upload.initiated,
    owner,
    acl,
    upload: upload.order,
    contentType,
    headers,
    metadata,
    storageClass,
    ...arrivedIn(storageClass, now),
    tags,
    ...(customerKey && { customerKey }),
    ...(kms && { kms }),
    ...lockFor(bucket, { retention, legalHold }, now),
  };
}

/**
 * Returns the MD5 of the parts' MD5s. ETags that are not those of uploaded parts may have
 * any format; they are refused later.
 */
function etagOfParts(listed: readonly { etag: string }[]): string {
  const md5s = listed.map(({ etag }) => Buffer.from(etag, "hex"));
  return `${hash("md5", Buffer.concat(md5s))}-${listed.length}`;
}

/**
 * Whether the current version was created by this upload. A client that did not receive the response may
 * repeat the request and gets the same response as long as the object exists.
 */
function wasMadeBy(current: ObjectVersion, uploadId: string, etag: string): boolean {
  return current.upload !== undefined && current.upload === orderOfUpload(uploadId) && current.etag === etag;
}

/**
 * Checks that the object which a conditional write replaces has not changed since the upload started,
 * even if the condition holds again.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
 * @throws {AwsError} ConditionalRequestConflict
 */
function checkConflict(
  { IfMatch, IfNoneMatch, Key }: Request,
  current: ObjectVersion | undefined,
  upload: Upload,
): void {
  const existing = current?.deleteMarker ? undefined : current;
  if (IfMatch !== undefined && existing && existing.order > upload.order)
    throw conditionalConflict("If-Match", Key);
  if (IfNoneMatch !== undefined && !existing && upload.replaces)
    throw conditionalConflict("If-None-Match", Key);
}

function checkSize({ MpuObjectSize: expected }: Request, size: number): void {
  if (expected === undefined || expected === size) return;
  if (expected < 0)
    throw invalidRequest(`Value for x-amz-mp-object-size header is less than zero: '${expected}'`);
  throw invalidRequest(
    `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`,
  );
}

function checkChecksum(input: Request, upload: Upload, checksum: Checksum | undefined): void {
  const { ChecksumType: type } = input;
  if (type !== undefined && upload.checksumType !== undefined && type !== upload.checksumType) {
    throw invalidRequest(
      `The upload was created using the ${upload.checksumType} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const expected = expectedChecksum(withoutCounts(input), []);
  // S3 ignores a checksum whose algorithm was not declared when the upload started.
  if (!expected || !checksum || expected.algorithm !== upload.checksumAlgorithm) return;
  if (expected.value !== checksum.value.replace(/-\d+$/, ""))
    throw badChecksum(expected.algorithm.toLowerCase());
}

/** Removes the number of parts with which a composite checksum may end. */
function withoutCounts(input: Request) {
  const bare = (value: string | undefined) => value?.replace(/-\d+$/, "");
  return {
    ...input,
    ChecksumCRC32: bare(input.ChecksumCRC32),
    ChecksumCRC32C: bare(input.ChecksumCRC32C),
    ChecksumSHA1: bare(input.ChecksumSHA1),
    ChecksumSHA256: bare(input.ChecksumSHA256),
    ChecksumSHA512: bare(input.ChecksumSHA512),
    ChecksumMD5: bare(input.ChecksumMD5),
    ChecksumXXHASH64: bare(input.ChecksumXXHASH64),
    ChecksumXXHASH3: bare(input.ChecksumXXHASH3),
    ChecksumXXHASH128: bare(input.ChecksumXXHASH128),
  };
}

async function answer(ctx: Context, tx: Transaction, input: Request, bucket: Bucket, version: ObjectVersion) {
  return {
    Location: locationOf(ctx, input),
    Bucket: input.Bucket,
    Key: input.Key,
    ETag: quoted(version.etag),
    Expiration: await expirationOf(tx, bucket, version),
    VersionId: newVersionId(bucket, version),
    ...checksumMembers(version.checksum),
    ...(version.customerKey ? undefined : encryptionMembers(bucket, version)),
  };
}

/** Returns the URL of the object, with the bucket in host or path as in the request. */
export function locationOf(ctx: Context, { Bucket, Key }: { Bucket: string; Key: string }): string {
  const key = encodeURIComponent(Key);
  const { request } = ctx;
  if (!request) return `https://${Bucket}.s3.${ctx.region}.amazonaws.com/${key}`;
  const origin = `${request.secure ? "https" : "http"}://${request.host}`;
  return request.host.startsWith(`${Bucket}.`) ? `${origin}/${key}` : `${origin}/${Bucket}/${key}`;
}
