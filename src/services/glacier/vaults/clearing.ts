import { type Job, job } from "#kernel/work/jobs.ts";
import { deleteJob, reclaim } from "../archives/pieces.ts";
import { archives, jobs, uploads } from "../store.ts";

const PAGE = 200;

/**
 * Deletes the data of a deleted vault. The vault's number is never reused, so no call
 * can reach the data in the meantime.
 */
export const clearVault: Job<{ vault: number }> = job("glacier/clear-vault", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault }) {
    const more = await ctx.transact(async (tx) => {
      const range = { in: [vault], limit: PAGE };
      const deleted = await tx.list(archives, range);
      for (const archive of deleted) tx.delete(archives, [vault, archive.order]);
      const started = await tx.list(uploads, range);
      for (const upload of started) {
        tx.delete(uploads, [vault, upload.order]);
        if (!upload.archive && !upload.aborted) tx.enqueue(reclaim, { set: upload.order });
      }
      const retrievals = await tx.list(jobs, range);
      for (const retrieval of retrievals) await deleteJob(tx, retrieval);
      return [deleted, started, retrievals].some((page) => page.length === PAGE);
    });
    return more ? { again: 0 } : undefined;
  },
});
