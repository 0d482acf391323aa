import type { BytesRow } from "#kernel/records/transaction.ts";
import type { Export } from "../store.ts";
import { sizeOfItem } from "../values/size.ts";
import { jsonOf, type StoredItem, storedItemIn } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { type Filter, filterOf, filterStored } from "./filter.ts";
import { ionOf } from "./ion.ts";
import { changeIn } from "./net-change.ts";

/** What an export writes of a row. */
export interface Line {
  /** `undefined` if the export does not contain the row. */
  text: string | undefined;
  /** The bytes that it has to read, as DynamoDB counts them. */
  bytes: number;
}

const NONE: Line = { text: undefined, bytes: 0 };

export function linesOf(exported: Export): (row: BytesRow) => Line {
  const { asked, filter: stored, of, span } = exported;
  const filter = stored && filterOf(filterStored(stored))(of);
  return (row) => {
    const item = storedItemIn(row);
    return span
      ? lineOfChange(span.view, item, filter)
      : lineOfItem(item, filter, asked.ExportFormat === "ION");
  };
}

function lineOfItem(stored: StoredItem, filter: Filter | undefined, isIon: boolean): Line {
  // A whole table was counted when it was copied, and for JSON its items need not be parsed.
  if (!filter) return { text: isIon ? ionLine(stored.item) : `{"Item":${stored.json}}\n`, bytes: 0 };
  const { item, size: bytes } = stored;
  if (!filter.isRead(item)) return NONE;
  if (!filter.holds(item)) return { text: undefined, bytes };
  const shown = filter.project(item);
  return { text: isIon ? ionLine(shown) : lineOf({ Item: shown }), bytes };
}

/** A filter applies to the last image of an item within the period, or to its first if it was deleted. */
function lineOfChange(view: string, stored: StoredItem, filter: Filter | undefined): Line {
  const { key, old, new: image, at } = changeIn(stored.item);
  const last = image ?? old;
  // An item that was both created and deleted within the period is not exported.
  if (!last || filter?.isRead(last) === false) return NONE;
  const bytes = sizeOfItem(old ?? {}) + sizeOfItem(image ?? {});
  if (filter?.holds(last) === false) return { text: undefined, bytes };
  const shown = (item: Item) => (filter ? filter.project(item) : item);
  const text = lineOf({
    Metadata: { WriteTimestampMicros: { N: `${at}000` } },
    Keys: key,
    ...(old && view === "NEW_AND_OLD_IMAGES" && { OldImage: shown(old) }),
    ...(image && { NewImage: shown(image) }),
  });
  return { text, bytes };
}

function lineOf(record: Record<string, Item>): string {
  const members = Object.entries(record).map(([name, item]) => `"${name}":${jsonOf(item)}`);
  return `{${members.join(",")}}\n`;
}

/** Each line begins with a version marker. */
const ionLine = (item: Item) => `$ion_1_0 {Item:${ionOf(item)}}\n`;
