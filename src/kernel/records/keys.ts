import { keyText } from "#storage/kv/key-text.ts";

/**
 * Keys as tuples whose byte order is the tuples' order: strings by UTF-8, numbers by value.
 *
 * A string or byte element ends in 00 01, and a zero byte inside it is written 00 FF. So no element is a prefix of
 * another, "a" sorts before "a\0", and everything that begins with a given string is one range.
 */
export type KeyPart = string | number | Uint8Array;

/** An encoded key: as bytes, and as a string for maps. */
export class RowKey {
  readonly bytes: Uint8Array;
  #text: string | undefined;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get text(): string {
    return (this.#text ??= keyText(this.bytes));
  }
}

/** A number that sorts in descending order: newest first. */
export const descending = (value: number): number => Number.MAX_SAFE_INTEGER - value;

export function encodeKey(prefix: Uint8Array, parts: readonly KeyPart[]): Buffer {
  let length = prefix.length;
  for (const part of parts) {
    length +=
      typeof part === "number" ? 8 : 2 * (typeof part === "string" ? part.length * 3 : part.length) + 2;
  }
  const out = length <= scratch.length ? scratch : Buffer.allocUnsafe(length);
  out.set(prefix, 0);
  let at = prefix.length;
  for (const part of parts) at = writePart(out, at, part);
  const key = Buffer.allocUnsafe(at);
  out.copy(key, 0, 0, at);
  return key;
}

/** The common prefix of all tuples whose next element is a string or bytes beginning with `text`. */
export function encodeStringPrefix(prefix: Uint8Array, text: string | Uint8Array): Buffer {
  return encodeKey(prefix, [text]).subarray(0, -2);
}

/** The first key after every key that begins with `prefix`. */
export function successor(prefix: Uint8Array): Buffer {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end--;
  const out = Buffer.from(prefix.subarray(0, end));
  if (end > 0) out[end - 1]! += 1;
  return out;
}

const scratch = Buffer.allocUnsafe(16_384);

function writePart(out: Buffer, start: number, part: KeyPart): number {
  if (typeof part === "number") return writeNumber(out, start, part);
  let at = start;
  if (typeof part === "string") at = writeText(out, start, part);
  else at = writeEscaped(out, start, part);
  out[at++] = 0;
  out[at++] = 1;
  return at;
}

function writeNumber(out: Buffer, at: number, value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${value} cannot stand in a key`);
  writeWord(out, at, Math.floor(value / 2 ** 32));
  writeWord(out, at + 4, value % 2 ** 32);
  return at + 8;
}

function writeWord(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

/** Up to this length a loop is faster than the native call. */
const MAX_LOOP_LENGTH = 64;

function writeText(out: Buffer, start: number, text: string): number {
  let at = start;
  if (text.length > MAX_LOOP_LENGTH) return writeUtf8(out, start, text);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0x7f) return writeUtf8(out, start, text);
    out[at++] = code;
  }
  return at;
}

function writeUtf8(out: Buffer, start: number, text: string): number {
  return text.includes("\0") ? writeEscaped(out, start, Buffer.from(text)) : start + out.write(text, start);
}

function writeEscaped(out: Buffer, start: number, bytes: Uint8Array): number {
  let at = start;
  for (const byte of bytes) {
    out[at++] = byte;
    if (byte === 0) out[at++] = 0xff;
  }
  return at;
}
