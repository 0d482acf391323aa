import type { KeyPart } from "#kernel/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { keepsUndo, keepUndo } from "../backups/undo.ts";
import { noSuchTable } from "../errors.ts";
import { send } from "../kinesis/forward.ts";
import { type Index, indexRows, itemRows, type Table, tables } from "../store.ts";
import { record } from "../streams/record.ts";
import { sizeOfItem } from "../values/size.ts";
import { Kept, storedItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { changeExpiry } from "./expiry.ts";
import { isIndexed, isSameKey, keyOf, rowKey } from "./keys.ts";

/** A table by its name or its ARN; at once, where the store needs no I/O. @throws {AwsError} ResourceNotFoundException */
export function tableAt(tx: ReadTransaction, name: string): Table | Promise<Table> {
  const found = tx.get(tables, [tableName(name)]);
  return found instanceof Promise ? found.then(usable) : usable(found);
}

function usable(table: Table | undefined): Table {
  if (!table || table.restoring) throw noSuchTable();
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
  if (after) tx.putBytes(itemRows, row, storedItem(after, sizeOfItem(after)));
  else tx.deleteBytes(itemRows, row);
  for (const index of table.indexes) changeIndex(tx, table, index, before, after);
  if (table.ttl) changeExpiry(tx, table, before, after);
  if (keepsUndo(table)) keepUndo(tx, table, before, after);
  for (const destination of table.destinations ?? [])
    if (destination.active) send(tx, table, destination, before, after, by);
  if (table.stream) record(tx, table, table.stream, before, after, by);
}

/** Whether more than the item itself follows a change, and so has to know what that replaces. */
export const looksBack = (table: Table): boolean =>
  table.indexes.length > 0 ||
  table.ttl !== undefined ||
  table.stream !== undefined ||
  table.destinations !== undefined ||
  keepsUndo(table);

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

/** `undefined` where the item does not stand in the index. */
function indexKey(table: Table, index: Index, item: Item): KeyPart[] | undefined {
  if (!isIndexed(table, index, item)) return undefined;
  const [, ...own] = rowKey(table.number, table.key, item);
  return [...rowKey(index.number, index.key, item), ...own];
}
