import { crc32 } from "node:zlib";

/**
 * The layout of a log file. It begins with the head of its generation:
 *
 * 8  "NUBELOG" and the version of this layout
 * 8  number of the generation
 * 8  random salt
 * 4  records of the previous generation
 * 4  CRC-32 of all of the above
 *
 * Records follow, each a group of commits that became durable together. Its checksum is seeded with the salt
 * and the record's number, so that neither an older record nor bytes chosen by a client can pass as a record
 * of this generation.
 *
 * 4  bytes of rows, in the format of `row-layout.ts`
 * 4  CRC-32 of the rows
 */
const MAGIC = Buffer.from("NUBELOG\x01");
export const HEAD_BYTES = 32;
export const RECORD_HEAD_BYTES = 8;

export interface Head {
  number: number;
  salt: Uint8Array;
  /** The number of records of the previous generation, which shows whether that one is complete. */
  before: number;
}

export const SALT_BYTES = 8;

export function writeHead(into: Buffer, { number, salt, before }: Head): void {
  MAGIC.copy(into);
  into.writeBigUInt64LE(BigInt(number), 8);
  into.set(salt, 16);
  into.writeUInt32LE(before, 24);
  into.writeUInt32LE(crc32(into.subarray(0, 28)), 28);
}

/** `undefined` if no head was ever completely written. */
export function readHead(from: Buffer): Head | undefined {
  if (from.length < HEAD_BYTES || MAGIC.compare(from, 0, MAGIC.length) !== 0) return undefined;
  if (from.readUInt32LE(28) !== crc32(from.subarray(0, 28))) return undefined;
  return {
    number: Number(from.readBigUInt64LE(8)),
    salt: Uint8Array.from(from.subarray(16, 24)),
    before: from.readUInt32LE(24),
  };
}

/** Returns the function that seeds the checksums of a generation's records. */
export function recordSeed(salt: Uint8Array): (record: number, length: number) => number {
  const facts = Buffer.alloc(SALT_BYTES + 8);
  facts.set(salt);
  return (record, length) => {
    facts.writeUInt32LE(record, SALT_BYTES);
    facts.writeUInt32LE(length, SALT_BYTES + 4);
    return crc32(facts);
  };
}

/** Completes a record whose rows are between `start + RECORD_HEAD_BYTES` and `end`. */
export function writeRecordHead(into: Buffer, start: number, end: number, seed: number): void {
  const rows = into.subarray(start + RECORD_HEAD_BYTES, end);
  into.writeUInt32LE(rows.length, start);
  into.writeUInt32LE(crc32(rows, seed), start + 4);
}

/** The end of the record at `start`; `undefined` if there is no valid record. */
export function endOfRecord(
  from: Buffer,
  start: number,
  seed: (length: number) => number,
): number | undefined {
  if (start + RECORD_HEAD_BYTES > from.length) return undefined;
  const length = from.readUInt32LE(start);
  const end = start + RECORD_HEAD_BYTES + length;
  if (end > from.length) return undefined;
  const check = crc32(from.subarray(start + RECORD_HEAD_BYTES, end), seed(length));
  return check === from.readUInt32LE(start + 4) ? end : undefined;
}
