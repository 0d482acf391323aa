import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { expiryOf, isTooOld } from "../items/expiry.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import { takesMore } from "../items/write.ts";
import { expiryRows, type Table, tables } from "../store.ts";
import { decodeItem } from "../values/stored.ts";

const PAGE = 100;
/** The interval of searches for expired items. AWS only promises deletion within a few days. */
const SEARCH_MS = 600_000;

/** Deletes expired items on behalf of the service. */
export const expire = job<{ table: string; number: number }>("dynamodb/expire", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number }) {
    return ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      if (table?.number !== number || !table.ttl) return undefined;
      if (!expiresHere(table)) return { again: SEARCH_MS, idle: true };
      const now = tx.now();
      const due = await tx.listBytes(expiryRows, {
        in: [number],
        before: [Math.floor(now / 1_000)],
        limit: PAGE,
      });
      let seen = 0;
      for (const row of due) {
        if (!takesMore(tx)) break;
        seen++;
        tx.deleteRow(row);
        const item = await itemAt(tx, table, decodeItem(row.value));
        const second = item && expiryOf(table, item);
        if (!item || second === undefined || second * 1_000 >= now || isTooOld(second, now)) continue;
        await changeItem(tx, table, item, undefined, { by: "ttl" });
      }
      const isMore = due.length === PAGE || seen < due.length;
      return { again: isMore ? 0 : SEARCH_MS, idle: due.length === 0 };
    });
  },
});

/** A table has at most one such job, however often its time to live is switched. */
export const startExpiring = (tx: Transaction, { name, number }: Table): void =>
  tx.enqueue(expire, { table: name, number }, { lane: `expire/${number}` });

/**
 * Whether this Region deletes the expired items of a global table: one replica does so, namely the one on which time to
 * live was enabled as long as it exists.
 */
function expiresHere({ group, ttl }: Table): boolean {
  if (!group) return true;
  const regions = [group.region, ...group.replicas.map(({ region }) => region)].sort();
  return group.region === (regions.find((region) => region === ttl?.region) ?? regions[0]);
}
