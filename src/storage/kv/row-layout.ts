import { keyTextIn } from "./key-text.ts";
import { LaidRow } from "./laid-row.ts";

/**
 * The layout of consecutive rows, in memory and in log files. A length of 2³² − 1 marks a deleted key.
 *
 * 2  bytes of key
 * 4  bytes of value
 * key, value
 */
export const ROW_HEAD_BYTES = 6;
const DELETED = 0xffff_ffff;

/** @returns the end of the row */
export function writeRow(into: Buffer, at: number, key: Uint8Array, value: Uint8Array | undefined): number {
  const start = at + ROW_HEAD_BYTES;
  into.writeUInt16LE(key.length, at);
  into.writeUInt32LE(value ? value.length : DELETED, at + 2);
  into.set(key, start);
  if (!value) return start + key.length;
  into.set(value, start + key.length);
  return start + key.length + value.length;
}

/** The start of the row after the one at `at`. */
export function nextRow(from: Buffer, at: number): number {
  const length = valueLengthAt(from, at);
  return keyEndAt(from, at) + (length === DELETED ? 0 : length);
}

const valueLengthAt = (from: Uint8Array, at: number): number =>
  (from[at + 2]! | (from[at + 3]! << 8) | (from[at + 4]! << 16) | (from[at + 5]! << 24)) >>> 0;

const keyEndAt = (from: Uint8Array, at: number): number =>
  at + ROW_HEAD_BYTES + (from[at]! | (from[at + 1]! << 8));

/** Turns a row into a gap of the same size, marked by an empty key, which no row has. */
export function eraseRow(from: Buffer, at: number): void {
  const end = nextRow(from, at);
  from.writeUInt16LE(0, at);
  from.writeUInt32LE(end - at - ROW_HEAD_BYTES, at + 2);
}

export const isErased = (from: Uint8Array, at: number): boolean => keyEndAt(from, at) === at + ROW_HEAD_BYTES;

/** A slice of the buffer. */
export const keyAt = (from: Buffer, at: number): Buffer =>
  from.subarray(at + ROW_HEAD_BYTES, keyEndAt(from, at));

export const keyTextAt = (from: Uint8Array, at: number): string =>
  keyTextIn(from, at + ROW_HEAD_BYTES, keyEndAt(from, at));

/** Compares the key of the row at `at` with another. */
export const compareKeyAt = (from: Uint8Array, at: number, key: Uint8Array): number =>
  compareBytes(from, at + ROW_HEAD_BYTES, keyEndAt(from, at), key);

/** Compares the bytes from `start` to `end` with a key: returns less than, equal to or greater than zero. */
export function compareBytes(bytes: Uint8Array, start: number, end: number, key: Uint8Array): number {
  const shared = Math.min(end - start, key.length);
  for (let i = 0; i < shared; i++) {
    const difference = bytes[start + i]! - key[i]!;
    if (difference !== 0) return difference;
  }
  return end - start - key.length;
}

/** A slice of the buffer; `undefined` for a deletion. */
export function valueAt(from: Buffer, at: number): Buffer | undefined {
  const length = valueLengthAt(from, at);
  if (length === DELETED) return undefined;
  const start = keyEndAt(from, at);
  return from.subarray(start, start + length);
}

/** A copy of the value; `undefined` for a deletion. */
export function valueCopyAt(from: Buffer, at: number): Buffer | undefined {
  const length = valueLengthAt(from, at);
  if (length === DELETED) return undefined;
  const start = keyEndAt(from, at);
  const value = Buffer.allocUnsafe(length);
  from.copy(value, 0, start, start + length);
  return value;
}

/** The row at `at`, as slices of the buffer; `undefined` for a deletion. */
export function rowAt(from: Buffer, at: number): LaidRow | undefined {
  const length = valueLengthAt(from, at);
  if (length === DELETED) return undefined;
  const start = keyEndAt(from, at);
  return new LaidRow(from, at + ROW_HEAD_BYTES, start, start + length);
}
