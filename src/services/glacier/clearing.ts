import { type Job, job } from "#kernel/jobs.ts";
import { deleteJob, reclaim } from "./pieces.ts";
import { archives, jobs, uploads } from "./store.ts";

const PAGE = 200;

/** Deletes what a deleted vault leaves behind. Its number is never used again, so nobody can reach it meanwhile. */
export const clearVault: Job<{ vault: number }> = job("glacier/clear-vault", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { vault }) {
    const more = await ctx.transact(async (tx) => {
      const range = { in: [vault], limit: PAGE };
      const gone = await tx.list(archives, range);
      for (const archive of gone) tx.delete(archives, [vault, archive.order]);
      const begun = await tx.list(uploads, range);
      for (const upload of begun) {
        tx.delete(uploads, [vault, upload.order]);
        if (!upload.archive && !upload.aborted) tx.enqueue(reclaim, { set: upload.order });
      }
      const asked = await tx.list(jobs, range);
      for (const retrieval of asked) await deleteJob(tx, retrieval);
      return [gone, begun, asked].some((page) => page.length === PAGE);
    });
    return more ? { again: 0 } : undefined;
  },
});
