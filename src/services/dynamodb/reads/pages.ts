import type * as DynamoDB from "#aws/contract/types/dynamodb.ts";
import { RawJson } from "#aws/protocols/json/raw.ts";
import type { BytesRow, ListRange, ReadTransaction } from "#kernel/records/transaction.ts";
import { consumedCapacity, readUnits } from "../items/capacity.ts";
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

/** What has been read of a page so far. */
interface Progress {
  /** Whether items are returned whole, and then not parsed. */
  isWhole: boolean;
  whole: StoredItem[];
  parts: Item[];
  count: number;
  scanned: number;
  bytes: number;
  /** Units of the table for items that are fetched in addition to entries of a local index. */
  fetched: number;
  last: StoredItem | undefined;
}

/**
 * Reads rows in order, up to the limit or a megabyte, and returns those that pass the filter.
 * @param range the rows to read, after the start key if there is one
 */
export async function pageOf(
  tx: ReadTransaction,
  table: Table,
  index: Index | undefined,
  range: Omit<ListRange, "limit">,
  reading: Reading,
): Promise<Page> {
  const { project, shown, fetches, limit = Number.POSITIVE_INFINITY } = reading;
  const progress: Progress = {
    isWhole: !project && (!shown || fetches),
    whole: [],
    parts: [],
    count: 0,
    scanned: 0,
    bytes: 0,
    fetched: 0,
    last: undefined,
  };
  for (let from: BytesRow | undefined; ; ) {
    const maxRows = Math.min(PAGE_ROWS, limit - progress.scanned);
    const rows = await tx.listBytes(index ? indexRows : itemRows, {
      ...range,
      ...(from && { behind: from }),
      limit: maxRows,
    });
    for (const row of rows) {
      const entry = storedItemIn(row);
      const pending = index ? storedItemAt(tx, table, entry.item) : entry;
      const stored = pending instanceof Promise ? await pending : pending;
      if (stored && !take(progress, stored, reading)) return pageAt(progress, table, index, reading, true);
    }
    if (progress.scanned >= limit) return pageAt(progress, table, index, reading, true);
    if (rows.length < maxRows) return pageAt(progress, table, index, reading, false);
    from = rows.at(-1);
  }
}

/**
 * Counts an item as read, and keeps it if it passes the filter.
 * @returns `false` for an item that does not fit: the first of the next page
 */
function take(progress: Progress, stored: StoredItem, reading: Reading): boolean {
  const { filter, project, shown, fetches, countsOnly } = reading;
  const projected = shown?.(stored.item);
  const size = projected ? sizeOfItem(projected) : stored.size;
  if (progress.scanned > 0 && progress.bytes + size > MAX_BYTES) return false;
  progress.scanned++;
  progress.bytes += size;
  progress.last = stored;
  if (fetches) progress.fetched += readUnits(stored.size, reading.consistent);
  const part = fetches ? undefined : projected;
  if (filter && !filter(part ?? stored.item)) return true;
  progress.count++;
  if (countsOnly) return true;
  if (progress.isWhole) progress.whole.push(stored);
  else {
    const item = part ?? stored.item;
    progress.parts.push(project ? project(item) : item);
  }
  return true;
}

function pageAt(
  progress: Progress,
  table: Table,
  index: Index | undefined,
  reading: Reading,
  isMore: boolean,
): Page {
  const { isWhole, whole, parts, count, scanned, bytes, fetched, last } = progress;
  const used = usage(table, index, readUnits(bytes, reading.consistent), fetched);
  reading.meter?.take("read", used);
  return {
    Items: reading.countsOnly ? undefined : isWhole ? rawItems(whole) : parts,
    Count: count,
    ScannedCount: scanned,
    LastEvaluatedKey: isMore && last ? positionOf(table, index, last.item) : undefined,
    ConsumedCapacity: consumedCapacity(reading.returnCapacity, used),
  };
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
