import type { BytesRow } from "#kernel/transaction.ts";

export interface StoredRecord {
  /** The number that the partition gave it. */
  number: number;
  /** Cloud time. */
  arrival: number;
  partitionKey: string;
  data: Uint8Array;
  /** Whether the data is encrypted. */
  isSealed: boolean;
  /** Whether the data goes on in rows of its own. */
  isSplit: boolean;
}

/** Arrival, number, length of the partition key: 8, 8 and 2 bytes before the two texts. */
const HEAD = 18;
/** In the length of the partition key, which has 1,024 bytes at most. */
const SEALED = 0x8000;
const SPLIT = 0x4000;
/** Of data in one row: more than all but the largest records have, and well below what the store takes. */
const MOST_IN_ROW = 1.5 * 2 ** 20;

export function pieces(data: Uint8Array): [Uint8Array, ...Uint8Array[]] {
  const rest: Uint8Array[] = [];
  for (let at = MOST_IN_ROW; at < data.length; at += MOST_IN_ROW)
    rest.push(data.subarray(at, at + MOST_IN_ROW));
  return [data.length > MOST_IN_ROW ? data.subarray(0, MOST_IN_ROW) : data, ...rest];
}

/** What vouches for sealed data, besides its key. */
export const sealOf = (stream: number, number: number) => `kinesis/record ${stream} ${number}`;

export function storedRecord({
  number,
  arrival,
  partitionKey,
  data,
  isSealed,
  isSplit,
}: StoredRecord): Uint8Array {
  const key = Buffer.from(partitionKey);
  const out = Buffer.allocUnsafe(HEAD + key.length + data.length);
  out.writeDoubleBE(arrival, 0);
  out.writeDoubleBE(number, 8);
  out.writeUInt16BE(key.length | (isSealed ? SEALED : 0) | (isSplit ? SPLIT : 0), 16);
  out.set(key, HEAD);
  out.set(data, HEAD + key.length);
  return out;
}

export function recordStored({ value }: Pick<BytesRow, "value">): StoredRecord {
  const bytes = view(value);
  const length = bytes.readUInt16BE(16);
  const dataAt = HEAD + (length & ~(SEALED | SPLIT));
  return {
    number: bytes.readDoubleBE(8),
    arrival: bytes.readDoubleBE(0),
    partitionKey: bytes.toString("utf8", HEAD, dataAt),
    data: bytes.subarray(dataAt),
    isSealed: (length & SEALED) !== 0,
    isSplit: (length & SPLIT) !== 0,
  };
}

export const arrivalOf = (value: Uint8Array): number => view(value).readDoubleBE(0);

const view = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
