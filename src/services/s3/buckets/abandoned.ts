import { type Job, job } from "#kernel/work/jobs.ts";
import { bodies, parts, uploads } from "../store.ts";

const PAGE = 500;

/**
 * Deletes the open uploads of a deleted bucket, which do not prevent its deletion. The bucket's number is
 * never reused, so no call can reach the uploads in the meantime.
 */
export const abandonUploads: Job<{ bucket: number }> = job("s3/abandon-uploads", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { bucket }) {
    const more = await ctx.transact(async (tx) => {
      const sent = await tx.list(parts, { in: [bucket], limit: PAGE });
      const open = await tx.list(uploads, { in: [bucket], limit: PAGE });
      for (const part of sent) {
        bodies.discard(tx, part.body);
        tx.delete(parts, [bucket, part.upload, part.number]);
      }
      for (const upload of open) tx.delete(uploads, [bucket, upload.key, upload.order]);
      return sent.length === PAGE || open.length === PAGE;
    });
    return more ? { again: 0 } : undefined;
  },
});
