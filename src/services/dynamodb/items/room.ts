import { itemTooLarge } from "../errors.ts";
import type { Table } from "../store.ts";
import { MOST_LOCAL } from "../tables/schema.ts";
import { MOST_ITEM_BYTES, sizeOfItem } from "../values/size.ts";
import type { Item } from "../values/value.ts";
import { entryOf } from "./capacity.ts";
import { checkItemKeys } from "./keys.ts";

/**
 * Whether an item is larger than DynamoDB keeps: its entries in local indexes count with it.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html#limits-items-size-secondary-indexes
 */
export function isTooLarge(table: Table, item: Item, size: number): boolean {
  if (size > MOST_ITEM_BYTES) return true;
  // Most items are so small that no entries of theirs could matter.
  if (size * (1 + MOST_LOCAL) <= MOST_ITEM_BYTES) return false;
  return bytesWithLocalEntries(table, item, size) > MOST_ITEM_BYTES;
}

/** Of an item and its entries in local indexes. */
export function bytesWithLocalEntries(table: Table, item: Item, size = sizeOfItem(item)): number {
  let sum = size;
  for (const index of table.indexes) {
    const entry = index.kind === "local" ? entryOf(table, index, item) : undefined;
    if (entry) sum += entry === item ? size : sizeOfItem(entry);
  }
  return sum;
}

/** Holds an item that is put to its table: to the keys, and to the room that it takes. @throws {AwsError} ValidationException */
export function checkPut(table: Table, item: Item, size: number): void {
  checkItemKeys(table, item);
  if (isTooLarge(table, item, size)) throw itemTooLarge();
}
