import { job } from "#kernel/jobs.ts";
import { changeExpiry } from "../items/expiry.ts";
import { rowKey } from "../items/keys.ts";
import { changeIndex } from "../items/rows.ts";
import { itemRows, tables } from "../store.ts";
import { itemStored } from "../values/stored.ts";
import type { Item } from "../values/value.ts";

const PAGE = 200;

/**
 * Brings what a table had before into an index, or among what expires. Meanwhile writes keep it up to date, and what is
 * brought twice stands once.
 */
export const fill = job<{ table: string; number: number; what: "expiry" | { index: number }; after?: Item }>(
  "dynamodb/fill",
  {
    attempts: Number.POSITIVE_INFINITY,
    async run(ctx, { table: name, number, what, after }) {
      await ctx.transact(async (tx) => {
        const table = await tx.get(tables, [name]);
        if (table?.number !== number) return;
        const index = what === "expiry" ? undefined : table.indexes.find((one) => one.number === what.index);
        if (what !== "expiry" && !index) return;
        const behind = after && { after: rowKey(number, table.key, after).slice(1) };
        const rows = await tx.listBytes(itemRows, { in: [number], ...behind, limit: PAGE });
        let last: Item | undefined;
        for (const { value } of rows) {
          last = itemStored(value);
          if (index) changeIndex(tx, table, index, undefined, last);
          else changeExpiry(tx, table, undefined, last);
        }
        if (rows.length === PAGE) {
          const key = Object.fromEntries(
            [table.key.partition, table.key.sort].flatMap((one) => (one ? [[one, last![one]!]] : [])),
          );
          tx.enqueue(fill, { table: name, number, what, after: key });
        } else if (index) {
          const { filling: _, ...filled } = index;
          tx.put(tables, {
            ...table,
            indexes: table.indexes.map((one) => (one.number === index.number ? filled : one)),
          });
        }
      });
    },
  },
);
