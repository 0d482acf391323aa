import type { BlobRef, StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type Job, job } from "#kernel/work/jobs.ts";
import { type Body, BodyTooLargeError } from "#lib/body.ts";
import { hashing } from "#lib/checksums/hashing.ts";
import { type Bytes, joined } from "#lib/joined.ts";
import { checksumMismatch, invalidContentLength, invalidTreeHash, missingParameter } from "../errors.ts";
import {
  type Archive,
  archives,
  bodies,
  jobs,
  leaves,
  type Piece,
  pieces,
  type RetrievalJob,
  type Span,
} from "../store.ts";
import { leavesWithin, MIB, treeHash } from "./tree-hash.ts";

/** The maximum size of the body of one request: 4 GiB. */
export const MAX_BYTES = 4 * 2 ** 30;

export interface Received {
  staged: StagedBlob;
  leaves: Uint8Array;
  treeHash: string;
}

/**
 * Stores a body and verifies it against the tree hash that the client sent.
 * @throws {AwsError} MissingParameterValueException, InvalidParameterValueException
 */
export async function receive(ctx: Context, body: Body, expected: string, limit: number): Promise<Received> {
  if (body.size !== undefined && (body.size === 0 || body.size > limit))
    throw invalidContentLength(body.size);
  const sums = hashing(["sha256-leaves"]);
  let staged: StagedBlob | undefined;
  try {
    staged = await ctx.blobs.receive(body, { limit, tap: (chunk) => sums.update(chunk) });
    if (staged.size === 0) throw invalidContentLength(0);
    const { "sha256-leaves": hashes } = await sums.digest();
    const computed = hex(treeHash(hashes));
    if (computed !== expected.toLowerCase()) throw checksumMismatch(expected, computed);
    return { staged, leaves: hashes, treeHash: computed };
  } catch (error) {
    if (staged) await ctx.blobs.drop(staged);
    throw error instanceof BodyTooLargeError ? invalidContentLength(limit + 1) : error;
  } finally {
    sums.abort();
  }
}

/** Validates the tree hash of a request, which is required. */
export function expectedTreeHash(checksum: string | undefined): string {
  if (checksum === undefined) throw missingParameter("SHA-256 tree hash");
  if (!/^[0-9a-f]{64}$/i.test(checksum)) throw invalidTreeHash(checksum);
  return checksum;
}

/** Stores a piece, replacing one at the same offset. */
export async function putPiece(
  tx: Transaction,
  set: number,
  offset: number,
  received: Received,
): Promise<Piece> {
  const former = await tx.get(pieces, [set, offset]);
  if (former) dropPiece(tx, former);
  const { staged, treeHash } = received;
  const piece = { set, offset, size: staged.size, treeHash, body: await bodies.keep(tx, staged) };
  tx.put(pieces, piece);
  if (piece.size > MIB) tx.putBytes(leaves, [set, offset], received.leaves);
  return piece;
}

function dropPiece(tx: Transaction, { set, offset, size, body }: Piece): void {
  bodies.discard(tx, body);
  if (size > MIB) tx.deleteBytes(leaves, [set, offset]);
  tx.delete(pieces, [set, offset]);
}

export const MAX_PIECES = 10_000;
const PAGE = 1_000;

/** Returns the pieces of a set in their order: all of them, or those that overlap a span. */
export async function piecesOf(tx: ReadTransaction, set: number, span?: Span): Promise<Piece[]> {
  const found: Piece[] = [];
  if (span) {
    found.push(...(await tx.list(pieces, { in: [set], before: [span.start + 1], reverse: true, limit: 1 })));
  }
  for (;;) {
    const last = found.at(-1);
    const page = await tx.list(pieces, {
      in: [set],
      ...(last && { after: [last.offset] }),
      ...(span && { before: [span.end] }),
      limit: PAGE,
    });
    found.push(...page);
    if (page.length < PAGE) return found;
  }
}

/** Opens a span of an archive's bytes. The reader keeps its files from being deleted from then on. */
export async function openSpan(
  { ctx, tx }: { ctx: Context; tx: ReadTransaction },
  set: number,
  span: Span,
): Promise<AsyncIterable<Uint8Array>> {
  const opened: Bytes[] = [];
  for (const { offset, size, body } of await piecesOf(tx, set, span)) {
    const within = { start: Math.max(span.start - offset, 0), end: Math.min(span.end - offset, size) };
    opened.push(await openBody({ ctx, tx }, body, within));
  }
  return joined(opened);
}

/** Opens a body. HTTP sends each chunk before it reads the next one, so chunks may share memory. */
export async function openBody(
  { ctx, tx }: { ctx: Context; tx: ReadTransaction },
  ref: BlobRef,
  { start, end }: Span,
): Promise<Bytes> {
  const inline = await bodies.inline(tx, ref);
  if (inline) return inline.subarray(start, end);
  return ctx.blobs.read(ref, start, end, { lend: ctx.request !== undefined });
}

/** Returns the hash of the node that a span represents in the archive's tree. */
export async function treeHashOf(
  tx: ReadTransaction,
  archive: Pick<Archive, "pieces" | "size" | "treeHash">,
  span: Span,
): Promise<string> {
  if (span.start === 0 && span.end === archive.size) return archive.treeHash;
  const touched = await piecesOf(tx, archive.pieces, span);
  const [first] = touched;
  if (touched.length > 1 || !first || first.size === span.end - span.start) return rootOf(touched);
  const all = (await tx.getBytes(leaves, [first.set, first.offset]))!;
  return hex(treeHash(leavesWithin(all, { start: span.start - first.offset, end: span.end - first.offset })));
}

/**
 * Returns the root of the tree over pieces. The roots of the pieces are nodes,
 * since their size is a power of two.
 */
export function rootOf(all: readonly Piece[]): string {
  return hex(treeHash(Buffer.from(all.map((piece) => piece.treeHash).join(""), "hex")));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/**
 * Deletes the bytes of a deleted archive, once no completed job offers them any longer,
 * or of an aborted or expired upload.
 */
export const reclaim: Job<{ set: number }> = job("glacier/reclaim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { set }) {
    const more = await ctx.transact(async (tx) => {
      if (await isOffered(tx, set)) return false;
      const found = await tx.list(pieces, { in: [set], limit: 500 });
      for (const piece of found) dropPiece(tx, piece);
      return found.length === 500;
    });
    return more ? { again: 0 } : undefined;
  },
});

async function isOffered(tx: ReadTransaction, set: number): Promise<boolean> {
  let last: number | undefined;
  for (;;) {
    const page = await tx.listBy(jobs, "pieces", {
      in: [set],
      ...(last !== undefined && { after: [last] }),
      limit: PAGE,
    });
    if (page.some(({ status }) => status === "Succeeded")) return true;
    if (page.length < PAGE) return false;
    last = page.at(-1)!.order;
  }
}

/**
 * Deletes an archive's bytes, if the archive is deleted and a job that has just
 * ended was the reason to keep them.
 */
async function release(
  tx: Transaction,
  vault: number,
  { order, pieces: set }: Pick<Archive, "order" | "pieces">,
): Promise<void> {
  const archive = await tx.get(archives, [vault, order]);
  if (!archive || archive.deleted !== undefined) tx.enqueue(reclaim, { set });
}

/** Deletes a job and its output, and the bytes of an archive that were kept for it. */
export async function deleteJob(tx: Transaction, retrieval: RetrievalJob): Promise<void> {
  const { vault, order } = retrieval;
  tx.delete(jobs, [vault, order]);
  if (retrieval.action === "ArchiveRetrieval") await release(tx, vault, retrieval.archive);
  else if (retrieval.output) bodies.discard(tx, retrieval.output);
}
