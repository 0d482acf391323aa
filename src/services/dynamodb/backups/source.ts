import type { Transaction } from "#kernel/records/transaction.ts";
import { type Backup, backups, type CopyHolder, type Table, tables } from "../store.ts";
import type { Source } from "./copy.ts";
import { earliestOf, startForgetting } from "./undo.ts";

/** Adds a copy to a table's list. Undo records are kept until the copy is complete. */
export const addCopy = (table: Table, holder: CopyHolder): Table => ({
  ...table,
  copies: [...without(table.copies, holder), holder],
});

/** Adds a copy to its source's list, which protects the source. @returns whether it exists and can still be copied */
export async function markSource(tx: Transaction, source: Source, holder: CopyHolder): Promise<boolean> {
  if (source.type === "backup") {
    const backup = await backupOf(tx, source.number);
    if (backup) tx.put(backups, { ...backup, restores: [...without(backup.restores, holder), holder] });
    return backup !== undefined;
  }
  const table = await tx.get(tables, [source.name]);
  if (table?.number !== source.number || !table.recovery) return false;
  if (source.at[0] < earliestOf(table.recovery, tx.now())) return false;
  tx.put(tables, addCopy(table, holder));
  return true;
}

/** Removes a complete copy from its source's list. */
export async function releaseSource(tx: Transaction, source: Source, holder: CopyHolder): Promise<void> {
  if (source.type === "backup") {
    const backup = await backupOf(tx, source.number);
    if (backup) tx.put(backups, { ...backup, restores: without(backup.restores, holder) });
  } else await releaseTable(tx, source, holder);
}

export async function releaseTable(
  tx: Transaction,
  { name, number }: Pick<Table, "name" | "number">,
  holder: CopyHolder,
): Promise<void> {
  const table = await tx.get(tables, [name]);
  if (table?.number !== number) return;
  tx.put(tables, { ...table, copies: without(table.copies, holder) });
  if (!table.recovery) startForgetting(tx, table);
}

async function backupOf(tx: Transaction, number: number): Promise<Backup | undefined> {
  const [backup] = await tx.listBy(backups, "number", { in: [number], limit: 1 });
  return backup;
}

const without = (holders: readonly CopyHolder[] = [], holder: CopyHolder): CopyHolder[] =>
  holders.filter((one) => one !== holder);
