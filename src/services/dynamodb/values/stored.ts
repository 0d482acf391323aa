import type { Item, Value } from "./value.ts";

const PLAIN = 0;
const WITH_BYTES = 1;

/**
 * Items as they are kept: JSON as on the wire, behind a byte that says whether there are byte strings in it, which are
 * base64 there.
 */
export function storedItem(item: Item): Uint8Array {
  const hasBytes = Object.values(item).some(holdsBytes);
  const text = JSON.stringify(
    hasBytes ? mapValues(item, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64")) : item,
  );
  const out = Buffer.allocUnsafe(1 + Buffer.byteLength(text));
  out[0] = hasBytes ? WITH_BYTES : PLAIN;
  out.write(text, 1);
  return out;
}

export function itemStored(stored: Uint8Array): Item {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const item = JSON.parse(bytes.toString("utf8", 1)) as Item;
  return bytes[0] === PLAIN ? item : mapValues(item, (text) => Buffer.from(text as string, "base64"));
}

function holdsBytes(value: Value): boolean {
  if (value.B !== undefined || value.BS !== undefined) return true;
  if (value.M !== undefined) return Object.values(value.M).some(holdsBytes);
  return value.L?.some(holdsBytes) ?? false;
}

type Change = (bytes: Uint8Array | string) => Uint8Array | string;

function mapValues(item: Item, change: Change): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, mapValue(value, change)]));
}

function mapValue(value: Value, change: Change): Value {
  if (value.B !== undefined) return { B: change(value.B) as Uint8Array };
  if (value.BS !== undefined) return { BS: value.BS.map(change) as Uint8Array[] };
  if (value.M !== undefined) return { M: mapValues(value.M, change) };
  return value.L === undefined ? value : { L: value.L.map((element) => mapValue(element, change)) };
}
