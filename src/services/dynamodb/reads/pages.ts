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

/** Bytes that a query or scan looks at for one answer. */
const MOST_BYTES = 2 ** 20;
/** Rows that are fetched at a time. */
const ROWS = 128;

export interface Answer {
  Items?: Item[] | RawJson<Item[]>;
  Count: number;
  ScannedCount: number;
  LastEvaluatedKey?: Item | undefined;
  ConsumedCapacity?: DynamoDB.ConsumedCapacity | undefined;
}

/**
 * Goes through rows in their order until there are enough, or a megabyte of them, and answers those that the filter wants.
 * Items that are answered whole are not read for that.
 * @param range without its beginning, where the reading begins behind a key
 */
export async function pageOf(
  tx: ReadTransaction,
  table: Table,
  index: Index | undefined,
  range: Omit<ListRange, "limit">,
  reading: Reading,
): Promise<Answer> {
  const { filter, project, shown, fetches, limit = Number.POSITIVE_INFINITY } = reading;
  const isWhole = !project && (!shown || fetches);
  const whole: StoredItem[] = [];
  const parts: Item[] = [];
  let count = 0;
  let scanned = 0;
  let bytes = 0;
  /** Units of the table beside those of a local index. */
  let fetched = 0;
  let last: StoredItem | undefined;
  let from: BytesRow | undefined;

  const answer = (isMore: boolean): Answer => {
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
    const most = Math.min(ROWS, limit - scanned);
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
      // What would not fit any more begins the next answer.
      if (scanned > 0 && bytes + size > MOST_BYTES) return answer(true);
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

/** The items of a page, to be looked into. */
export const itemsIn = ({ Items = [] }: Answer): Item[] => (Items instanceof RawJson ? Items.value() : Items);

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
