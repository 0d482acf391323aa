import { type Printed, printedList, printedMap, RawJson } from "#aws/protocols/raw-json.ts";
import type { BytesRow } from "#kernel/transaction.ts";
import { itemTooLarge } from "../errors.ts";
import { sizeOfItem } from "./size.ts";
import type { Item, Value } from "./value.ts";

/** Byte strings are in it, which are base64 there. */
const WITH_BYTES = 1;
/** Its size, as DynamoDB counts it, stands between the first byte and the text. */
const SIZED = 2;
const SIZE_BYTES = 4;
/** What a row holds. Many small elements make a JSON that is many times as large as DynamoDB counts them. */
const MOST_BYTES = 2 * 2 ** 20;

/**
 * Items as they are kept: JSON as on the wire, behind a byte that says what else to know.
 * @param size of an item that will be counted again and again
 * @throws {AwsError} ValidationException for what has no place in a row
 */
export function storedItem(item: Item, size?: number): Uint8Array {
  const withBytes = holdsBytes(item) ? WITH_BYTES : 0;
  const text = JSON.stringify(
    withBytes ? mapValues(item, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64")) : item,
  );
  const start = size === undefined ? 1 : 1 + SIZE_BYTES;
  const length = start + Buffer.byteLength(text);
  if (length > MOST_BYTES) throw itemTooLarge();
  const out = Buffer.allocUnsafe(length);
  out[0] = withBytes;
  if (size !== undefined) {
    out[0] |= SIZED;
    out.writeUInt32BE(size, 1);
  }
  out.write(text, start);
  return out;
}

export const itemStored = (stored: Uint8Array): Item => new Kept(stored).item;

/** An item where it is kept, of which no more is read than is asked for. It prints itself. */
export class Kept implements Printed {
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Of its JSON. */
  readonly #text: number;
  #item: Item | undefined;

  constructor(stored: Uint8Array, start = 0, end = stored.length) {
    this.#bytes =
      stored instanceof Buffer ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.length);
    this.#start = start;
    this.#end = end;
    this.#text = start + ((stored[start]! & SIZED) === 0 ? 1 : 1 + SIZE_BYTES);
    this.length = end - this.#text;
  }

  get item(): Item {
    if (this.#item) return this.#item;
    const item = JSON.parse(this.json) as Item;
    const isPlain = (this.#bytes[this.#start]! & WITH_BYTES) === 0;
    return (this.#item = isPlain ? item : mapValues(item, (text) => Buffer.from(text as string, "base64")));
  }

  /** In bytes, as DynamoDB counts them. */
  get size(): number {
    const isSized = (this.#bytes[this.#start]! & SIZED) !== 0;
    return isSized ? this.#bytes.readUInt32BE(this.#start + 1) : sizeOfItem(this.item);
  }

  get json(): string {
    return this.#bytes.toString("utf8", this.#text, this.#end);
  }

  write(into: Buffer, at: number): number {
    return at + this.#bytes.copy(into, at, this.#text, this.#end);
  }
}

/** The item of a row that a range found. */
export function keptIn(row: BytesRow): Kept {
  const { lent } = row;
  return lent ? new Kept(lent.bytes, lent.start, lent.end) : new Kept(row.value);
}

/** What is answered of an item that is kept. */
export const rawItem = (kept: Kept): RawJson<Item> =>
  new RawJson(
    () => kept.json,
    () => kept.item,
  );

export const rawItems = (kept: readonly Kept[]): RawJson<Item[]> =>
  new RawJson(
    () => printedList(kept),
    () => kept.map(({ item }) => item),
  );

/** Items by their table. */
export const rawTables = (
  tables: readonly (readonly [table: string, items: readonly Kept[], ...unknown[]])[],
): RawJson<Record<string, Item[]>> =>
  new RawJson(
    () => printedMap(tables.map(([name, items]) => [name, printedList(items)])),
    () => Object.fromEntries(tables.map(([name, items]) => [name, items.map(({ item }) => item)])),
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
