import type { KeyPart } from "#kernel/records/keys.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { keepsUndo, keepUndo } from "../backups/undo.ts";
import { send } from "../kinesis/forward.ts";
import { type Index, indexRows, itemRows, type Table } from "../store.ts";
import { record } from "../streams/record.ts";
import { sizeOfItem } from "../values/size.ts";
import { encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { countChange, hasCollections } from "./collections.ts";
import { changeExpiry } from "./expiry.ts";
import { isIndexed, isSameKey, keyOf, rowKey } from "./keys.ts";

/**
 * Bytes after which a commit accepts no more changes. The limit is low since streams, recovery, copies and replicas each
 * record a change, so that the last change may exceed it by several times the item's size.
 */
const MAX_COMMIT_BYTES = 8 * 2 ** 20;

export const takesMore = ({ written }: Transaction): boolean => written <= MAX_COMMIT_BYTES;

export interface WriteOptions {
  /** The origin of the change, if it is not a request. */
  by?: "ttl" | undefined;
  /** The new item's size as DynamoDB counts it, if it is known. */
  size?: number | undefined;
  /** Whether to compress smaller rows, too, since many changes share one commit. */
  isTight?: boolean;
  /** Whether the change may make an item collection exceed its limit. */
  isUnlimited?: boolean;
}

/**
 * Writes the change of an item in this Region: its row, its index and expiry entries, and its stream records.
 * @param row the item's row key
 * @throws {AwsError} ItemCollectionSizeLimitExceededException
 */
export function writeItem(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  row: readonly KeyPart[],
  writing: WriteOptions,
): MaybePromise<void> {
  if (!hasCollections(table)) return writeRows(tx, table, before, after, row, writing);
  return whenReady(countChange(tx, table, before, after, row, writing.isUnlimited ?? false), () =>
    writeRows(tx, table, before, after, row, writing),
  );
}

function writeRows(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  row: readonly KeyPart[],
  { by, size, isTight = false }: WriteOptions,
): void {
  if (after) tx.putBytes(itemRows, row, encodeItem(after, size ?? sizeOfItem(after), isTight));
  else tx.deleteBytes(itemRows, row);
  for (const index of table.indexes) changeIndex(tx, table, index, before, after);
  if (table.ttl) changeExpiry(tx, table, before, after);
  if (keepsUndo(table)) keepUndo(tx, table, before, after, isTight);
  for (const destination of table.destinations ?? [])
    if (destination.active) send(tx, table, destination, before, after, { by, isTight });
  if (table.stream) record(tx, table, table.stream, before, after, { by, isTight });
}

/** Whether a write needs the previous item, as it changes more than the item's row. */
export const needsPreviousItem = (table: Table): boolean =>
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
  if (is) tx.putBytes(indexRows, is, encodeItem(keyOf(table.key, after!)));
}

/** The row key of an item's index entry; `undefined` if it has none. */
function indexKey(table: Table, index: Index, item: Item): KeyPart[] | undefined {
  if (!isIndexed(table, index, item)) return undefined;
  const [, ...own] = rowKey(table.number, table.key, item);
  return [...rowKey(index.number, index.key, item), ...own];
}
