import { collection } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { entryOf } from "../items/capacity.ts";
import { isIndexed } from "../items/keys.ts";
import { placeOf, rowAt } from "../items/place.ts";
import { itemRows, type Table, tables } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { readAtOnce, type StoredItem, storedItemIn } from "../values/stored.ts";

/** Rows per page; each may be large. */
const PAGE = 100;
/** The interval of counts, about that of AWS. Descriptions show the size of the last count. */
const COUNT_MS = 6 * 3_600_000;

interface Count {
  items: number;
  bytes: number;
}

export interface Size extends Count {
  /** The sizes of indexes, by their numbers. */
  indexes?: Record<number, Count>;
}

interface Tally extends Size {
  /** A table's number. */
  number: number;
  /** When it was counted, in cloud time. */
  at?: number;
}

/** The last count of each table. */
export const tallies = collection<Tally>("dynamodb/tally", { scope: "region", key: (t) => [t.number] });

/** Counts a table page by page, so that writes need not maintain a sum. */
export const tally = job<{ table: string; number: number; behind?: string; sum?: Size }>("dynamodb/tally", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number, behind, sum = { items: 0, bytes: 0 } }) {
    const again = await ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      if (table?.number !== number) {
        tx.delete(tallies, [number]);
        return undefined;
      }
      if (behind === undefined) {
        // Starting the cloud runs overdue jobs at once, which must not count every large table again.
        const { at = table.created } = (await tx.get(tallies, [number])) ?? {};
        if (tx.now() < at + COUNT_MS) return at + COUNT_MS - tx.now();
      }
      const page = await tx.listBytes(itemRows, {
        in: [number],
        ...(behind !== undefined && { behind: rowAt(behind) }),
        limit: PAGE,
      });
      const rows = readAtOnce(page);
      const total = structuredClone(sum);
      for (const row of rows) count(total, table, storedItemIn(row));
      if (rows.length < page.length || rows.length === PAGE) {
        tx.enqueue(tally, { table: name, number, behind: placeOf(rows.at(-1)!), sum: total });
      } else tx.put(tallies, { number, ...total, at: tx.now() });
      return behind === undefined ? COUNT_MS : undefined;
    });
    return again === undefined ? undefined : { again, idle: true };
  },
});

/** Adds an item and its index entries to a count, or subtracts them. */
export function count(
  sum: Size,
  table: Table,
  { item, size }: Pick<StoredItem, "item" | "size">,
  times: 1 | -1 = 1,
): void {
  add(sum, size, times);
  for (const index of table.indexes) {
    if (!isIndexed(table, index, item)) continue;
    const entry = entryOf(table, index, item)!;
    sum.indexes ??= {};
    sum.indexes[index.number] ??= { items: 0, bytes: 0 };
    add(sum.indexes[index.number]!, entry === item ? size : sizeOfItem(entry), times);
  }
}

function add(sum: Count, bytes: number, times: 1 | -1): void {
  sum.items += times;
  sum.bytes += times * bytes;
}

/** Schedules the counts of a new table, the first in six hours. */
export function startCounting(tx: Transaction, { name, number }: Table): void {
  tx.enqueue(tally, { table: name, number }, { delay: COUNT_MS });
}
