import type { Transaction } from "#kernel/transaction.ts";
import { keepDeleted } from "../backups/keep.ts";
import { type Table, tables } from "../store.ts";
import { closeStream } from "../streams/shards.ts";
import { clear } from "./clear.ts";
import { removeTable } from "./remove.ts";

/** Its rows go in the background, or stay for a backup; its stream can be read for a day. */
export async function deleteTable(tx: Transaction, table: Table): Promise<void> {
  tx.delete(tables, [table.name]);
  if (table.stream) await closeStream(tx, table.name, table.stream);
  if (table.group) tx.enqueue(clear, { rows: [table.group.number] });
  if (table.recovery) await keepDeleted(tx, table);
  else removeTable(tx, table);
}
