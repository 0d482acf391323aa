import type { Transaction } from "#kernel/records/transaction.ts";
import { startForgetting } from "../backups/undo.ts";
import type { Table } from "../store.ts";
import { clear } from "./clear.ts";

/** Starts to delete the rows of a deleted table and its indexes. */
export function removeTable(tx: Transaction, table: Table): void {
  if (table.recovery) startForgetting(tx, table);
  tx.enqueue(clear, { rows: [table.number, ...table.indexes.map(({ number }) => number)] });
}
