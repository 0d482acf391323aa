import { job } from "#kernel/work/jobs.ts";
import { collectionRows, expiryRows, indexRows, itemRows, journalRows, versionRows } from "../store.ts";

/** Rows per page; each may be large. */
const PAGE = 100;
const KINDS = [itemRows, indexRows, collectionRows, expiryRows, versionRows, journalRows];

/** Deletes the rows of deleted tables, indexes and replicas, page by page. Their numbers are never reused. */
export const clear = job<{ rows: number[] }>("dynamodb/clear", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { rows }) {
    const more = await ctx.transact(async (tx) => {
      for (const kind of KINDS) {
        for (const number of rows) {
          const page = await tx.listBytes(kind, { in: [number], limit: PAGE });
          for (const row of page) tx.deleteRow(row);
          if (page.length === PAGE) return true;
        }
      }
      return false;
    });
    return more ? { again: 0 } : undefined;
  },
});
