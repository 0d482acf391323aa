import type { BytesRow, ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import { recordRows, restRows, type Shard } from "../store.ts";

/**
 * The records that one call writes to one shard are one row. A record's *position* in its shard is the number that the
 * partition gave the row, multiplied by this, plus the record's index in the row.
 */
export const POSITIONS = 1_024;

export const rowAt = (position: number): number => Math.floor(position / POSITIONS);

export interface NewRecord {
  /** A record without a key is stored with an empty one, which no caller can give. */
  PartitionKey?: string | undefined;
  Data: Uint8Array;
}

/** A record, as a range of its row's bytes. */
export interface Stored {
  position: number;
  /** Milliseconds since 1970, cloud time. */
  arrival: number;
  isSealed: boolean;
  bytes: Buffer;
  keyAt: number;
  dataAt: number;
  end: number;
}

/** The row's header: arrival (8 bytes), number (8), count of records (2) and flags (1). */
const HEAD = 19;
/** A record's header: the lengths of the partition key (2 bytes) and of the data (4). */
const RECORD_HEAD = 6;
const SEALED = 1;
const SPLIT = 2;
/** The maximum size of a row: more than most records need, and well below the store's limit. */
const MAX_ROW_BYTES = 1.5 * 2 ** 20;
/** The maximum number of a row's further parts, read at once. */
const MAX_PARTS = 64;

/** The additional authenticated data of encrypted records. */
const sealOf = (stream: number, number: number) => `kinesis/row ${stream} ${number}`;

/** Stores records in as few rows as possible. @returns the position of each */
export function storeRecords(
  tx: Transaction,
  { stream, index }: Pick<Shard, "stream" | "index">,
  records: readonly NewRecord[],
  isSealed: boolean,
): number[] {
  const positions: number[] = [];
  const sizes = records.map(
    ({ PartitionKey = "", Data }) => RECORD_HEAD + Buffer.byteLength(PartitionKey) + Data.length,
  );
  for (let from = 0; from < records.length; ) {
    let size = sizes[from]!;
    let to = from + 1;
    while (to < records.length && size + sizes[to]! <= MAX_ROW_BYTES) size += sizes[to++]!;
    const number = tx.sequence();
    storeRow(tx, [stream, index, number], packed(records, from, to, size), to - from, isSealed);
    for (let at = from; at < to; at++) positions.push(number * POSITIONS + at - from);
    from = to;
  }
  return positions;
}

/** Packs records, leaving room for the row's header. */
function packed(records: readonly NewRecord[], from: number, to: number, size: number): Buffer {
  const out = Buffer.allocUnsafe(HEAD + size);
  let at = HEAD;
  for (let index = from; index < to; index++) {
    const { PartitionKey = "", Data } = records[index]!;
    const keyLength = out.write(PartitionKey, at + RECORD_HEAD);
    out.writeUInt16BE(keyLength, at);
    out.writeUInt32BE(Data.length, at + 2);
    at += RECORD_HEAD + keyLength;
    out.set(Data, at);
    at += Data.length;
  }
  return out;
}

function storeRow(
  tx: Transaction,
  key: [number, number, number],
  row: Buffer,
  count: number,
  isSealed: boolean,
) {
  const [stream, , number] = key;
  let all = row;
  if (isSealed) {
    const sealed = tx.sealed(row.subarray(HEAD), sealOf(stream, number));
    all = Buffer.concat([row.subarray(0, HEAD), sealed]);
  }
  const isSplit = all.length > MAX_ROW_BYTES + HEAD;
  all.writeDoubleBE(tx.now(), 0);
  all.writeDoubleBE(number, 8);
  all.writeUInt16BE(count, 16);
  all[18] = (isSealed ? SEALED : 0) | (isSplit ? SPLIT : 0);
  if (!isSplit) return tx.putBytes(recordRows, key, all);
  for (let at = 0, part = 0; at < all.length; at += MAX_ROW_BYTES, part++) {
    const piece = all.subarray(at, at + MAX_ROW_BYTES);
    if (part === 0) tx.putBytes(recordRows, key, piece);
    else tx.putBytes(restRows, [...key, part], piece);
  }
}

export const arrivalOf = ({ value }: BytesRow): number => view(value).readDoubleBE(0);
export const numberOf = ({ value }: BytesRow): number => view(value).readDoubleBE(8);

/** The records of a row from a position on. */
export function recordsIn(
  tx: ReadTransaction,
  { stream, index }: Pick<Shard, "stream" | "index">,
  row: BytesRow,
  from: number,
): Stored[] | Promise<Stored[]> {
  const bytes = view(row.value);
  const flags = bytes[18]!;
  if (flags === 0) return unpacked(bytes, bytes, HEAD, from);
  const opened = (whole: Buffer) =>
    (flags & SEALED) === 0
      ? unpacked(bytes, whole, HEAD, from)
      : unpacked(bytes, view(tx.unsealed(whole.subarray(HEAD), sealOf(stream, numberOf(row)))), 0, from);
  if ((flags & SPLIT) === 0) return opened(bytes);
  return partsOf(tx, [stream, index, numberOf(row)]).then((parts) =>
    opened(Buffer.concat([bytes, ...parts.map(({ value }) => value)])),
  );
}

function unpacked(head: Buffer, bytes: Buffer, start: number, from: number): Stored[] {
  const arrival = head.readDoubleBE(0);
  const first = head.readDoubleBE(8) * POSITIONS;
  const count = head.readUInt16BE(16);
  const isSealed = (head[18]! & SEALED) !== 0;
  const stored: Stored[] = [];
  let at = start;
  for (let index = 0; index < count; index++) {
    const keyAt = at + RECORD_HEAD;
    const dataAt = keyAt + bytes.readUInt16BE(at);
    const end = dataAt + bytes.readUInt32BE(at + 2);
    const position = first + index;
    if (position >= from) stored.push({ position, arrival, isSealed, bytes, keyAt, dataAt, end });
    at = end;
  }
  return stored;
}

const partsOf = (tx: ReadTransaction, key: number[]) => tx.listBytes(restRows, { in: key, limit: MAX_PARTS });

export async function deleteRow(
  tx: Transaction,
  { stream, index }: Pick<Shard, "stream" | "index">,
  row: BytesRow,
): Promise<void> {
  tx.deleteRow(row);
  if ((row.value[18]! & SPLIT) === 0) return;
  for (const part of await partsOf(tx, [stream, index, numberOf(row)])) tx.deleteRow(part);
}

const view = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
