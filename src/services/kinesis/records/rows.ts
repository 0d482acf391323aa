import type { BytesRow } from "#kernel/transaction.ts";

export interface StoredRecord {
  /** The number that the partition gave it. */
  number: number;
  /** Cloud time. */
  arrival: number;
  partitionKey: string;
  data: Uint8Array;
}

/** Arrival, number, length of the partition key: 8, 8 and 2 bytes before the two texts. */
const HEAD = 18;

export function storedRecord({ number, arrival, partitionKey, data }: StoredRecord): Uint8Array {
  const key = Buffer.from(partitionKey);
  const out = Buffer.allocUnsafe(HEAD + key.length + data.length);
  out.writeDoubleBE(arrival, 0);
  out.writeDoubleBE(number, 8);
  out.writeUInt16BE(key.length, 16);
  out.set(key, HEAD);
  out.set(data, HEAD + key.length);
  return out;
}

export function recordStored({ value }: Pick<BytesRow, "value">): StoredRecord {
  const bytes = view(value);
  const dataAt = HEAD + bytes.readUInt16BE(16);
  return {
    number: bytes.readDoubleBE(8),
    arrival: bytes.readDoubleBE(0),
    partitionKey: bytes.toString("utf8", HEAD, dataAt),
    data: bytes.subarray(dataAt),
  };
}

export const arrivalOf = (value: Uint8Array): number => view(value).readDoubleBE(0);

const view = (value: Uint8Array) => Buffer.from(value.buffer, value.byteOffset, value.byteLength);
