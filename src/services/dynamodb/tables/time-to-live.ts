import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import { hasTimeToLive, inUse } from "../replicas/errors.ts";
import { settled } from "../replicas/settings.ts";
import { tables } from "../store.ts";
import { startExpiring } from "./expire.ts";
import { fill } from "./fill.ts";
import { namedTable } from "./named.ts";

/** The minimum interval between changes, as measured. AWS's guide says up to an hour. */
const SETTLED_MS = 31 * 60_000;

export const timeToLiveOperations = {
  async UpdateTimeToLive(ctx, { TableName, TimeToLiveSpecification: { Enabled, AttributeName } }) {
    return ctx.transact(async (tx) => {
      const table = await namedTable(tx, TableName);
      if (table.restoring) throw inUse();
      if (Enabled && table.group?.strong) throw hasTimeToLive();
      if (table.ttl && table.ttl.attribute !== AttributeName)
        throw invalid(
          `TimeToLive is active on a different AttributeName: current AttributeName is ${table.ttl.attribute}`,
        );
      if (Enabled && table.ttl) throw invalid("TimeToLive is already enabled");
      if (!Enabled && !table.ttl) throw invalid("TimeToLive is already disabled");
      if (table.ttlChanged !== undefined && tx.now() < table.ttlChanged + SETTLED_MS)
        throw invalid("Time to live has been modified multiple times within a fixed interval");
      const ttl = Enabled ? { attribute: AttributeName, region: ctx.region } : undefined;
      tx.put(tables, settled(tx, { ...table, ttl, ttlChanged: tx.now() }));
      if (Enabled) {
        tx.enqueue(fill, { table: table.name, number: table.number, what: "expiry" });
        startExpiring(tx, table);
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
