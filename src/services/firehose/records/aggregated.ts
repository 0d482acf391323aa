import { hash } from "node:crypto";

/**
 * Records that a producer's library put into one:
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */
const MAGIC = Buffer.from("f3899ac2", "hex");
const MD5_BYTES = 16;
/** Of the whole and of a record: fields of Protocol Buffers. */
const RECORDS = 3;
const DATA = 3;
const VARINT = 0;
const EIGHT_BYTES = 1;
const BYTES = 2;
const FOUR_BYTES = 5;

/** The data of each, in order; of any other record, itself. */
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

/** What stands in a message's fields of one number; `undefined` for what is no message. */
function bytesAt(message: Buffer, field: number): Buffer[] | undefined {
  const found: Buffer[] = [];
  let at = 0;
  while (at < message.length) {
    const tag = varint(message, at);
    if (!tag) return undefined;
    at = tag.end;
    const kind = tag.value % 8;
    if (kind === VARINT || kind === BYTES) {
      const length = varint(message, at);
      if (!length) return undefined;
      at = length.end + (kind === BYTES ? length.value : 0);
      if (kind === BYTES && Math.floor(tag.value / 8) === field) found.push(message.subarray(length.end, at));
    } else if (kind === EIGHT_BYTES) at += 8;
    else if (kind === FOUR_BYTES) at += 4;
    else return undefined;
  }
  return at === message.length ? found : undefined;
}

const MOST_VARINT_BYTES = 10;

/** Seven bits in each byte, the least ones first. */
function varint(message: Buffer, start: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = start; at < Math.min(message.length, start + MOST_VARINT_BYTES); at++) {
    value += (message[at]! % 128) * 2 ** (7 * (at - start));
    if (message[at]! < 128) return { value, end: at + 1 };
  }
  return undefined;
}
