import { crc32 } from "node:zlib";
import { keyTextIn } from "../key-text.ts";
import { TextRow } from "../text-row.ts";

/**
 * How a file of the log is laid out. It begins with the head of its generation:
 *
 *     8  "NUBELOG" and the version of this layout
 *     8  number of the generation
 *     8  salt, by chance
 *     4  records of the generation before
 *     4  CRC-32 of all that
 *
 * Records follow, each a group of commits that became durable together, with a check that is seeded with the salt and
 * the record's number: neither an older record nor bytes that a client chose can be taken for one of this generation.
 *
 *     4  bytes of rows
 *     4  CRC-32 of the rows
 *
 * A row, where a length of 2³² − 1 says that the key is deleted:
 *
 *     2  bytes of key
 *     4  bytes of value
 *        key, value
 */
const MAGIC = Buffer.from("NUBELOG\x01");
export const HEAD = 32;
export const RECORD_HEAD = 8;
export const ROW_HEAD = 6;
const DELETED = 0xffff_ffff;

export interface Head {
  number: number;
  salt: Uint8Array;
  /** Records of the generation before, which tell whether that one is whole. */
  before: number;
}

export const SALT = 8;

export function writeHead(into: Buffer, { number, salt, before }: Head): void {
  MAGIC.copy(into);
  into.writeBigUInt64LE(BigInt(number), 8);
  into.set(salt, 16);
  into.writeUInt32LE(before, 24);
  into.writeUInt32LE(crc32(into.subarray(0, 28)), 28);
}

/** `undefined` where none was ever finished. */
export function readHead(from: Buffer): Head | undefined {
  if (from.length < HEAD || MAGIC.compare(from, 0, MAGIC.length) !== 0) return undefined;
  if (from.readUInt32LE(28) !== crc32(from.subarray(0, 28))) return undefined;
  return {
    number: Number(from.readBigUInt64LE(8)),
    salt: Uint8Array.from(from.subarray(16, 24)),
    before: from.readUInt32LE(24),
  };
}

/** What the checks of a generation's records begin with. */
export function recordSeed(salt: Uint8Array): (record: number, length: number) => number {
  const facts = Buffer.alloc(SALT + 8);
  facts.set(salt);
  return (record, length) => {
    facts.writeUInt32LE(record, SALT);
    facts.writeUInt32LE(length, SALT + 4);
    return crc32(facts);
  };
}

/** Finishes a record whose rows lie at `start + RECORD_HEAD` up to `end`. */
export function writeRecordHead(into: Buffer, start: number, end: number, seed: number): void {
  const rows = into.subarray(start + RECORD_HEAD, end);
  into.writeUInt32LE(rows.length, start);
  into.writeUInt32LE(crc32(rows, seed), start + 4);
}

/** Where the record at `start` ends; `undefined` where there is none. */
export function endOfRecord(
  from: Buffer,
  start: number,
  seed: (length: number) => number,
): number | undefined {
  if (start + RECORD_HEAD > from.length) return undefined;
  const length = from.readUInt32LE(start);
  const end = start + RECORD_HEAD + length;
  if (end > from.length) return undefined;
  const check = crc32(from.subarray(start + RECORD_HEAD, end), seed(length));
  return check === from.readUInt32LE(start + 4) ? end : undefined;
}

/** @returns where the row ends */
export function writeRow(into: Buffer, at: number, key: Uint8Array, value: Uint8Array | undefined): number {
  const start = at + ROW_HEAD;
  into.writeUInt16LE(key.length, at);
  into.writeUInt32LE(value ? value.length : DELETED, at + 2);
  into.set(key, start);
  if (!value) return start + key.length;
  into.set(value, start + key.length);
  return start + key.length + value.length;
}

export function keyTextAt(from: Buffer, at: number): string {
  return keyTextIn(from, at + ROW_HEAD, at + ROW_HEAD + from.readUInt16LE(at));
}

/** `undefined` for a deletion. The bytes are those of the log itself. */
export function valueAt(from: Buffer, at: number): Buffer | undefined {
  const length = from.readUInt32LE(at + 2);
  if (length === DELETED) return undefined;
  const start = at + ROW_HEAD + from.readUInt16LE(at);
  return from.subarray(start, start + length);
}

/** The same in bytes of its own. */
export function valueCopyAt(from: Buffer, at: number): Buffer | undefined {
  const length = from.readUInt32LE(at + 2);
  if (length === DELETED) return undefined;
  const start = at + ROW_HEAD + from.readUInt16LE(at);
  const value = Buffer.allocUnsafe(length);
  from.copy(value, 0, start, start + length);
  return value;
}

/** The row at `at`, whose key is known: its value stands in the log. */
export function rowAt(from: Buffer, text: string, at: number): TextRow | undefined {
  const length = from.readUInt32LE(at + 2);
  if (length === DELETED) return undefined;
  const start = at + ROW_HEAD + text.length;
  return new TextRow(text, from, start, start + length);
}

/** Where the row after the one at `at` begins. */
export function nextRow(from: Buffer, at: number): number {
  const length = from.readUInt32LE(at + 2);
  return at + ROW_HEAD + from.readUInt16LE(at) + (length === DELETED ? 0 : length);
}
