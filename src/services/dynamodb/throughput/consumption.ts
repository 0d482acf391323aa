import type { Context } from "#kernel/context.ts";
import { memory } from "#kernel/memory.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import type { Drain, Way } from "./meter.ts";

const MINUTE = 60_000;
const RETRY_MS = 1_000;

interface Sum {
  metric: string;
  dimensions: Record<string, string>;
  units: number;
}

/** What provisioned tables and their indexes used since the minute began. */
const consumption = memory<{ sums: Map<string, Sum>; isTimed: boolean }>("dynamodb/consumption", () => ({
  sums: new Map(),
  isTimed: false,
}));

/**
 * Adds up what calls use, and tells it at the end of the minute.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
 */
export function tell(ctx: Context, tx: ReadTransaction, way: Way, drains: readonly Drain[]): void {
  const held = tx.memory(consumption);
  for (const { table, index, units } of drains) {
    if (table.billing !== "PROVISIONED") continue;
    const key = `${way} ${(index ?? table).number}`;
    const sum = held.sums.get(key);
    if (sum) sum.units += units;
    else
      held.sums.set(key, {
        metric: way === "read" ? "ConsumedReadCapacityUnits" : "ConsumedWriteCapacityUnits",
        dimensions: { TableName: table.name, ...(index && { GlobalSecondaryIndexName: index.name }) },
        units,
      });
  }
  if (held.isTimed || held.sums.size === 0) return;
  held.isTimed = true;
  ctx.at((Math.floor(tx.now() / MINUTE) + 1) * MINUTE - 1, () => flush(ctx));
}

/** In the context of a call that may still be at work, and then tries again. */
async function flush(ctx: Context): Promise<void> {
  try {
    await ctx.transact((tx) => {
      const held = tx.memory(consumption);
      for (const { metric, units, dimensions } of held.sums.values()) tx.metric(metric, units, dimensions);
      tx.afterwards(() => {
        held.sums.clear();
        held.isTimed = false;
      });
    });
    // Only then is it on its way.
    await ctx.durable();
  } catch {
    ctx.at(ctx.clock.now() + RETRY_MS, () => flush(ctx));
  }
}
