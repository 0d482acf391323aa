import { crc32 } from "node:zlib";
import { Malformed } from "../values/malformed.ts";

/** `application/vnd.amazon.eventstream`: length-prefixed frames of typed headers and a payload, with two checksums. */
export interface Frame {
  headers: Record<string, HeaderValue>;
  payload: Uint8Array;
}

export type HeaderValue = string | number | bigint | boolean | Date | Uint8Array;

const prelude = 12;
const overhead = 16;
const maxFrame = 24 * 1024 * 1024;

export function encodeFrame({ headers, payload }: Frame): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).flatMap(([name, value]) => encodeHeader(name, value)));
  const length = overhead + head.length + payload.length;
  const frame = Buffer.allocUnsafe(length);
  frame.writeUInt32BE(length, 0);
  frame.writeUInt32BE(head.length, 4);
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8);
  head.copy(frame, prelude);
  frame.set(payload, prelude + head.length);
  frame.writeUInt32BE(crc32(frame.subarray(0, length - 4)), length - 4);
  return frame;
}

function encodeHeader(name: string, value: HeaderValue): Uint8Array[] {
  const text = Buffer.from(name);
  const [type, bytes] = encodeValue(value);
  return [Buffer.from([text.length]), text, Buffer.from([type]), bytes];
}

function encodeValue(value: HeaderValue): [type: number, bytes: Uint8Array] {
  if (typeof value === "boolean") return [value ? 0 : 1, new Uint8Array()];
  if (typeof value === "string") return [7, sized(Buffer.from(value))];
  if (value instanceof Uint8Array) return [6, sized(value)];
  if (value instanceof Date) return [8, long(BigInt(value.getTime()))];
  if (typeof value === "bigint") return [5, long(value)];
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return [4, bytes];
}

function sized(bytes: Uint8Array): Uint8Array {
  const length = Buffer.allocUnsafe(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function long(value: bigint): Uint8Array {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/**
 * Decodes the frames in a stream of bytes, however it is split into chunks. Chunks are only joined once a
 * frame is complete.
 * @throws {Malformed} for a wrong checksum, an invalid length, or an end within a frame
 */
export async function* decodeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let pending: Uint8Array[] = [];
  let size = 0;
  let needed = prelude;
  for await (const chunk of chunks) {
    pending.push(chunk);
    size += chunk.length;
    if (size < needed) continue;
    let bytes = Buffer.concat(pending);
    for (;;) {
      needed = bytes.length < prelude ? prelude : frameLength(bytes);
      if (bytes.length < needed) break;
      yield decodeFrame(bytes.subarray(0, needed));
      bytes = bytes.subarray(needed);
    }
    pending = [bytes];
    size = bytes.length;
  }
  if (size > 0) throw new Malformed("The event stream ends inside of a message");
}

/** Verifies the prelude's own checksum first, so that a wrong length is never waited for. */
function frameLength(bytes: Buffer): number {
  const length = bytes.readUInt32BE(0);
  const headers = bytes.readUInt32BE(4);
  if (bytes.readUInt32BE(8) !== crc32(bytes.subarray(0, 8))) throw new Malformed("Prelude checksum mismatch");
  if (length < overhead || length > maxFrame || headers > length - overhead) {
    throw new Malformed("Invalid event stream message length");
  }
  return length;
}

/** @throws {Malformed} */
export function decodeFrame(bytes: Uint8Array): Frame {
  const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (frame.length < overhead || frameLength(frame) !== frame.length)
    throw new Malformed("Invalid event stream message length");
  if (frame.readUInt32BE(frame.length - 4) !== crc32(frame.subarray(0, -4))) {
    throw new Malformed("Message checksum mismatch");
  }
  const end = prelude + frame.readUInt32BE(4);
  return { headers: decodeHeaders(frame.subarray(prelude, end)), payload: frame.subarray(end, -4) };
}

const fixedSizes: Record<number, number> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };

function decodeHeaders(bytes: Buffer): Record<string, HeaderValue> {
  // Header names come from a client, so the object has no prototype.
  const headers: Record<string, HeaderValue> = Object.create(null);
  let at = 0;
  const take = (length: number): Buffer => {
    if (at + length > bytes.length) throw new Malformed("Invalid event stream headers");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const name = take(take(1)[0]!).toString();
    const type = take(1)[0]!;
    const size = type === 6 || type === 7 ? take(2).readUInt16BE() : fixedSizes[type];
    if (size === undefined) throw new Malformed("Invalid event stream header type");
    headers[name] = decodeValue(type, take(size));
  }
  return headers;
}

function decodeValue(type: number, bytes: Buffer): HeaderValue {
  switch (type) {
    case 0:
      return true;
    case 1:
      return false;
    case 2:
      return bytes.readInt8();
    case 3:
      return bytes.readInt16BE();
    case 4:
      return bytes.readInt32BE();
    case 5:
      return bytes.readBigInt64BE();
    case 7:
      return bytes.toString();
    case 8:
      return new Date(Number(bytes.readBigInt64BE()));
    default:
      return Buffer.from(bytes);
  }
}
