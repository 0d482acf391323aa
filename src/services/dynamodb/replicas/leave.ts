import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { isCopied } from "../backups/undo.ts";
import { journalRows, type Table, tables } from "../store.ts";
import { deleteTable } from "../tables/delete.ts";
import { mark, release, replicaOf } from "./group.ts";
import { trimJournal } from "./journal.ts";

/** A replica is told to be going for so long, at least. */
const LEAVE_MS = 1_000;
/** When it is looked again whether the others have all that was changed here, and copies of it are made. */
const LOOK_MS = 500;

/** A replica takes no more, and goes when the others have what it took. */
export function startLeaving(tx: Transaction, table: Table): void {
  tx.put(tables, { ...table, leaving: true });
  tx.enqueue(announce, { table: table.name, number: table.number });
}

/** Sends away another replica. */
export const dismiss = job<{ table: string; id: string; region: string }>("dynamodb/dismiss", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, id, region }) {
    await ctx.elsewhere(region).transact(async (tx) => {
      const table = await replicaOf(tx, name, { id });
      if (table && !table.leaving) startLeaving(tx, table);
    });
  },
});

/** Tells the others that this one is going. */
export const announce = job<{ table: string; number: number }>("dynamodb/announce", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, which) {
    const table = await leaving(ctx, which);
    if (!table) return;
    const { name, group } = table;
    for (const { region } of group?.replicas ?? [])
      await ctx.elsewhere(region).transact((tx) => mark(tx, name, group!, ctx.region, "DELETING"));
    await ctx.transact((tx) => tx.enqueue(depart, which, { delay: LEAVE_MS }));
  },
});

/** Goes, once all that was changed here is elsewhere, and what copies it has all of it. */
export const depart = job<{ table: string; number: number }>("dynamodb/depart", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, which) {
    const table = await leaving(ctx, which);
    if (!table) return undefined;
    if (isCopied(table)) return { again: LOOK_MS };
    const { group } = table;
    // None where the others went at the same time.
    if (group) {
      const waiting = await ctx.transact(async (tx) => {
        // What another replica that went had not taken is in nobody's way.
        await trimJournal(tx, group);
        return tx.listBytes(journalRows, { in: [group.number], limit: 1 });
      });
      if (waiting.length > 0) return { again: LOOK_MS };
      for (const { region } of group.replicas) {
        const other = ctx.elsewhere(region);
        await other.transact((tx) => release(tx, table.name, group, ctx.region));
        await other.durable();
      }
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
