import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { KeyPart } from "#kernel/records/keys.ts";
import type { BytesRow, ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { collectionTooLarge } from "../errors.ts";
import { collectionRows, itemRows, type Table } from "../store.ts";
import { readAtOnce, storedItemIn } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { bytesWithLocalEntries } from "./room.ts";

/*
 * Item collections: in a table with local secondary indexes, the items of one partition key and their index entries.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LSI.html#LSI.ItemCollections
 */

const GIB = 2 ** 30;
const MAX_BYTES = 10 * GIB;
const SIZE_BYTES = 6;
/** Rows per page; each may be large. */
const PAGE = 100;

export const hasCollections = ({ indexes }: Table): boolean => indexes.some(({ kind }) => kind === "local");

/**
 * Adds a change of an item to the recorded size of its collection, before the change is written.
 * @param row the item's row key
 * @param isUnlimited for copies and replicas, which hold all that their source holds
 * @throws {AwsError} ItemCollectionSizeLimitExceededException
 */
export function countChange(
  tx: Transaction,
  table: Table,
  before: Item | undefined,
  after: Item | undefined,
  row: readonly KeyPart[],
  isUnlimited: boolean,
): MaybePromise<void> {
  const key = collectionKey(row);
  const growth = bytesOf(table, after) - bytesOf(table, before);
  return whenReady(collectionBytes(tx, table, key), (bytes) => {
    const size = bytes + growth;
    if (size > MAX_BYTES && growth > 0 && !isUnlimited) throw collectionTooLarge();
    if (size > 0) tx.putBytes(collectionRows, key, encodeSize(size));
    else tx.deleteBytes(collectionRows, key);
  });
}

/** The response to `ReturnItemCollectionMetrics`. @param row the item's row key */
export function itemCollectionMetrics(
  requested: DynamoDB.ReturnItemCollectionMetrics | undefined,
  tx: ReadTransaction,
  table: Table,
  item: Item,
  row: readonly KeyPart[],
): MaybePromise<DynamoDB.ItemCollectionMetrics | undefined> {
  if (requested !== "SIZE" || !hasCollections(table)) return undefined;
  const { partition } = table.key;
  return whenReady(collectionBytes(tx, table, collectionKey(row)), (bytes) => {
    const gigabytes = Math.floor(bytes / GIB);
    return {
      ItemCollectionKey: { [partition]: item[partition]! },
      SizeEstimateRangeGB: [gigabytes, gigabytes + 1],
    };
  });
}

/** `[table, hash of the partition key]`, the prefix of the item's row key. */
const collectionKey = (row: readonly KeyPart[]): KeyPart[] => row.slice(0, 2);

const bytesOf = (table: Table, item: Item | undefined) => (item ? bytesWithLocalEntries(table, item) : 0);

function collectionBytes(tx: ReadTransaction, table: Table, key: readonly KeyPart[]): MaybePromise<number> {
  return whenReady(tx.getBytes(collectionRows, key), (stored) =>
    stored ? Buffer.from(stored).readUIntBE(0, SIZE_BYTES) : sumOfItems(tx, table, key),
  );
}

/** The size of a collection that has no recorded size. */
async function sumOfItems(tx: ReadTransaction, table: Table, key: readonly KeyPart[]): Promise<number> {
  let sum = 0;
  for (let last: BytesRow | undefined; ; ) {
    const page = await tx.listBytes(itemRows, { in: key, ...(last && { behind: last }), limit: PAGE });
    const rows = readAtOnce(page);
    for (const row of rows) {
      const { item, size } = storedItemIn(row);
      sum += bytesWithLocalEntries(table, item, size);
    }
    if (rows.length === page.length && page.length < PAGE) return sum;
    last = rows.at(-1);
  }
}

function encodeSize(size: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(SIZE_BYTES);
  bytes.writeUIntBE(size, 0, SIZE_BYTES);
  return bytes;
}
