import type { AwsError } from "#aws/errors.ts";
import type { KeyPart } from "#kernel/records/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { noSuchTable } from "../errors.ts";
import { inTransaction, isBeingModified, isBeingMoved } from "../replicas/errors.ts";
import { HeldElsewhere, homeOf } from "../replicas/home.ts";
import { keepChange } from "../replicas/journal.ts";
import { itemRows, type Table, tables } from "../store.ts";
import { StoredItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { rowKey } from "./keys.ts";
import { type WriteOptions, writeItem } from "./write.ts";

/**
 * A table by its name or its ARN, whose items may be older than those of another replica.
 * @throws {AwsError} ResourceNotFoundException
 */
export const tableAt = (tx: ReadTransaction, name: string): MaybePromise<Table> =>
  whenReady(tx.get(tables, [tableName(name)]), checkUsable);

/** A table for a read. @throws {AwsError | HeldElsewhere} */
export const tableToRead = (
  tx: ReadTransaction,
  name: string,
  isConsistent: boolean | undefined,
): MaybePromise<Table> =>
  isConsistent ? whenReady(tableAt(tx, name), (table) => checkHere(table, isBeingMoved)) : tableAt(tx, name);

/** A table for a write. @throws {AwsError | HeldElsewhere} */
export const tableToWrite = (tx: ReadTransaction, name: string): MaybePromise<Table> =>
  whenReady(tableAt(tx, name), (table) => checkHere(table, isBeingModified));

/** A table for a transaction. @throws {AwsError} also if the table has multi-Region strong consistency */
export const tableToTransact = (tx: ReadTransaction, name: string): MaybePromise<Table> =>
  whenReady(tableAt(tx, name), (table) => {
    if (table.group?.strong) throw inTransaction();
    return table;
  });

function checkHere(table: Table, unsettled: () => AwsError): Table {
  const home = homeOf(table);
  if (home !== undefined) throw new HeldElsewhere(home, unsettled);
  return table;
}

function checkUsable(table: Table | undefined): Table {
  if (!table || table.restoring || table.leaving) throw noSuchTable();
  return table;
}

export const tableName = (nameOrArn: string): string =>
  nameOrArn.includes("/") ? nameOrArn.split(":table/").at(-1)!.split("/")[0]! : nameOrArn;

/**
 * Reads a stored item without parsing it.
 * @param key at least the attributes of the table's key
 * @param row the item's row key, if it is known
 */
export const storedItemAt = (
  tx: ReadTransaction,
  table: Table,
  key: Item,
  row: readonly KeyPart[] = rowKey(table.number, table.key, key),
): MaybePromise<StoredItem | undefined> =>
  whenReady(tx.getBytes(itemRows, row), (stored) => stored && new StoredItem(stored));

/** Reads and parses an item. */
export const itemAt = (
  tx: ReadTransaction,
  table: Table,
  key: Item,
  row?: readonly KeyPart[],
): MaybePromise<Item | undefined> => whenReady(storedItemAt(tx, table, key, row), (stored) => stored?.item);

/** Optional facts about a change, which save work or alter how it is recorded. */
export interface ChangeOptions extends WriteOptions {
  /** The item's row key. */
  row?: readonly KeyPart[];
}

/**
 * Writes the change of an item, and records it for the table's other replicas.
 * @param before `undefined` if the item did not exist
 * @param after `undefined` if the item is deleted
 * @throws {AwsError} ItemCollectionSizeLimitExceededException, without any change
 */
export function changeItem(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  known: ChangeOptions = {},
): MaybePromise<void> {
  const item = after ?? before;
  if (!item) return;
  const { row = rowKey(table.number, table.key, item), isTight = false } = known;
  const written = writeItem(tx, table, before, after, row, known);
  const { group } = table;
  return group ? whenReady(written, () => keepChange(tx, table, group, item, after, row, isTight)) : written;
}
