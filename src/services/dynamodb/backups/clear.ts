import { job } from "#kernel/work/jobs.ts";
import { backupRows } from "../store.ts";

/** Rows per page; each may be large. */
const PAGE = 100;

/** Deletes the rows of a deleted backup or a completed export. */
export const clearBackup = job<{ number: number }>("dynamodb/clear-backup", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { number }) {
    const isMore = await ctx.transact(async (tx) => {
      const rows = await tx.listBytes(backupRows, { in: [number], limit: PAGE });
      for (const row of rows) tx.deleteRow(row);
      return rows.length === PAGE;
    });
    return isMore ? { again: 0 } : undefined;
  },
});
