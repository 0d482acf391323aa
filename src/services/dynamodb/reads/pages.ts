import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { RawJson } from "#aws/protocols/raw-json.ts";
import type { BytesRow, ListRange, ReadTransaction } from "#kernel/transaction.ts";
import { consumed, readUnits } from "../items/capacity.ts";
import { namesOf } from "../items/keys.ts";
import { storedItemAt } from "../items/rows.ts";
import { type Index, indexRows, itemRows, type Table } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { rawItems, type StoredItem, storedItemIn } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import type { Reading } from "./reading.ts";

/** The most bytes of items that a query or scan reads for one response. */
const MAX_BYTES = 2 ** 20;
/** Rows per read of the store. */
const PAGE_ROWS = 128;

export interface Page {
  Items?: Item[] | RawJson<Item[]>;
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item | undefined;
  ConsumedCapacity?: DynamoDB.ConsumedCapacity | undefined;
}

/**
 * Reads rows in order, up to the limit or a megabyte, and returns those that pass the filter. Items that are returned whole
 * are not parsed.
 * @param range the rows to read, after the start key if there is one
 */
export async function pageOf(
  tx: ReadTransaction,
  table: Table,
  index: Index | undefined,
  range: Omit<ListRange, "limit">,
  reading: Reading,
): Promise<Page> {
  const { filter, project, shown, fetches, limit = Number.POSITIVE_INFINITY } = reading;
  const isWhole = !project && (!shown || fetches);
  const whole: StoredItem[] = [];
  const parts: Item[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  /** Units of the table for items that are fetched in addition to entries of a local index. */
  let fetched = 0;
  let last: StoredItem | undefined;
  let from: BytesRow | undefined;

  const answer = (isMore: boolean): Page => {
    const used = usage(table, index, readUnits(bytes, reading.consistent), fetched);
    reading.meter?.take("read", used);
    return {
      Items: reading.countsOnly ? undefined : isWhole ? rawItems(whole) : parts,
      Count: count,
      ScannedCount: scanned,
      LastEvaluatedKey: isMore && last ? positionOf(table, index, last.item) : undefined,
      ConsumedCapacity: consumed(reading.returnCapacity, used),
    };
  };

  for (;;) {
    const most = Math.min(PAGE_ROWS, limit - scanned);
    const rows = await tx.listBytes(index ? indexRows : itemRows, {
      ...range,
      ...(from && { behind: from }),
      limit: most,
    });
    for (const row of rows) {
      const entry = storedItemIn(row);
      const pending = index ? storedItemAt(tx, table, entry.item) : entry;
      const stored = pending instanceof Promise ? await pending : pending;
      if (!stored) continue;
      const projected = shown?.(stored.item);
      const size = projected ? sizeOfItem(projected) : stored.size;
      // The first item that does not fit begins the next page.
      if (scanned > 0 && bytes + size > MAX_BYTES) return answer(true);
      scanned++;
      bytes += size;
      last = stored;
      if (fetches) fetched += readUnits(stored.size, reading.consistent);
      if (filter || !isWhole) {
        const visible = projected && !fetches ? projected : stored.item;
        if (filter && !filter(visible)) continue;
        if (!isWhole) parts.push(project ? project(visible) : visible);
      }
      if (isWhole && !reading.countsOnly) whole.push(stored);
      count++;
    }
    if (scanned >= limit) return answer(true);
    if (rows.length < most) return answer(false);
    from = rows.at(-1);
  }
}

/** The parsed items of a page. */
export const itemsIn = ({ Items = [] }: Page): Item[] => (Items instanceof RawJson ? Items.value() : Items);

/** The `LastEvaluatedKey` at an item: its primary key and, in an index, its index key. */
function positionOf(table: Table, index: Index | undefined, item: Item): Item {
  const names = new Set([...namesOf(table.key), ...(index ? namesOf(index.key) : [])]);
  return Object.fromEntries([...names].map((name) => [name, item[name]!]));
}

function usage(table: Table, index: Index | undefined, units: number, fetched: number) {
  return index
    ? { table, units: fetched, indexes: new Map([[index.name, units]]) }
    : { table, units, indexes: new Map<string, number>() };
}
