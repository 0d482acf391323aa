import { itemTooLarge } from "../errors.ts";
import type { Table } from "../store.ts";
import { MAX_LOCAL_INDEXES } from "../tables/schema.ts";
import { MAX_ITEM_BYTES, sizeOfItem } from "../values/size.ts";
import type { Item } from "../values/value.ts";
import { entryOf } from "./capacity.ts";
import { checkItemKeys } from "./keys.ts";

/**
 * Whether an item exceeds DynamoDB's limit, to which its entries in local secondary indexes count.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items-size-secondary-indexes
 */
export function isTooLarge(table: Table, item: Item, size: number): boolean {
  if (size > MAX_ITEM_BYTES) return true;
  // Most items are so small that even the largest possible entries would fit.
  if (size * (1 + MAX_LOCAL_INDEXES) <= MAX_ITEM_BYTES) return false;
  return bytesWithLocalEntries(table, item, size) > MAX_ITEM_BYTES;
}

/** The size of an item and its entries in local secondary indexes, in bytes. */
export function bytesWithLocalEntries(table: Table, item: Item, size = sizeOfItem(item)): number {
  let sum = size;
  for (const index of table.indexes) {
    const entry = index.kind === "local" ? entryOf(table, index, item) : undefined;
    if (entry) sum += entry === item ? size : sizeOfItem(entry);
  }
  return sum;
}

/** Checks an item to put against its table's key schemas and the size limit. @throws {AwsError} ValidationException */
export function checkPut(table: Table, item: Item, size: number): void {
  checkItemKeys(table, item);
  if (isTooLarge(table, item, size)) throw itemTooLarge();
}
