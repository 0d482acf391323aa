import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { job } from "#kernel/work/jobs.ts";
import { journalRows, type Membership, type Table, tables } from "../store.ts";
import {
  forgetGroup,
  type Replicated,
  removeReplica,
  replicaIn,
  replicaOf,
  settle,
  standalone,
  withReplica,
} from "./group.ts";
import { cursors } from "./journal.ts";

/** How long the disassociation is shown as in progress, at least. */
const DISASSOCIATION_MS = 1_000;
/** The interval at which it is checked whether all changes are delivered. */
const RECHECK_MS = 500;

/** Sends no further changes of this replica to the others, and makes it a table of its own once they have the earlier ones. */
export function startDisassociation(tx: Transaction, table: Replicated): Table {
  const { group, name, number } = table;
  const until = tx.sequence();
  const replicas = group.replicas.map((one) => ({ ...one, until }));
  const after: Table = { ...table, group: { ...group, replicas, isDisassociating: true } };
  tx.put(tables, after);
  tx.enqueue(disassociate, { table: name, number }, { delay: DISASSOCIATION_MS });
  return after;
}

/**
 * Disassociates this replica in repeatable steps: the others send it no further changes; both sides receive the earlier
 * ones; finally neither lists the other.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-disassociate.html
 */
export const disassociate = job<{ table: string; number: number }>("dynamodb/disassociate", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table: name, number }) {
    const table = await ctx.read((tx) => tx.get(tables, [name]));
    if (table?.number !== number || !table.group?.isDisassociating) return undefined;
    const { group } = table;
    const others = group.replicas.map(({ region }) => ctx.elsewhere(region));
    for (const other of others) await settle(other, (tx) => endDelivery(tx, name, group, ctx.region));
    for (const { region } of others)
      if (await ctx.read((tx) => isWaiting(tx, group, region))) return { again: RECHECK_MS };
    for (const other of others)
      if (!(await settle(other, (tx) => forget(tx, name, group, ctx.region)))) return { again: RECHECK_MS };
    await ctx.transact(async (tx) => {
      const last = await replicaOf(tx, name, group);
      if (!last) return;
      tx.put(tables, standalone(last));
      forgetGroup(tx, last.group);
    });
    return undefined;
  },
});

/** Makes another Region send a replica no changes but those that it has had until now. */
async function endDelivery(tx: Transaction, name: string, of: Membership, region: string): Promise<void> {
  const table = await replicaOf(tx, name, of);
  const leaving = table && replicaIn(table.group, region);
  if (!leaving || leaving.until !== undefined) return;
  const ended = { ...leaving, status: "UPDATING" as const, until: tx.sequence() };
  tx.put(tables, withReplica(table, table.group, ended));
}

/** Whether changes wait to be delivered to a replica. */
async function isWaiting(tx: ReadTransaction, group: Membership, region: string): Promise<boolean> {
  const cursor = await tx.get(cursors, [group.number, region]);
  const waiting = await tx.listBytes(journalRows, {
    in: [group.number],
    after: [cursor?.sent ?? 0],
    through: [replicaIn(group, region)!.until!],
    limit: 1,
  });
  return waiting.length > 0;
}

/** Removes a replica from another Region's list. @returns `false` while changes wait to be delivered to it */
async function forget(tx: Transaction, name: string, of: Membership, region: string): Promise<boolean> {
  const table = await replicaOf(tx, name, of);
  if (!table || !replicaIn(table.group, region)) return true;
  if (await isWaiting(tx, table.group, region)) return false;
  await removeReplica(tx, name, of, region);
  return true;
}
