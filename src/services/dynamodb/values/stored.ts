import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { type Printed, printedList, printedMap, RawJson } from "#aws/protocols/json/raw.ts";
import type { BytesRow } from "#kernel/records/transaction.ts";
import { itemTooLarge } from "../errors.ts";
import { sizeOfItem } from "./size.ts";
import type { Item, Value } from "./value.ts";

/** A flag of the first byte: the item contains byte strings, which are stored in base64. */
const HAS_BYTES = 1;
/** A flag of the first byte: the item's size, as DynamoDB counts it, follows the first byte. */
const HAS_SIZE = 2;
/** A flag of the first byte: the JSON is deflated, and its inflated length precedes it. */
const IS_DEFLATED = 4;
const NUMBER_BYTES = 4;

/** JSON of more bytes is deflated: it may exceed a row, and many small elements are repetitive. */
const DEFLATE_FROM = 512 * 1_024;
/** JSON of more bytes is deflated if much is written together, so that all of it fits into one commit. */
const TIGHT_DEFLATE_FROM = 4 * 1_024;
/** The most bytes of an item's JSON. Only items with thousands of numbers of a hundred digits exceed it. */
const MAX_JSON_BYTES = 4 * 2 ** 20;
/** The most bytes of JSON that a change record has besides its two images. */
const MAX_CHANGE_BYTES = 64 * 1_024;
const MAX_ROW_BYTES = 2 * 2 ** 20;
/** The most bytes that a row may inflate to: those of two images and the rest of a change record. */
const MAX_INFLATED_BYTES = 2 * MAX_JSON_BYTES + MAX_CHANGE_BYTES;

/**
 * Encodes an item as it is stored: a byte of flags, optional numbers, and the item's JSON as on the wire.
 * @param size the item's size as DynamoDB counts it, to be stored if it will be needed often
 * @param isTight whether to compress smaller items, too, since much is written together
 * @throws {AwsError} ValidationException if the item does not fit into a row
 */
export function encodeItem(item: Item, size?: number, isTight = false): Uint8Array {
  const withBytes = holdsBytes(item) ? HAS_BYTES : 0;
  const text = withBytes ? jsonWithBytes(item) : JSON.stringify(item);
  const length = Buffer.byteLength(text);
  if (length > (size === undefined ? MAX_INFLATED_BYTES : MAX_JSON_BYTES)) throw itemTooLarge();
  const packed =
    length > (isTight ? TIGHT_DEFLATE_FROM : DEFLATE_FROM)
      ? deflateRawSync(text, { level: constants.Z_BEST_SPEED })
      : undefined;
  const numbers = (size === undefined ? 0 : 1) + (packed ? 1 : 0);
  const row = 1 + numbers * NUMBER_BYTES + (packed?.length ?? length);
  if (row > MAX_ROW_BYTES) throw itemTooLarge();
  const out = Buffer.allocUnsafe(row);
  out[0] = withBytes;
  let start = 1;
  if (size !== undefined) {
    out[0] |= HAS_SIZE;
    start = out.writeUInt32BE(size, start);
  }
  if (packed) {
    out[0] |= IS_DEFLATED;
    packed.copy(out, out.writeUInt32BE(length, start));
  } else out.write(text, start);
  return out;
}

const jsonWithBytes = (item: Item) =>
  JSON.stringify(mapValues(item, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64")));

/** An item's JSON as on the wire, with byte strings in base64. */
export const jsonOf = (item: Item): string => (holdsBytes(item) ? jsonWithBytes(item) : JSON.stringify(item));

export const decodeItem = (stored: Uint8Array): Item => new StoredItem(stored).item;

/** A stored item, which is parsed on demand. It can be written to a response without being parsed. */
export class StoredItem implements Printed {
  /** The length of its JSON, in bytes. */
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** The offset of its JSON, which may be deflated. */
  readonly #text: number;
  #item: Item | undefined;

  constructor(stored: Uint8Array, start = 0, end = stored.length) {
    this.#bytes =
      stored instanceof Buffer ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.length);
    this.#start = start;
    this.#end = end;
    const behind = start + ((stored[start]! & HAS_SIZE) === 0 ? 1 : 1 + NUMBER_BYTES);
    this.#text = this.#isPacked ? behind + NUMBER_BYTES : behind;
    this.length = this.#isPacked ? this.#bytes.readUInt32BE(behind) : end - behind;
  }

  get item(): Item {
    if (this.#item) return this.#item;
    const item = JSON.parse(this.json) as Item;
    const isPlain = (this.#bytes[this.#start]! & HAS_BYTES) === 0;
    return (this.#item = isPlain ? item : mapValues(item, (text) => Buffer.from(text as string, "base64")));
  }

  /** Its size in bytes, as DynamoDB counts it. */
  get size(): number {
    const isSized = (this.#bytes[this.#start]! & HAS_SIZE) !== 0;
    return isSized ? this.#bytes.readUInt32BE(this.#start + 1) : sizeOfItem(this.item);
  }

  get json(): string {
    return this.#isPacked
      ? this.#inflated().toString("utf8")
      : this.#bytes.toString("utf8", this.#text, this.#end);
  }

  write(into: Buffer, at: number): number {
    if (this.#isPacked) return at + this.#inflated().copy(into, at);
    return at + this.#bytes.copy(into, at, this.#text, this.#end);
  }

  get #isPacked(): boolean {
    return (this.#bytes[this.#start]! & IS_DEFLATED) !== 0;
  }

  #inflated(): Buffer {
    return inflateRawSync(this.#bytes.subarray(this.#text, this.#end), {
      maxOutputLength: MAX_INFLATED_BYTES,
    });
  }
}

/** The most bytes of JSON to read at once. */
const MAX_READ_BYTES = 8 * 2 ** 20;

/**
 * The first rows of a page, at least one, that are small enough to read at once: a deflated row may be many times as
 * large.
 */
export function readAtOnce(rows: readonly BytesRow[], maxBytes = MAX_READ_BYTES): readonly BytesRow[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += storedItemIn(row).length) > maxBytes);
  return end < 0 ? rows : rows.slice(0, Math.max(1, end));
}

/** The item in a row that a range returned. */
export function storedItemIn(row: BytesRow): StoredItem {
  const { lent } = row;
  return lent ? new StoredItem(lent.bytes, lent.start, lent.end) : new StoredItem(row.value);
}

/** A stored item as a response returns it. */
export const rawItem = (stored: StoredItem): RawJson<Item> =>
  new RawJson(
    () => stored.json,
    () => stored.item,
  );

export const rawItems = (stored: readonly StoredItem[]): RawJson<Item[]> =>
  new RawJson(
    () => printedList(stored),
    () => stored.map(({ item }) => item),
  );

/** Stored items by their table's name, as a response returns them. */
export const rawTables = (
  tables: readonly (readonly [table: string, items: readonly StoredItem[], ...unknown[]])[],
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
