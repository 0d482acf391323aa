import type { KeyPart } from "#kernel/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { keepsUndo, keepUndo } from "../backups/undo.ts";
import { noSuchTable } from "../errors.ts";
import { send } from "../kinesis/forward.ts";
import { type Index, indexRows, itemRows, type Table, tables } from "../store.ts";
import { record } from "../streams/record.ts";
import { itemStored, storedItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { changeExpiry } from "./expiry.ts";
import { isSameKey, keyOf, namesOf, rowKey } from "./keys.ts";

/** A table by its name or its ARN. @throws {AwsError} ResourceNotFoundException */
export async function tableAt(tx: ReadTransaction, name: string): Promise<Table> {
  const table = await tx.get(tables, [tableName(name)]);
  if (!table || table.restoring) throw noSuchTable();
  return table;
}

export const tableName = (given: string): string => given.split(":table/").at(-1)!.split("/")[0]!;

/**
 * @param key at least the attributes of the table's key
 * @param row where it stands, if that is known
 */
export async function itemAt(
  tx: ReadTransaction,
  table: Table,
  key: Item,
  row: readonly KeyPart[] = rowKey(table.number, table.key, key),
): Promise<Item | undefined> {
  const stored = await tx.getBytes(itemRows, row);
  return stored && itemStored(stored);
}

/**
 * Takes an item from what it was to what it is, either of which may be nothing: in the table, in its indexes, among those
 * that expire, and in its stream.
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
  if (after) tx.putBytes(itemRows, row, storedItem(after));
  else tx.deleteBytes(itemRows, row);
  for (const index of table.indexes) changeIndex(tx, table, index, before, after);
  if (table.ttl) changeExpiry(tx, table, before, after);
  if (keepsUndo(table)) keepUndo(tx, table, before, after);
  for (const destination of table.destinations ?? [])
    if (destination.active) send(tx, table, destination, before, after, by);
  if (table.stream) record(tx, table, table.stream, before, after, by);
}

export function changeIndex(
  tx: Transaction,
  table: Table,
  index: Index,
  before: Item | undefined,
  after: Item | undefined,
): void {
  const was = before && indexKey(table, index, before);
  const is = after && indexKey(table, index, after);
  if (was && !(is && isSameKey(was, is))) tx.deleteBytes(indexRows, was);
  if (is) tx.putBytes(indexRows, is, storedItem(keyOf(table.key, after!)));
}

/** `undefined` where the item lacks one of the index's attributes, and so does not stand in it. */
function indexKey(table: Table, { number, key }: Index, item: Item): KeyPart[] | undefined {
  if (namesOf(key).some((name) => !item[name])) return undefined;
  const [, ...own] = rowKey(table.number, table.key, item);
  return [...rowKey(number, key, item), ...own];
}
