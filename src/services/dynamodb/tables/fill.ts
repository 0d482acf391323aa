import { job } from "#kernel/work/jobs.ts";
import { changeExpiry } from "../items/expiry.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { changeIndex } from "../items/write.ts";
import { itemRows, tables } from "../store.ts";
import { decodeItem, readAtOnce } from "../values/stored.ts";

const PAGE = 200;

/**
 * Adds a table's existing items to a new index or to the expiry entries. Concurrent writes maintain their entries
 * themselves; adding an entry twice has no effect.
 */
export const fill = job<{
  table: string;
  number: number;
  what: "expiry" | { index: number };
  behind?: string;
}>("dynamodb/fill", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number, what, behind }) {
    await ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      if (table?.number !== number) return;
      const index = what === "expiry" ? undefined : table.indexes.find((one) => one.number === what.index);
      if (what !== "expiry" && !index) return;
      const page = await tx.listBytes(itemRows, {
        in: [number],
        ...(behind !== undefined && { behind: rowAt(behind) }),
        limit: PAGE,
      });
      const rows = readAtOnce(page);
      for (const { value } of rows) {
        const item = decodeItem(value);
        if (index) changeIndex(tx, table, index, undefined, item);
        else changeExpiry(tx, table, undefined, item);
      }
      if (rows.length < page.length || rows.length === PAGE) {
        tx.enqueue(fill, { table: name, number, what, behind: placeOf(rows.at(-1)!) });
      } else if (index) {
        const { filling: _, ...filled } = index;
        tx.put(tables, {
          ...table,
          indexes: table.indexes.map((one) => (one.number === index.number ? filled : one)),
        });
      }
    });
  },
});
