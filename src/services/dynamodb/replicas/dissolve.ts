import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { type Membership, type Table, tables } from "../store.ts";
import { type Replicated, replicaOf, settle, withStatuses } from "./group.ts";
import { homeOf } from "./home.ts";
import { deliverNext } from "./journal.ts";
import { startLeaving } from "./leave.ts";

/**
 * Deletes all other replicas of a strongly consistent global table, after this Region has become its home. If several
 * Regions ask for this at the same time, the home decides which is left.
 */
export const dissolve = job<{ table: string; id: string }>("dynamodb/dissolve", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, id }) {
    const table = await ctx.read((tx) => replicaOf(tx, name, { id }));
    if (!table) return;
    const home = homeOf(table);
    if (home !== undefined && !(await takeOver(ctx, table, home))) return;
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
 * @returns `false` if another Region is the one that is left
 */
async function takeOver(ctx: Context, { name, group }: Replicated, home: string): Promise<boolean> {
  const former = ctx.elsewhere(home);
  const table = await former.read((tx) => replicaOf(tx, name, group));
  if (!table) throw new Error(`the home of ${name} has no replica`);
  if (!(await settle(former, (tx) => cede(tx, name, group, ctx.region)))) return false;
  const delivery = { table: name, number: table.number, region: ctx.region };
  while ((await deliverNext(former, delivery)) > 0);
  await settle(ctx, async (tx) => {
    const here = await replicaOf(tx, name, group);
    if (here) tx.put(tables, withHome(here, ctx.region));
  });
  return true;
}

/** Makes the home stop writing for another Region. @returns `false` if it deletes the others itself, or did so for another */
async function cede(tx: Transaction, name: string, of: Membership, to: string): Promise<boolean> {
  const table = await replicaOf(tx, name, of);
  if (!table) return false;
  if (table.group.strong?.home === to) return true;
  if (table.group.replicas.some(({ status }) => status === "DELETING")) return false;
  tx.put(tables, withHome(withStatuses(table, table.group, "DELETING"), to));
  return true;
}

const withHome = (table: Replicated, home: string): Table => ({
  ...table,
  group: { ...table.group, strong: { ...table.group.strong, home } },
});
