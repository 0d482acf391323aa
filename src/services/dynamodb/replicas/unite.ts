import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Membership, type Overrides, tables } from "../store.ts";
import { deleteTable } from "../tables/delete.ts";
import { startCounting } from "../tables/tally.ts";
import { forgetGroup, type Replicated, replicaOf, settle, standalone, withStatuses } from "./group.ts";
import { makeReplica } from "./join.ts";
import { startSweeping } from "./journal.ts";
import { scaleLikeSource } from "./scaling.ts";

/**
 * Creates the replicas of a strongly consistent global table, in repeatable steps. Its items need not be copied: the table
 * was empty, and what was written since is delivered to the replicas.
 */
export const unite = job<{
  table: string;
  number: number;
  overrides: Record<string, Overrides | undefined>;
}>("dynamodb/unite", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number, overrides }) {
    const table = await ctx.read((tx) => tx.get(tables, [name]));
    if (table?.number !== number || !table.group?.strong) return;
    const source = table as Replicated;
    // Done by an earlier run.
    if (source.group.replicas.every(({ status }) => status !== "CREATING")) return;
    const others = source.group.replicas.map(({ region }) => ctx.elsewhere(region));
    for (const other of others)
      if (!(await settle(other, (tx) => makeReplica(tx, source, other.region, overrides[other.region])))) {
        // A table of that name was created there in the meantime.
        await abandon(ctx, others, source);
        return;
      }
    for (const other of others) await settle(other, (tx) => activate(tx, name, source.group));
    for (const { region } of others) await scaleLikeSource(ctx, source, region);
    await ctx.transact((tx) => activate(tx, name, source.group));
  },
});

async function activate(tx: Transaction, name: string, of: Membership): Promise<void> {
  const table = await replicaOf(tx, name, of);
  if (!table) return;
  const { restoring, ...ready } = withStatuses(table, table.group, "ACTIVE");
  tx.put(tables, ready);
  if (!restoring) return;
  startCounting(tx, ready);
  startSweeping(tx, ready, table.group);
}

/** Makes the source an ordinary table again. */
async function abandon(ctx: Context, others: readonly Context[], { name, group }: Replicated): Promise<void> {
  for (const other of others)
    await settle(other, async (tx) => {
      const made = await replicaOf(tx, name, group);
      if (made) await deleteTable(tx, made);
    });
  await ctx.transact(async (tx) => {
    const table = await replicaOf(tx, name, group);
    if (!table) return;
    tx.put(tables, standalone(table));
    forgetGroup(tx, table.group);
  });
}
