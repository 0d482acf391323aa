import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import type { BytesRow, ListRange, ReadTransaction } from "#kernel/transaction.ts";
import { consumed, readUnits } from "../items/capacity.ts";
import { namesOf } from "../items/keys.ts";
import { itemAt } from "../items/rows.ts";
import { type Index, indexRows, itemRows, type Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { itemStored } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import type { Reading } from "./reading.ts";

/** Bytes that a query or scan looks at for one answer. */
const MOST_BYTES = 2 ** 20;
const ROWS = 100;

export interface Answer {
  Items?: Item[];
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item | undefined;
  ConsumedCapacity?: DynamoDB.ConsumedCapacity | undefined;
}

/**
 * Goes through rows in their order until there are enough, or a megabyte of them, and answers those that the filter wants.
 * @param range without its beginning, where the reading begins behind a key
 */
export async function pageOf(
  tx: ReadTransaction,
  table: Table,
  index: Index | undefined,
  range: Omit<ListRange, "limit">,
  reading: Reading,
): Promise<Answer> {
  const items: Item[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  /** Units of the table beside those of a local index. */
  let fetched = 0;
  let last: Item | undefined;
  let from: BytesRow | undefined;

  const answer = (isMore: boolean): Answer => ({
    ...(!reading.countsOnly && { Items: items }),
    Count: count,
    ScannedCount: scanned,
    LastEvaluatedKey: isMore && last ? positionOf(table, index, last) : undefined,
    ConsumedCapacity: consumed(
      reading.asked,
      usage(table, index, readUnits(bytes, reading.consistent), fetched),
    ),
  });

  for (;;) {
    const rows = await tx.listBytes(index ? indexRows : itemRows, {
      ...range,
      ...(from && { behind: from }),
      limit: ROWS,
    });
    for (const row of rows) {
      const item = await itemOf(tx, table, index, row);
      if (!item) continue;
      if (scanned === reading.limit) return answer(true);
      const shown = reading.shown ? reading.shown(item) : item;
      const size = sizeOfItem(shown);
      // What would not fit any more begins the next answer.
      if (scanned > 0 && bytes + size > MOST_BYTES) return answer(true);
      scanned++;
      bytes += size;
      last = item;
      if (reading.fetches) fetched += readUnits(sizeOfItem(item), reading.consistent);
      const whole = reading.fetches ? item : shown;
      if (!reading.filter(whole)) continue;
      count++;
      if (!reading.countsOnly) items.push(reading.project(whole));
    }
    if (rows.length < ROWS) return answer(scanned === reading.limit);
    from = rows.at(-1);
  }
}

/** An index's row leads to its item; what is projected is the reading's to say. */
async function itemOf(tx: ReadTransaction, table: Table, index: Index | undefined, row: BytesRow) {
  const stored = itemStored(row.value);
  return index ? await itemAt(tx, table, stored) : stored;
}

/** A key from which a later call goes on: the item's, and in an index that of its place there. */
function positionOf(table: Table, index: Index | undefined, item: Item): Item {
  const names = new Set([...namesOf(table.key), ...(index ? namesOf(index.key) : [])]);
  return Object.fromEntries([...names].map((name) => [name, item[name]!]));
}

function usage(table: Table, index: Index | undefined, units: number, fetched: number) {
  return index
    ? { table, units: fetched, indexes: new Map([[index.name, units]]) }
    : { table, units, indexes: new Map<string, number>() };
}
