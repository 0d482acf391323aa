import type { Transaction } from "#kernel/transaction.ts";
import { startForgetting } from "../backups/undo.ts";
import type { Table } from "../store.ts";
import { clear } from "./clear.ts";

/** Begins to remove all that a deleted table's numbers stand for. */
export function removeTable(tx: Transaction, table: Table): void {
  if (table.recovery) startForgetting(tx, table);
  tx.enqueue(clear, { rows: [table.number, ...table.indexes.map(({ number }) => number)] });
}
