import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { type Printed, printedList, printedMap, RawJson } from "#aws/protocols/raw-json.ts";
import type { BytesRow } from "#kernel/transaction.ts";
import { itemTooLarge } from "../errors.ts";
import { sizeOfItem } from "./size.ts";
import type { Item, Value } from "./value.ts";

/** Byte strings are in it, which are base64 there. */
const WITH_BYTES = 1;
/** Its size, as DynamoDB counts it, stands between the first byte and the text. */
const SIZED = 2;
/** The text is deflated, and its length stands in front of it. */
const PACKED = 4;
const NUMBER_BYTES = 4;

/** Bytes of JSON that are deflated: a row holds less, and many small elements say the same again and again. */
const PACKED_FROM = 512 * 1_024;
/** The same where much is written together, so that all of it is one commit. */
const TIGHT_FROM = 4 * 1_024;
/** Bytes of an item's JSON. None has more but of thousands of numbers with a hundred digits each. */
const MOST_TEXT = 4 * 2 ** 20;
/** What is known of a change beside two images. */
const MOST_BESIDE = 64 * 1_024;
const MOST_ROW = 2 * 2 ** 20;
/** Rows say themselves how long their text is: what is read is held to what is written. */
const MOST_INFLATED = 2 * MOST_TEXT + MOST_BESIDE;

/**
 * Items as they are stored: JSON as on the wire, behind a byte that says what else to know.
 * @param size of an item that will be counted again and again
 * @param isTight where so much is written together that its place matters
 * @throws {AwsError} ValidationException for what has no place in a row
 */
export function encodeItem(item: Item, size?: number, isTight = false): Uint8Array {
  const withBytes = holdsBytes(item) ? WITH_BYTES : 0;
  const text = JSON.stringify(
    withBytes ? mapValues(item, (bytes) => Buffer.from(bytes as Uint8Array).toString("base64")) : item,
  );
  const length = Buffer.byteLength(text);
  if (length > (size === undefined ? MOST_INFLATED : MOST_TEXT)) throw itemTooLarge();
  const packed =
    length > (isTight ? TIGHT_FROM : PACKED_FROM)
      ? deflateRawSync(text, { level: constants.Z_BEST_SPEED })
      : undefined;
  const numbers = (size === undefined ? 0 : 1) + (packed ? 1 : 0);
  const row = 1 + numbers * NUMBER_BYTES + (packed?.length ?? length);
  if (row > MOST_ROW) throw itemTooLarge();
  const out = Buffer.allocUnsafe(row);
  out[0] = withBytes;
  let start = 1;
  if (size !== undefined) {
    out[0] |= SIZED;
    start = out.writeUInt32BE(size, start);
  }
  if (packed) {
    out[0] |= PACKED;
    packed.copy(out, out.writeUInt32BE(length, start));
  } else out.write(text, start);
  return out;
}

export const decodeItem = (stored: Uint8Array): Item => new StoredItem(stored).item;

/** An item as it is stored, of which no more is parsed than is asked for. It prints itself. */
export class StoredItem implements Printed {
  /** Of its JSON, in bytes. */
  readonly length: number;
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Of its JSON, or of what that is deflated to. */
  readonly #text: number;
  #item: Item | undefined;

  constructor(stored: Uint8Array, start = 0, end = stored.length) {
    this.#bytes =
      stored instanceof Buffer ? stored : Buffer.from(stored.buffer, stored.byteOffset, stored.length);
    this.#start = start;
    this.#end = end;
    const behind = start + ((stored[start]! & SIZED) === 0 ? 1 : 1 + NUMBER_BYTES);
    this.#text = this.#isPacked ? behind + NUMBER_BYTES : behind;
    this.length = this.#isPacked ? this.#bytes.readUInt32BE(behind) : end - behind;
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
    return this.#isPacked
      ? this.#inflated().toString("utf8")
      : this.#bytes.toString("utf8", this.#text, this.#end);
  }

  write(into: Buffer, at: number): number {
    if (this.#isPacked) return at + this.#inflated().copy(into, at);
    return at + this.#bytes.copy(into, at, this.#text, this.#end);
  }

  get #isPacked(): boolean {
    return (this.#bytes[this.#start]! & PACKED) !== 0;
  }

  #inflated(): Buffer {
    return inflateRawSync(this.#bytes.subarray(this.#text, this.#end), { maxOutputLength: MOST_INFLATED });
  }
}

/** Bytes of JSON that are read at once. */
const MOST_READ = 8 * 2 ** 20;

/** Of a page of rows those that are read at once, at least one: what is deflated is many times as large. */
export function readAtOnce(rows: readonly BytesRow[], most = MOST_READ): readonly BytesRow[] {
  let bytes = 0;
  const end = rows.findIndex((row) => (bytes += storedItemIn(row).length) > most);
  return end < 0 ? rows : rows.slice(0, Math.max(1, end));
}

/** The item of a row that a range found. */
export function storedItemIn(row: BytesRow): StoredItem {
  const { lent } = row;
  return lent ? new StoredItem(lent.bytes, lent.start, lent.end) : new StoredItem(row.value);
}

/** What is answered of a stored item. */
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

/** Items by their table. */
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
