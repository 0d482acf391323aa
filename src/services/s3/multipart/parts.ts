import { keepOrDrop } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers, Input } from "#kernel/service.ts";
import { bodyOf } from "#lib/body.ts";
import { checkNoBody } from "../documents.ts";
import { type CustomerKey, checkUploadKey, customerKeyOf } from "../encryption/customer-key.ts";
import { encryptionMembers, etagFor } from "../encryption/encryption.ts";
import { checkDecryption } from "../encryption/kms.ts";
import { copySourceTooLarge } from "../errors.ts";
import { abortMembers } from "../lifecycle/answers.ts";
import { entriesOf, requestedEntries } from "../listing/parameters.ts";
import { checkDigest } from "../lock/headers.ts";
import { bodyOfBytes, manifestOf, openBytes } from "../objects/bytes.ts";
import { expectedChecksum, refuseUnknownChecksum } from "../objects/checksums.ts";
import { sourceOf } from "../objects/copy.ts";
import { copySourceOf } from "../objects/copy-source.ts";
import { quoted, responseVersionId } from "../objects/existing.ts";
import type { Span } from "../objects/ranges.ts";
import { checkLengthHeader, MAX_PUT_BYTES, type Received, receive } from "../objects/receive.ts";
import { ownerOf } from "../owner.ts";
import { bodies, type Part, parts, type Upload } from "../store.ts";
import { recordRead } from "../tiering/reads.ts";
import { wholeSeconds } from "../versions.ts";
import { algorithmOf, checkAlgorithm } from "./checksums.ts";
import { copyRangeBeyond, malformedCopyRange } from "./errors.ts";
import { checkPartNumber, initiatorOf, uploadAt } from "./upload.ts";

export const partHandlers = {
  async UploadPart(ctx, input) {
    const { Body = bodyOf("") } = input;
    checkPartNumber(input.PartNumber);
    checkLengthHeader(ctx, Body);
    const checksum = expectedChecksum(input, Body.announced);
    if (!checksum) refuseUnknownChecksum(ctx);
    const key = customerKeyOf(input);
    const { bucket, upload } = await ctx.read((tx) => uploadAt(tx, input));
    checkUploadKey(upload, key);
    checkDecryption(ctx, upload);
    checkAlgorithm(upload, checksum);
    checkDigest(ctx, upload, "Part");
    const received = await receive(ctx, Body, {
      contentMd5: input.ContentMD5,
      checksum,
      algorithm: undefined,
      also: algorithmOf(upload),
      secret: key?.bytes,
    });
    const part = await keepPart(ctx, input, received, key);
    const sent = received.checksum;
    return {
      ETag: quoted(part.etag),
      ...(sent ? { [`Checksum${sent.algorithm}`]: sent.value } : checksumOf(upload, part)),
      ...encryptionMembers(bucket, upload, key),
    };
  },

  async UploadPartCopy(ctx, input) {
    checkPartNumber(input.PartNumber);
    checkNoBody(ctx);
    const key = customerKeyOf(input);
    const { bucket, upload, source, bytes, size } = await openSource(ctx, input, key);
    await recordRead(ctx, source.bucket, source.version);
    const received = await receive(ctx, bodyOfBytes(bytes, size), {
      contentMd5: undefined,
      checksum: undefined,
      algorithm: undefined,
      also: algorithmOf(upload),
      secret: key?.bytes,
    });
    const part = await keepPart(ctx, input, received, key);
    return {
      ...encryptionMembers(bucket, upload, key),
      CopySourceVersionId: responseVersionId(source.bucket, source.version),
      CopyPartResult: {
        ETag: quoted(part.etag),
        LastModified: new Date(part.modified),
        ...checksumOf(upload, part),
      },
    };
  },

  async ListParts(ctx, input) {
    const limit = entriesOf(requestedEntries(input.MaxParts, "max-parts"));
    const marker = input.PartNumberMarker ?? 0;
    const key = customerKeyOf(input);
    requestedEntries(marker, "part-number-marker");
    return ctx.read(async (tx) => {
      const { bucket, upload } = await uploadAt(tx, input);
      if (key) checkUploadKey(upload, key);
      const partsAfter = (number: number, count: number) =>
        tx.list(parts, { in: [upload.bucket, upload.order], after: [number], limit: count });
      const page = limit === 0 ? [] : await partsAfter(marker, limit);
      const last = page.at(-1);
      const truncated =
        last !== undefined && page.length === limit && (await partsAfter(last.number, 1)).length > 0;
      return {
        Bucket: input.Bucket,
        Key: input.Key,
        UploadId: input.UploadId,
        PartNumberMarker: marker,
        NextPartNumberMarker: last?.number ?? 0,
        MaxParts: limit,
        IsTruncated: truncated,
        Parts: page.map((part) => ({
          PartNumber: part.number,
          LastModified: new Date(part.modified),
          ETag: quoted(part.etag),
          Size: part.body.size,
          ...checksumOf(upload, part),
        })),
        ...(await abortMembers(tx, bucket, upload)),
        Initiator: initiatorOf(upload),
        Owner: ownerOf(upload.owner),
        StorageClass: (upload.storageClass ?? "STANDARD") as "STANDARD",
        ChecksumAlgorithm: upload.checksumAlgorithm,
        ChecksumType: upload.checksumType,
      };
    });
  },
} satisfies Handlers<"s3">;

/**
 * Returns the checksum of a part. One that was not declared is computed for the
 * object, but not returned for parts.
 */
const checksumOf = ({ checksumAlgorithm }: Upload, { checksum }: Part) =>
  checksumAlgorithm && { [`Checksum${checksumAlgorithm}`]: checksum };

/**
 * Stores a part, replacing one with the same number. The upload may have ended while the part was received.
 */
function keepPart(
  ctx: Context,
  input: Input<"s3", "UploadPartCopy" | "UploadPart">,
  received: Received,
  key: CustomerKey | undefined,
) {
  return keepOrDrop(ctx, received.staged, async (tx) => {
    const { upload } = await uploadAt(tx, input);
    const former = await tx.get(parts, [upload.bucket, upload.order, input.PartNumber]);
    if (former) bodies.discard(tx, former.body);
    const part: Part = {
      bucket: upload.bucket,
      upload: upload.order,
      number: input.PartNumber,
      modified: wholeSeconds(tx.now()),
      etag: etagFor({ ...upload, key }, received.md5, tx.random),
      body: await bodies.keep(tx, received.staged),
      checksum: received.also?.value,
    };
    tx.put(parts, part);
    return part;
  });
}

/** Opens the source of a part. The reader keeps its bytes from then on, even if the object is deleted. */
function openSource(ctx: Context, input: Input<"s3", "UploadPartCopy">, key: CustomerKey | undefined) {
  const from = copySourceOf(input.CopySource);
  return ctx.read(async (tx) => {
    const { bucket, upload } = await uploadAt(tx, input);
    checkUploadKey(upload, key);
    checkDecryption(ctx, upload);
    const source = await sourceOf(ctx, tx, from, input);
    const { version, key: sourceKey } = source;
    const span = copySpan(input.CopySourceRange, version.size);
    const size = span.end - span.start;
    if (size > MAX_PUT_BYTES) throw copySourceTooLarge(MAX_PUT_BYTES);
    const bytes = await openBytes(
      { ctx, tx, secret: sourceKey?.bytes },
      version,
      await manifestOf(tx, version, span),
      span,
    );
    return { bucket, upload, source, bytes, size };
  });
}

/**
 * Parses the range of a copy. Unlike the range of a GET, it must have both ends and lie within the source.
 */
function copySpan(range: string | undefined, size: number): Span {
  if (range === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
  if (first === undefined || last === undefined) throw malformedCopyRange(range);
  if (Number(first) > Number(last) || Number(last) >= size) throw copyRangeBeyond(range, size);
  return { start: Number(first), end: Number(last) + 1 };
}
