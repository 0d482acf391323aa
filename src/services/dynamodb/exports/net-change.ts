import { decodeItem, encodeItem } from "../values/stored.ts";
import type { Item } from "../values/value.ts";

/** The net change of an item in a period: the item at its start and at its end, if any. */
export interface NetChange {
  key: Item;
  old: Item | undefined;
  new: Item | undefined;
  /** The time of the last change, in milliseconds since 1970, cloud time. */
  at: number;
}

/** Encodes a net change in the form of an item. */
export function storedChange({ key, old, new: image, at }: NetChange): Uint8Array {
  const change: Item = { key: { M: key }, at: { N: String(at) } };
  if (old) change.old = { M: old };
  if (image) change.new = { M: image };
  return encodeItem(change);
}

export const changeStored = (stored: Uint8Array): NetChange => changeIn(decodeItem(stored));

export const changeIn = ({ key, old, new: image, at }: Item): NetChange => ({
  key: key!.M!,
  old: old?.M,
  new: image?.M,
  at: Number(at!.N),
});
