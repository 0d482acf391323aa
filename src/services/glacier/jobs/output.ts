import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Bytes } from "#lib/joined.ts";
import { openBody, openSpan, treeHashOf } from "../archives/pieces.ts";
import { isTreeHashAligned } from "../archives/tree-hash.ts";
import { invalidRange, jobNotReady } from "../errors.ts";
import { type ArchiveJob, type InventoryJob, jobAt, type Span, vaultAt } from "../store.ts";

interface Opening {
  ctx: Context;
  tx: ReadTransaction;
}

export const outputHandlers = {
  async GetJobOutput(ctx, { vaultName, jobId, range }) {
    return ctx.read(async (tx) => {
      const vault = await vaultAt(ctx, tx, vaultName);
      const job = await jobAt(tx, vault, jobId);
      if (job.status !== "Succeeded") throw jobNotReady(jobId);
      const size = job.action === "ArchiveRetrieval" ? job.span.end - job.span.start : job.output!.size;
      const span = spanOf(range, size);
      const content =
        job.action === "ArchiveRetrieval"
          ? await archiveOutput({ ctx, tx }, job, span)
          : await inventoryOutput({ ctx, tx }, job, span);
      const whole = range === undefined;
      return {
        ...content,
        body: sized(content.body, span.end - span.start),
        status: whole ? 200 : 206,
        acceptRanges: "bytes",
        contentRange: whole ? undefined : `bytes ${span.start}-${span.end - 1}/${size}`,
      };
    });
  },
} satisfies Handlers<"glacier">;

/** Parses a range such as `bytes=0-1048575`, which refers to the bytes that the job has retrieved. */
function spanOf(range: string | undefined, size: number): Span {
  if (range === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{0,15})$/.exec(range) ?? [];
  if (first === undefined) throw invalidRange(range);
  const span = { start: Number(first), end: last === "" ? size : Math.min(Number(last) + 1, size) };
  if (span.start >= span.end) throw invalidRange(range);
  return span;
}

/**
 * Returns the output of an archive retrieval. It has a tree hash only if both the retrieved range and the
 * downloaded range are tree-hash aligned.
 */
async function archiveOutput(
  { ctx, tx }: Opening,
  { archive, span: retrieved, treeHash }: ArchiveJob,
  span: Span,
) {
  const within = { start: retrieved.start + span.start, end: retrieved.start + span.end };
  const aligned = treeHash !== undefined && isTreeHashAligned(span, retrieved.end - retrieved.start);
  return {
    body: await openSpan({ ctx, tx }, archive.pieces, within),
    checksum: aligned ? await treeHashOf(tx, archive, within) : undefined,
    contentType: "application/octet-stream",
    archiveDescription: archive.description,
  };
}

async function inventoryOutput({ ctx, tx }: Opening, { format, output }: InventoryJob, span: Span) {
  return {
    body: await openBody({ ctx, tx }, output!, span),
    contentType: format === "JSON" ? "application/json" : "text/csv",
  };
}

/** Adds the size to a stream. */
function sized(body: Bytes, size: number): Bytes {
  if (body instanceof Uint8Array) return body;
  return Object.assign({ [Symbol.asyncIterator]: () => body[Symbol.asyncIterator]() }, { size });
}
