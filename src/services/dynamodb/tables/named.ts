import type { ReadTransaction } from "#kernel/transaction.ts";
import { noSuchTableNamed } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";

/** As it is described and deleted, from the moment when it is begun. @throws {AwsError} ResourceNotFoundException */
export async function begunTable(tx: ReadTransaction, nameOrArn: string): Promise<Table> {
  const name = tableName(nameOrArn);
  const table = await tx.get(tables, [name]);
  if (!table) throw noSuchTableNamed(name);
  return table;
}

/** @throws {AwsError} ResourceNotFoundException which names the table */
export async function namedTable(tx: ReadTransaction, nameOrArn: string): Promise<Table> {
  const table = await begunTable(tx, nameOrArn);
  if (isComing(table)) throw noSuchTableNamed(table.name);
  return table;
}

/** A replica that is being made is not there for all else but a description. */
export const isComing = ({ restoring, group }: Table): boolean =>
  restoring !== undefined && group !== undefined;
