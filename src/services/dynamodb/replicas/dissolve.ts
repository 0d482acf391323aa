import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Membership, tables } from "../store.ts";
import { type Replicated, replicaOf, settle } from "./group.ts";
import { homeOf } from "./home.ts";
import { deliverNext } from "./journal.ts";
import { startLeaving } from "./leave.ts";

/** Deletes all other replicas of a strongly consistent global table, after this Region has become its home. */
export const dissolve = job<{ table: string; id: string }>("dynamodb/dissolve", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, id }) {
    const table = await ctx.read((tx) => replicaOf(tx, name, { id }));
    if (!table) return;
    const home = homeOf(table);
    if (home !== undefined) await takeOver(ctx, table, home);
    for (const { region } of table.group.replicas)
      await ctx.elsewhere(region).transact(async (tx) => {
        const other = await replicaOf(tx, name, { id });
        if (other && !other.leaving) startLeaving(tx, other);
      });
  },
});

/**
 * Makes this Region the home, in repeatable steps: the former home stops writing; this Region receives the rest of its
 * changes; only then it starts to write. In between, both name the other, and calls wait for the end (`atHome`).
 */
async function takeOver(ctx: Context, { name, group }: Replicated, home: string): Promise<void> {
  const former = ctx.elsewhere(home);
  const table = await former.read((tx) => replicaOf(tx, name, group));
  if (!table) throw new Error(`the home of ${name} has no replica`);
  await settle(former, (tx) => setHome(tx, name, group, ctx.region));
  const delivery = { table: name, number: table.number, region: ctx.region };
  while ((await deliverNext(former, delivery)) > 0);
  await settle(ctx, (tx) => setHome(tx, name, group, ctx.region));
}

async function setHome(tx: Transaction, name: string, of: Membership, home: string): Promise<void> {
  const table = await replicaOf(tx, name, of);
  if (table?.group.strong)
    tx.put(tables, { ...table, group: { ...table.group, strong: { ...table.group.strong, home } } });
}
