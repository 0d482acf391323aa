import type { KeyPart } from "#kernel/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { noSuchTable } from "../errors.ts";
import { keepChange } from "../replicas/journal.ts";
import { itemRows, type Table, tables } from "../store.ts";
import { Kept } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { rowKey } from "./keys.ts";
import { writeItem } from "./write.ts";

/** A table by its name or its ARN; at once, where the store needs no I/O. @throws {AwsError} ResourceNotFoundException */
export function tableAt(tx: ReadTransaction, name: string): Table | Promise<Table> {
  const found = tx.get(tables, [tableName(name)]);
  return found instanceof Promise ? found.then(usable) : usable(found);
}

function usable(table: Table | undefined): Table {
  if (!table || table.restoring || table.leaving) throw noSuchTable();
  return table;
}

export const tableName = (given: string): string =>
  given.includes("/") ? given.split(":table/").at(-1)!.split("/")[0]! : given;

/**
 * At once, where the store needs no I/O.
 * @param key at least the attributes of the table's key
 * @param row where it stands, if that is known
 */
export function keptAt(
  tx: ReadTransaction,
  table: Table,
  key: Item,
  row: readonly KeyPart[] = rowKey(table.number, table.key, key),
): Kept | undefined | Promise<Kept | undefined> {
  const stored = tx.getBytes(itemRows, row);
  return stored instanceof Promise ? stored.then(kept) : kept(stored);
}

const kept = (stored: Uint8Array | undefined) => stored && new Kept(stored);

/** The same, read. */
export async function itemAt(
  tx: ReadTransaction,
  table: Table,
  key: Item,
  row?: readonly KeyPart[],
): Promise<Item | undefined> {
  return (await keptAt(tx, table, key, row))?.item;
}

/**
 * Takes an item from what it was to what it is, either of which may be nothing, here and in the table's other replicas.
 * @param by who does it, if not a caller
 * @param row where it stands, if that is known
 */
export function changeItem(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  by?: "ttl",
  row?: readonly KeyPart[],
): void {
  if (!before && !after) return;
  row ??= rowKey(table.number, table.key, (after ?? before)!);
  writeItem(tx, table, before, after, by, row);
  if (table.group) keepChange(tx, table, table.group, (after ?? before)!, after, row);
}
