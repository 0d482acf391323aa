import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/records/memory.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Drain, Way } from "./meter.ts";

const MINUTE = 60_000;
/** How late a sum may be reported, before the next call schedules its report again. */
const OVERDUE_MS = 5_000;

interface Sum {
  metric: string;
  dimensions: Record<string, string>;
  units: number;
}

/** The units that provisioned tables and their indexes consumed in a minute, and when they are to be reported. */
const consumption = memory<{ sums: Map<string, Sum>; due: number }>("dynamodb/consumption", () => ({
  sums: new Map(),
  due: 0,
}));

/**
 * Sums consumed units and reports them to CloudWatch at the end of the minute.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
export function report(ctx: Context, tx: ReadTransaction, way: Way, drains: readonly Drain[]): void {
  const consumed = tx.memory(consumption);
  for (const { table, index, units } of drains) {
    if (table.billing !== "PROVISIONED") continue;
    const key = `${way} ${(index ?? table).number}`;
    const sum = consumed.sums.get(key);
    if (sum) sum.units += units;
    else
      consumed.sums.set(key, {
        metric: way === "read" ? "ConsumedReadCapacityUnits" : "ConsumedWriteCapacityUnits",
        dimensions: { TableName: table.name, ...(index && { GlobalSecondaryIndexName: index.name }) },
        units,
      });
  }
  const now = tx.now();
  if (consumed.sums.size === 0 || now < consumed.due + OVERDUE_MS) return;
  consumed.due = (Math.floor(now / MINUTE) + 1) * MINUTE - 1;
  // The flush fails if this call is still running then. A later call schedules the report again.
  ctx.at(consumed.due, () => flush(ctx).catch(() => undefined));
}

async function flush(ctx: Context): Promise<void> {
  await ctx.transact((tx) => {
    const consumed = tx.memory(consumption);
    for (const { metric, units, dimensions } of consumed.sums.values()) tx.metric(metric, units, dimensions);
    tx.afterwards(() => {
      consumed.sums.clear();
      consumed.due = 0;
    });
  });
  // The metrics are only sent once the transaction is durable.
  await ctx.durable();
}
