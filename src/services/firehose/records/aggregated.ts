import { hash } from "node:crypto";

/**
 * Records that the Kinesis Producer Library aggregated into one:
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
const MAGIC = Buffer.from("f3899ac2", "hex");
const MD5_BYTES = 16;
/** Protocol Buffers field numbers of the aggregate and of its records. */
const RECORDS = 3;
const DATA = 3;
const VARINT = 0;
const EIGHT_BYTES = 1;
const BYTES = 2;
const FOUR_BYTES = 5;

/** The data of the aggregated records, in order, or the record itself if it is not an aggregate. */
export function separate(record: Uint8Array): Uint8Array[] {
  const all = Buffer.from(record.buffer, record.byteOffset, record.length);
  const end = all.length - MD5_BYTES;
  if (end < MAGIC.length || !all.subarray(0, MAGIC.length).equals(MAGIC)) return [record];
  const message = all.subarray(MAGIC.length, end);
  if (hash("md5", message) !== all.toString("hex", end)) return [record];
  const found: Uint8Array[] = [];
  for (const one of bytesAt(message, RECORDS) ?? []) {
    const data = bytesAt(one, DATA)?.at(-1);
    if (!data) return [record];
    found.push(data);
  }
  return found.length === 0 ? [record] : found;
}

/** The contents of a message's fields with one number; `undefined` for an invalid message. */
function bytesAt(message: Buffer, number: number): Buffer[] | undefined {
  const found: Buffer[] = [];
  let at = 0;
  while (at < message.length) {
    const field = fieldAt(message, at);
    if (!field) return undefined;
    if (field.number === number && field.bytes) found.push(field.bytes);
    at = field.end;
  }
  return at === message.length ? found : undefined;
}

interface Field {
  number: number;
  /** The content of a length-delimited field. */
  bytes?: Buffer;
  end: number;
}

function fieldAt(message: Buffer, start: number): Field | undefined {
  const tag = varint(message, start);
  if (!tag) return undefined;
  const number = Math.floor(tag.value / 8);
  switch (tag.value % 8) {
    case VARINT: {
      const value = varint(message, tag.end);
      return value && { number, end: value.end };
    }
    case BYTES: {
      const length = varint(message, tag.end);
      if (!length) return undefined;
      const end = length.end + length.value;
      return { number, bytes: message.subarray(length.end, end), end };
    }
    case EIGHT_BYTES:
      return { number, end: tag.end + 8 };
    case FOUR_BYTES:
      return { number, end: tag.end + 4 };
    default:
      return undefined;
  }
}

const MAX_VARINT_BYTES = 10;

/** Decodes a varint: seven bits per byte, least significant first. */
function varint(message: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = start; at < Math.min(message.length, start + MAX_VARINT_BYTES); at++) {
    value += (message[at]! % 128) * 2 ** (7 * (at - start));
    if (message[at]! < 128) return { value, end: at + 1 };
  }
  return undefined;
}
