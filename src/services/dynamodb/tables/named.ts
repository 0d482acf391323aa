import type { ReadTransaction } from "#kernel/records/transaction.ts";
import { noSuchTableNamed } from "../errors.ts";
import { tableName } from "../items/rows.ts";
import { type Table, tables } from "../store.ts";

/** Finds a table even while it is being created, as it can be described and deleted then. @throws {AwsError} ResourceNotFoundException */
export async function findTable(tx: ReadTransaction, nameOrArn: string): Promise<Table> {
  const name = tableName(nameOrArn);
  const table = await tx.get(tables, [name]);
  if (!table) throw noSuchTableNamed(name);
  return table;
}

/** Finds a table that is no replica under creation. @throws {AwsError} ResourceNotFoundException */
export async function namedTable(tx: ReadTransaction, nameOrArn: string): Promise<Table> {
  const table = await findTable(tx, nameOrArn);
  if (isBeingCreated(table)) throw noSuchTableNamed(table.name);
  return table;
}

/** Whether a table is a replica under creation, which exists only for `DescribeTable`. */
export const isBeingCreated = ({ restoring, group }: Table): boolean =>
  restoring !== undefined && group !== undefined;
