import type { KeyPart } from "#kernel/keys.ts";
import type { Transaction } from "#kernel/transaction.ts";
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
 * Bytes behind which a commit takes no more changes: streams, recovery, copies and replicas each keep what they need of
 * one, so that the last one may be as large again.
 */
const MOST_TOGETHER = 8 * 2 ** 20;

export const takesMore = ({ written }: Transaction): boolean => written <= MOST_TOGETHER;

export interface Writing {
  /** Who does it, if not a caller. */
  by?: "ttl" | undefined;
  /** Of what the item is now, as DynamoDB counts it, where that is known. */
  size?: number | undefined;
  /** Whether it is one of so many that their place matters. */
  isTight?: boolean;
  /** Whether its collection may have more than callers may bring into it. */
  isUnlimited?: boolean;
}

/**
 * Takes an item from what it was to what it is in this Region: in the table, in its indexes, among those that expire, and
 * in its streams.
 * @param row where it stands
 * @throws {AwsError} ItemCollectionSizeLimitExceededException
 */
export function writeItem(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  row: readonly KeyPart[],
  writing: Writing,
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
  { by, size, isTight = false }: Writing,
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
  if (is) tx.putBytes(indexRows, is, encodeItem(keyOf(table.key, after!)));
}

/** `undefined` where the item does not stand in the index. */
function indexKey(table: Table, index: Index, item: Item): KeyPart[] | undefined {
  if (!isIndexed(table, index, item)) return undefined;
  const [, ...own] = rowKey(table.number, table.key, item);
  return [...rowKey(index.number, index.key, item), ...own];
}
