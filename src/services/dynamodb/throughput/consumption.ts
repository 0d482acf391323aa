import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Drain, Way } from "./meter.ts";

const MINUTE = 60_000;
/** After so long a sum that was not told is left to the next call. */
const OVERDUE_MS = 5_000;

interface Sum {
  metric: string;
  dimensions: Record<string, string>;
  units: number;
}

/** What provisioned tables and their indexes used in a minute, and when it is to be told. */
const consumption = memory<{ sums: Map<string, Sum>; due: number }>("dynamodb/consumption", () => ({
  sums: new Map(),
  due: 0,
}));

/**
 * Adds up what calls use, and tells it at the end of the minute.
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
  // The call may still be at work then; in that case the next one tells it.
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
  // Only then is it on its way.
  await ctx.durable();
}
