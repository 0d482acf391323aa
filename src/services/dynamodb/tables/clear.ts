import { job } from "#kernel/jobs.ts";
import { collectionRows, expiryRows, indexRows, itemRows, journalRows, versionRows } from "../store.ts";

/** Of rows that may be large. */
const PAGE = 100;
const KINDS = [itemRows, indexRows, collectionRows, expiryRows, versionRows, journalRows];

/** Rows of tables, indexes and replicas that are gone, a page at a time: their numbers are never used again. */
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
