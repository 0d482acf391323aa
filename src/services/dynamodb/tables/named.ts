import type { ReadTransaction } from "#kernel/transaction.ts";
import { noSuchTableNamed } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";

/** @throws {AwsError} ResourceNotFoundException which names the table */
export async function namedTable(tx: ReadTransaction, given: string): Promise<Table> {
  const name = tableName(given);
  const table = await tx.get(tables, [name]);
  if (!table) throw noSuchTableNamed(name);
  return table;
}
