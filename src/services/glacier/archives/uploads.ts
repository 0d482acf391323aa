import { keepOrDrop } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import { page } from "#kernel/records/pages.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { bodyOf } from "#lib/body.ts";
import {
  archiveSizeMismatch,
  checksumMismatch,
  invalidArchiveSize,
  invalidContentRange,
  invalidMarker,
  invalidPartSize,
  missingParameter,
  missingRange,
  rangeAgainstLength,
  rangeAgainstPartSize,
  uploadNotFound,
} from "../errors.ts";
import { newId } from "../ids.ts";
import {
  isoDate,
  type Piece,
  pieces,
  type Span,
  type Upload,
  uploadAt,
  uploads,
  type Vault,
  vaultArn,
  vaultAt,
} from "../store.ts";
import { limitOf } from "../vaults/vaults.ts";
import { descriptionIn, locationOf, putArchive } from "./archives.ts";
import { expectedTreeHash, MAX_PIECES, piecesOf, putPiece, receive, reclaim, rootOf } from "./pieces.ts";
import { MIB } from "./tree-hash.ts";

/** The time without requests after which an upload expires. */
const EXPIRY_MS = 24 * 3_600_000;
const MAX_PART_BYTES = 4_096 * MIB;
const MAX_LISTED = 50;

export const uploadHandlers = {
  async InitiateMultipartUpload(ctx, { vaultName, archiveDescription, partSize }) {
    const description = descriptionIn(archiveDescription);
    const size = partSizeIn(partSize);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const upload = {
        vault: vault.id,
        order: tx.sequence(),
        uploadId: newId(tx.random, "upload"),
        partSize: size,
        created: tx.now(),
        active: tx.now(),
        ...description,
      };
      tx.put(uploads, upload);
      tx.enqueue(expireUpload, { vault: vault.id, upload: upload.order }, { delay: EXPIRY_MS });
      const { uploadId } = upload;
      return { location: `/${ctx.account}/vaults/${vaultName}/multipart-uploads/${uploadId}`, uploadId };
    });
  },

  async UploadMultipartPart(ctx, { vaultName, uploadId, checksum, range, body = bodyOf("") }) {
    const expected = expectedTreeHash(checksum);
    const span = contentRangeIn(range);
    const { upload } = await ctx.read((tx) => openUploadAt(ctx, tx, vaultName, uploadId));
    const size = span.end - span.start;
    if (size > upload.partSize || span.start % upload.partSize !== 0) {
      throw rangeAgainstPartSize(range!, upload.partSize);
    }
    if (span.start / upload.partSize >= MAX_PIECES) throw invalidContentRange(range!);
    if (body.size !== undefined && body.size !== size) throw rangeAgainstLength(range!, body.size);
    const received = await receive(ctx, body, expected, size);
    return keepOrDrop(ctx, received.staged, async (tx) => {
      if (received.staged.size !== size) throw rangeAgainstLength(range!, received.staged.size);
      const current = await openUploadAt(ctx, tx, vaultName, uploadId);
      const { treeHash } = await putPiece(tx, upload.order, span.start, received);
      tx.put(uploads, { ...current.upload, active: tx.now() });
      return { checksum: treeHash };
    });
  },

  /** A repeated request gets the same response. */
  async CompleteMultipartUpload(ctx, { vaultName, uploadId, checksum, archiveSize }) {
    const expected = expectedTreeHash(checksum);
    const size = archiveSizeIn(archiveSize);
    return ctx.transact(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const upload = await uploadAt(tx, vault, uploadId);
      if (upload.aborted) throw uploadNotFound(uploadId);
      const archive = upload.archive;
      const { treeHash } = archive ?? assembled(upload, await piecesOf(tx, upload.order), size);
      if (archive && archive.size !== size) throw archiveSizeMismatch(size, archive.size);
      if (treeHash !== expected.toLowerCase()) throw checksumMismatch(expected, treeHash);
      let archiveId = archive?.archiveId;
      if (archiveId === undefined) {
        const description = descriptionIn(upload.description);
        ({ archiveId } = putArchive(tx, vault, { pieces: upload.order, size, treeHash, ...description }));
        tx.put(uploads, { ...upload, active: tx.now(), archive: { archiveId, treeHash, size } });
      }
      return { location: locationOf(ctx, vaultName, archiveId), checksum: treeHash, archiveId };
    });
  },

  /** A repeated request gets the same response until the upload expires. */
  async AbortMultipartUpload(ctx, { vaultName, uploadId }) {
    return ctx.transact(async (tx) => {
      const upload = await uploadAt(tx, await vaultAt(ctx, tx, vaultName), uploadId);
      if (upload.archive) throw uploadNotFound(uploadId);
      if (upload.aborted) return {};
      tx.put(uploads, { ...upload, active: tx.now(), aborted: true });
      tx.enqueue(reclaim, { set: upload.order });
      return {};
    });
  },

  async ListMultipartUploads(ctx, { vaultName, limit, marker }) {
    const vault = await ctx.read((tx) => vaultAt(ctx, tx, vaultName));
    const { records, token } = await page(ctx, {
      listing: ["glacier:ListMultipartUploads", `${vault.id}`],
      token: marker || undefined,
      limit: limitOf(limit, MAX_LISTED),
      list: (range) => ctx.read((tx) => tx.listBy(uploads, "open", { in: [vault.id], ...range })),
      position: ({ order }) => [order],
      invalidToken: () => invalidMarker(marker!),
    });
    return { UploadsList: records.map((upload) => described(ctx, vault, upload)), Marker: token };
  },

  async ListParts(ctx, { vaultName, uploadId, limit, marker }) {
    const { vault, upload } = await ctx.read((tx) => openUploadAt(ctx, tx, vaultName, uploadId));
    const { records, token } = await page(ctx, {
      listing: ["glacier:ListParts", uploadId],
      token: marker || undefined,
      limit: limitOf(limit, MAX_LISTED),
      list: (range) => ctx.read((tx) => tx.list(pieces, { in: [upload.order], ...range })),
      position: ({ offset }) => [offset],
      invalidToken: () => invalidMarker(marker!),
    });
    return {
      ...described(ctx, vault, upload),
      Parts: records.map(({ offset, size, treeHash }) => ({
        RangeInBytes: `${offset}-${offset + size - 1}`,
        SHA256TreeHash: treeHash,
      })),
      Marker: token,
    };
  },
} satisfies Handlers<"glacier">;

/**
 * Returns an upload that is neither completed nor aborted. A completed upload can only be completed again,
 * and an aborted one only aborted again.
 */
async function openUploadAt(
  ctx: Context,
  tx: ReadTransaction,
  vaultName: string,
  uploadId: string,
): Promise<{ vault: Vault; upload: Upload }> {
  const vault = await vaultAt(ctx, tx, vaultName);
  const upload = await uploadAt(tx, vault, uploadId);
  if (upload.archive || upload.aborted) throw uploadNotFound(uploadId);
  return { vault, upload };
}

/**
 * Returns the tree hash of the assembled parts. Every part but the last must
 * be full, and none may be missing.
 */
function assembled({ partSize }: Upload, parts: readonly Piece[], size: number): { treeHash: string } {
  let end = 0;
  for (const part of parts) {
    // A part that is too short leaves a gap as well.
    if (part.offset !== end) throw missingRange(end, part.offset);
    end += part.size;
  }
  if (parts.length === 0) throw missingRange(0, partSize);
  if (end !== size) throw archiveSizeMismatch(size, end);
  return { treeHash: rootOf(parts) };
}

function partSizeIn(text: string | undefined): number {
  const size = /^\d{1,12}$/.test(text ?? "") ? Number(text) : 0;
  if (size < MIB || size > MAX_PART_BYTES || !Number.isInteger(Math.log2(size))) {
    throw invalidPartSize(text ?? "null");
  }
  return size;
}

/** Parses a range such as `bytes 0-4194303/*`. */
function contentRangeIn(range: string | undefined): Span {
  if (range === undefined) throw missingParameter("Content-Range");
  const [, first, last] = /^bytes (\d{1,15})-(\d{1,15})\/(?:\*|\d+)$/.exec(range) ?? [];
  if (first === undefined || Number(last) < Number(first)) throw invalidContentRange(range);
  return { start: Number(first), end: Number(last) + 1 };
}

function archiveSizeIn(text: string | undefined): number {
  if (text === undefined) throw missingParameter("Archive size");
  if (!/^\d{1,15}$/.test(text)) throw invalidArchiveSize(text);
  return Number(text);
}

function described(ctx: Context, vault: Vault, upload: Upload) {
  return {
    MultipartUploadId: upload.uploadId,
    VaultARN: vaultArn(ctx, vault.name),
    ArchiveDescription: upload.description,
    PartSizeInBytes: upload.partSize,
    CreationDate: isoDate(upload.created),
  };
}

export const expireUpload: Job<{ vault: number; upload: number }> = job("glacier/expire-upload", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault, upload: order }) {
    return ctx.transact(async (tx) => {
      const upload = await tx.get(uploads, [vault, order]);
      if (!upload) return undefined;
      const wait = upload.active + EXPIRY_MS - tx.now();
      if (wait > 0) return { again: wait };
      tx.delete(uploads, [vault, order]);
      if (!upload.archive && !upload.aborted) tx.enqueue(reclaim, { set: order });
      return undefined;
    });
  },
});
