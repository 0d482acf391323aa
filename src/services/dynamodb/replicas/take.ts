import type { KeyPart } from "#kernel/records/keys.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { rowKey } from "../items/keys.ts";
import { writeItem } from "../items/write.ts";
import { itemRows, type Membership, type Table, versionRows } from "../store.ts";
import { decodeItem, encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";
import { isLater, observe, type Version } from "./version.ts";

/** A change of an item in another replica. */
export interface Change {
  /** Its number among the changes of that replica. */
  sequence: number;
  key: Item;
  /** `undefined` if it was deleted. */
  item: Item | undefined;
  version: Version;
}

/** Encodes a change in the form of an item. Its Region is omitted, as it is the Region that stores the change. */
export function storedChange({ key, item, version, sequence }: Change, isTight: boolean): Uint8Array {
  const change: Item = {
    key: { M: key },
    at: { N: String(version.at) },
    sequence: { N: String(sequence) },
  };
  if (item) change.item = { M: item };
  return encodeItem(change, undefined, isTight);
}

export function changeStored(stored: Uint8Array, region: string): Change {
  const { key, item, at, sequence } = decodeItem(stored);
  return {
    key: key!.M!,
    item: item?.M,
    version: { at: Number(at!.N), region },
    sequence: Number(sequence!.N),
  };
}

/** The version time of items that are older than the first replica: all other versions are later. */
export const BEFORE_ALL = 0;

const versionKey = ({ number }: Membership, [, ...own]: readonly KeyPart[]) => [number, ...own];

/** @param row the item's row key */
export async function versionAt(
  tx: ReadTransaction,
  group: Membership,
  row: readonly KeyPart[],
): Promise<Version | undefined> {
  const stored = await tx.getBytes(versionRows, versionKey(group, row));
  return stored && JSON.parse(Buffer.from(stored).toString());
}

export function keepVersion(
  tx: Transaction,
  group: Membership,
  row: readonly KeyPart[],
  version: Version,
): void {
  tx.putBytes(versionRows, versionKey(group, row), Buffer.from(JSON.stringify(version)));
}

/** Applies another Region's change, unless the item has a later version here. The change is not delivered any further. */
export async function take(
  tx: Transaction,
  table: Table,
  group: Membership,
  { key, item, version }: Omit<Change, "sequence">,
): Promise<void> {
  const row = rowKey(table.number, table.key, key);
  const current = await versionAt(tx, group, row);
  if (current && !isLater(version, current)) return;
  observe(tx, version);
  if (version.at > BEFORE_ALL) keepVersion(tx, group, row, version);
  const stored = await tx.getBytes(itemRows, row);
  if (stored || item)
    await writeItem(tx, table, stored && decodeItem(stored), item, row, { isUnlimited: true });
}
