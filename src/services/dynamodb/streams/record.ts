import type { Transaction } from "#kernel/transaction.ts";
import { keyOf } from "../items/keys.ts";
import { type OpenStream, streamRows, type Table } from "../store.ts";
import { storedItem } from "../values/stored.ts";
import { type Item, isEqual } from "../values/value.ts";

/**
 * A change as a stream keeps it. In the form of an item, so that it is kept like one. A put that changes nothing leaves no
 * record.
 */
export function record(
  tx: Transaction,
  table: Table,
  { number, view }: OpenStream,
  before: Item | undefined,
  after: Item | undefined,
  by: "ttl" | undefined,
): void {
  if (before && after && isEqual({ M: before }, { M: after })) return;
  const sequence = tx.sequence();
  const change: Item = {
    name: { S: after ? (before ? "MODIFY" : "INSERT") : "REMOVE" },
    at: { N: String(tx.now()) },
    sequence: { N: String(sequence) },
    keys: { M: keyOf(table.key, (after ?? before)!) },
  };
  const shows = (image: "NEW" | "OLD") => view === "NEW_AND_OLD_IMAGES" || view === `${image}_IMAGE`;
  if (after && shows("NEW")) change.new = { M: after };
  if (before && shows("OLD")) change.old = { M: before };
  if (by) change.by = { S: by };
  tx.putBytes(streamRows, [number, sequence], storedItem(change));
}
