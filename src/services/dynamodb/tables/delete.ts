import type { Transaction } from "#kernel/records/transaction.ts";
import { keepDeleted } from "../backups/keep.ts";
import { forgetGroup } from "../replicas/group.ts";
import { type Table, tables } from "../store.ts";
import { closeStream } from "../streams/shards.ts";
import { removeTable } from "./remove.ts";

/** Deletes a table. Its rows are deleted in the background, or kept for a backup; its stream stays readable for a day. */
export async function deleteTable(tx: Transaction, table: Table): Promise<void> {
  tx.delete(tables, [table.name]);
  if (table.stream) await closeStream(tx, table.name, table.stream);
  if (table.group) forgetGroup(tx, table.group);
  if (table.recovery) await keepDeleted(tx, table);
  else removeTable(tx, table);
}
