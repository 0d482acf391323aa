import type { BlobRef } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Body } from "#lib/body.ts";
import { type Bytes, joined } from "#lib/joined.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { bodies, type Manifest, manifests, type ObjectVersion } from "../store.ts";
import type { Span } from "./ranges.ts";

/**
 * Returns the parts of an object from a multipart upload: all of them, or those that overlap a span of bytes.
 */
export function manifestOf(
  tx: ReadTransaction,
  version: ObjectVersion,
  span: Span = { start: 0, end: version.size },
): MaybePromise<Manifest | undefined> {
  return version.partCount === undefined ? undefined : manifestAround(tx, version, span);
}

async function manifestAround(
  tx: ReadTransaction,
  { bucket, order }: ObjectVersion,
  { start, end }: Span,
): Promise<Manifest> {
  const within = { in: [bucket, order] };
  const [first] = await tx.list(manifests, { ...within, before: [start + 1], reverse: true, limit: 1 });
  if (!first) throw new Error(`the manifest of version ${order} in bucket ${bucket} is missing`);
  const { offset, parts } = first;
  const others = await tx.list(manifests, { ...within, after: [offset], before: [end], limit: 1_000 });
  return { bucket, order, offset, parts: [...parts, ...others.flatMap((row) => row.parts)] };
}

export interface Opening {
  ctx: Context;
  tx: ReadTransaction;
  /**
   * Whether chunks may be views of reused memory, for bytes that are sent at once and
   * not retained; see `storage/blobs`.
   */
  lend?: boolean;
  /** The customer-provided key with which the bytes are encrypted. */
  secret?: Uint8Array | undefined;
}

/**
 * Opens a version's bytes in the transaction that found it, so that no deletion comes between. The reader
 * keeps its file from being deleted, and opens the file on the first read.
 */
export function openBytes(
  opening: Opening,
  version: ObjectVersion,
  manifest: Manifest | undefined,
  span: Span,
): MaybePromise<Bytes> {
  return version.body
    ? openBody(opening, version.body, span.start, span.end)
    : openParts(opening, manifest, span);
}

async function openParts(
  opening: Opening,
  manifest: Manifest | undefined,
  { start, end }: Span,
): Promise<Bytes> {
  const pieces: Bytes[] = [];
  let at = manifest?.offset ?? 0;
  for (const { body } of manifest?.parts ?? []) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, body.size);
    if (from < to) pieces.push(await openBody(opening, body, from, to));
    at += body.size;
  }
  return pieces.length === 1 ? pieces[0]! : joined(pieces);
}

export function openBody(
  { ctx, tx, lend, secret }: Opening,
  ref: BlobRef,
  start: number,
  end: number,
): MaybePromise<Bytes> {
  if (ref.file !== undefined) return ctx.blobs.read(ref, start, end, { lend, secret });
  return whenReady(bodies.inline(tx, ref, { secret }), (inline) => {
    const bytes = inline!;
    return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
  });
}

/** Wraps stored bytes as a request body, which a copy receives. */
export function bodyOfBytes(bytes: Bytes, size: number): Body {
  return {
    size,
    announced: [],
    trailers: {},
    async bytes() {
      if (bytes instanceof Uint8Array) return bytes;
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(chunk);
      return Buffer.concat(chunks);
    },
    async *[Symbol.asyncIterator]() {
      if (bytes instanceof Uint8Array) yield bytes;
      else yield* bytes;
    },
  };
}
