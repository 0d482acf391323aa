import { job } from "#kernel/jobs.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import { expiryOf, isTooOld } from "../items/expiry.ts";
import { changeItem, itemAt } from "../items/rows.ts";
import { expiryRows, tables } from "../store.ts";
import { itemStored } from "../values/stored.ts";
import { fill } from "./fill.ts";
import { namedTable } from "./named.ts";

const PAGE = 100;
/** What has expired is looked for so often, at least; AWS promises a few days. */
const LOOK_MS = 600_000;

export const timeToLiveOperations = {
  async UpdateTimeToLive(ctx, { TableName, TimeToLiveSpecification: { Enabled, AttributeName } }) {
    return ctx.transact(async (tx) => {
      const table = await namedTable(tx, TableName);
      if (Enabled && table.ttl) {
        throw invalid(
          table.ttl.attribute === AttributeName
            ? "TimeToLive is already enabled"
            : `TimeToLive is active on a different AttributeName: current AttributeName is ${table.ttl.attribute}`,
        );
      }
      if (!Enabled && !table.ttl) throw invalid("TimeToLive is already disabled");
      tx.put(tables, { ...table, ttl: Enabled ? { attribute: AttributeName } : undefined });
      if (Enabled) {
        tx.enqueue(fill, { table: table.name, number: table.number, what: "expiry" });
        tx.enqueue(expire, { table: table.name, number: table.number });
      }
      return { TimeToLiveSpecification: { Enabled, AttributeName } };
    });
  },

  async DescribeTimeToLive(ctx, { TableName }) {
    const { ttl } = await ctx.read((tx) => namedTable(tx, TableName));
    return {
      TimeToLiveDescription: ttl
        ? { TimeToLiveStatus: "ENABLED" as const, AttributeName: ttl.attribute }
        : { TimeToLiveStatus: "DISABLED" as const },
    };
  },
} satisfies Handlers<"dynamodb">;

/** Deletes what has expired, as the service itself. */
export const expire = job<{ table: string; number: number }>("dynamodb/expire", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number }) {
    return ctx.transact(async (tx) => {
      const table = await tx.get(tables, [name]);
      if (table?.number !== number || !table.ttl) return undefined;
      const now = tx.now();
      const due = await tx.listBytes(expiryRows, {
        in: [number],
        before: [Math.floor(now / 1_000)],
        limit: PAGE,
      });
      for (const row of due) {
        tx.deleteRow(row);
        const item = await itemAt(tx, table, itemStored(row.value));
        const second = item && expiryOf(table, item);
        if (item && second !== undefined && second * 1_000 < now && !isTooOld(second, now))
          changeItem(tx, table, item, undefined, "ttl");
      }
      return { again: due.length === PAGE ? 0 : LOOK_MS, idle: due.length === 0 };
    });
  },
});
