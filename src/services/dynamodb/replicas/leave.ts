import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { isCopied } from "../backups/undo.ts";
import { journalRows, type Table, tables } from "../store.ts";
import { deleteTable } from "../tables/delete.ts";
import { markStatus, removeReplica, replicaOf, settle } from "./group.ts";
import { trimJournal } from "./journal.ts";

/** How long a replica is shown as being deleted, at least. */
const LEAVE_MS = 1_000;
/** The interval at which a deleted replica checks whether its changes are delivered and its copies are complete. */
const RECHECK_MS = 500;

/** Makes a replica reject requests, and deletes it once the others have its changes. */
export function startLeaving(tx: Transaction, table: Table): void {
  tx.put(tables, { ...table, leaving: true });
  tx.enqueue(announce, { table: table.name, number: table.number });
}

/** Starts the deletion of another Region's replica. */
export const dismiss = job<{ table: string; id: string; region: string }>("dynamodb/dismiss", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, id, region }) {
    await ctx.elsewhere(region).transact(async (tx) => {
      const table = await replicaOf(tx, name, { id });
      if (table && !table.leaving) startLeaving(tx, table);
    });
  },
});

/** Marks this replica as being deleted in the other replicas' lists. */
export const announce = job<{ table: string; number: number }>("dynamodb/announce", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, which) {
    const table = await leaving(ctx, which);
    if (!table) return;
    const { name, group } = table;
    for (const { region } of group?.replicas ?? [])
      await ctx.elsewhere(region).transact((tx) => markStatus(tx, name, group!, ctx.region, "DELETING"));
    await ctx.transact((tx) => tx.enqueue(depart, which, { delay: LEAVE_MS }));
  },
});

/** Deletes this replica, once all its changes are delivered and the copies that are being made of it are complete. */
export const depart = job<{ table: string; number: number }>("dynamodb/depart", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, which) {
    const table = await leaving(ctx, which);
    if (!table) return undefined;
    if (isCopied(table)) return { again: RECHECK_MS };
    const { group } = table;
    // There is no group if the other replicas were deleted at the same time.
    if (group) {
      const waiting = await ctx.transact(async (tx) => {
        // Changes that only a deleted replica lacks must not delay the deletion.
        await trimJournal(tx, group);
        return tx.listBytes(journalRows, { in: [group.number], limit: 1 });
      });
      if (waiting.length > 0) return { again: RECHECK_MS };
      for (const { region } of group.replicas)
        await settle(ctx.elsewhere(region), (tx) => removeReplica(tx, table.name, group, ctx.region));
    }
    await ctx.transact(async (tx) => {
      const still = await tx.get(tables, [table.name]);
      if (still?.number === table.number) await deleteTable(tx, still);
    });
    return undefined;
  },
});

async function leaving(
  ctx: Context,
  { table: name, number }: { table: string; number: number },
): Promise<Table | undefined> {
  const table = await ctx.read((tx) => tx.get(tables, [name]));
  return table?.number === number && table.leaving ? table : undefined;
}
