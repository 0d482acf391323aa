import { RawJson, rawList, rawMap } from "#aws/protocols/raw-json.ts";
import { sizeOfItem } from "./size.ts";
import type { Item, Value } from "./value.ts";

/** Byte strings are in it, which are base64 there. */
const WITH_BYTES = 1;
/** Its size, as DynamoDB counts it, stands between the first byte and the text. */
const SIZED = 2;
const SIZE_BYTES = 4;

/**
 * Items as they are kept: JSON as on the wire, behind a byte that says what else to know.
 * @param size of an item that will be counted again and again
 */
export function storedItem(item: Item, size?: number): Uint8Array {
  const withBytes = holdsBytes(item) ? WITH_BYTES : 0;
  const text = JSON.stringify(
    withBytes ? mapValues(item, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64")) : item,
  );
  const start = size === undefined ? 1 : 1 + SIZE_BYTES;
  const out = Buffer.allocUnsafe(start + Buffer.byteLength(text));
  out[0] = withBytes;
  if (size !== undefined) {
    out[0] |= SIZED;
    out.writeUInt32BE(size, 1);
  }
  out.write(text, start);
  return out;
}

export const itemStored = (stored: Uint8Array): Item => new Kept(stored).item;

/** An item where it is kept, of which no more is read than is asked for. */
export class Kept {
  readonly #bytes: Buffer;
  #item: Item | undefined;

  constructor(stored: Uint8Array) {
    this.#bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.length);
  }

  get item(): Item {
    if (this.#item) return this.#item;
    const item = JSON.parse(this.#bytes.toString("utf8", this.#start)) as Item;
    const isPlain = (this.#bytes[0]! & WITH_BYTES) === 0;
    return (this.#item = isPlain ? item : mapValues(item, (text) => Buffer.from(text as string, "base64")));
  }

  /** In bytes, as DynamoDB counts them. */
  get size(): number {
    return this.#isSized ? this.#bytes.readUInt32BE(1) : sizeOfItem(this.item);
  }

  get json(): Buffer {
    return this.#bytes.subarray(this.#start);
  }

  get #isSized(): boolean {
    return (this.#bytes[0]! & SIZED) !== 0;
  }

  get #start(): number {
    return this.#isSized ? 1 + SIZE_BYTES : 1;
  }
}

/** What is answered of an item that is kept. */
export const rawItem = (kept: Kept): RawJson<Item> =>
  new RawJson(
    () => kept.json,
    () => kept.item,
  );

export const rawItems = (kept: readonly Kept[]): RawJson<Item[]> =>
  new RawJson(
    () => rawList(kept.map(({ json }) => json)),
    () => kept.map(({ item }) => item),
  );

/** Items by their table. */
export const rawTables = (
  tables: readonly (readonly [table: string, items: readonly Kept[], ...unknown[]])[],
): RawJson<Record<string, Item[]>> =>
  new RawJson(
    () => rawMap(tables.map(([name, items]) => [name, rawItems(items).print()])),
    () => Object.fromEntries(tables.map(([name, items]) => [name, rawItems(items).value()])),
  );

function holdsBytes(item: Item): boolean {
  for (const name in item) if (isOrHoldsBytes(item[name]!)) return true;
  return false;
}

function isOrHoldsBytes(value: Value): boolean {
  if (value.S !== undefined || value.N !== undefined) return false;
  if (value.B !== undefined || value.BS !== undefined) return true;
  if (value.M !== undefined) return holdsBytes(value.M);
  return value.L?.some(isOrHoldsBytes) ?? false;
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
