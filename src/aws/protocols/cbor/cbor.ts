import { Malformed, maxDepth, setOwn } from "../values/malformed.ts";
import { CALL_LIMITS, tooMany } from "../values/part-limits.ts";

/**
 * CBOR (RFC 8949) as AWS uses it: no tags but 1 (timestamp), 2 and 3 (big integers); others are ignored.
 * A timestamp is read as the number beneath its tag: whether it is seconds or milliseconds depends on the protocol.
 */
export class CborTimestamp {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** @throws {Malformed} for whatever is not exactly one well-formed item */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader = new Reader(bytes);
  const item = reader.item(0);
  if (!reader.done) throw new Malformed("Bytes after the end of the CBOR item");
  return item;
}

const indefinite = 31;
const breakByte = 0xff;

class Reader {
  readonly #bytes: Buffer;
  #at = 0;
  #members = 0;
  #values = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  item(depth: number): unknown {
    if (depth > maxDepth) throw new Malformed("Nesting levels have exceeded supported limits");
    if (++this.#values > CALL_LIMITS.values) throw tooMany();
    const head = this.#bytes[this.#take(1)]!;
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return this.#argument(info);
      case 1:
        return negative(this.#argument(info));
      case 2:
        return info === indefinite ? Buffer.concat(this.#chunks(2)) : this.#slice(info);
      case 3:
        return info === indefinite ? Buffer.concat(this.#chunks(3)).toString() : this.#text(info);
      case 4:
        return this.#array(info, depth);
      case 5:
        return this.#map(info, depth);
      case 6:
        return this.#tagged(this.#argument(info), depth);
      default:
        return this.#simple(info);
    }
  }

  /** Advances by `length` bytes, and returns their start. */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#bytes.length - start) throw new Malformed("Unexpected end of the CBOR item");
    this.#at = start + length;
    return start;
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#bytes[this.#take(1)]!;
    if (info === 25) return this.#bytes.readUInt16BE(this.#take(2));
    if (info === 26) return this.#bytes.readUInt32BE(this.#take(4));
    if (info === 27) return narrowed(this.#bytes.readBigUInt64BE(this.#take(8)));
    throw new Malformed("Invalid CBOR length");
  }

  /** A count or length. Each item has at least a byte, so one that exceeds the remaining bytes is refused before allocating. */
  #length(info: number): number {
    const length = this.#argument(info);
    if (typeof length === "bigint" || length > this.#bytes.length - this.#at) {
      throw new Malformed("Unexpected end of the CBOR item");
    }
    return length;
  }

  #slice(info: number): Buffer {
    const length = this.#length(info);
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  #text(info: number): string {
    const length = this.#length(info);
    const start = this.#take(length);
    return this.#bytes.toString("utf8", start, start + length);
  }

  #chunks(major: number): Buffer[] {
    const chunks: Buffer[] = [];
    while (!this.#atBreak()) {
      if (++this.#values > CALL_LIMITS.values) throw tooMany();
      const head = this.#bytes[this.#take(1)]!;
      if (head >> 5 !== major || (head & 31) === indefinite) throw new Malformed("Invalid CBOR chunk");
      chunks.push(this.#slice(head & 31));
    }
    return chunks;
  }

  #atBreak(): boolean {
    if (this.#at >= this.#bytes.length) throw new Malformed("Unexpected end of the CBOR item");
    if (this.#bytes[this.#at] !== breakByte) return false;
    this.#at++;
    return true;
  }

  #array(info: number, depth: number): unknown[] {
    const items: unknown[] = [];
    if (info === indefinite) while (!this.#atBreak()) items.push(this.item(depth + 1));
    else for (let left = this.#length(info); left > 0; left--) items.push(this.item(depth + 1));
    return items;
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    if (info === indefinite) while (!this.#atBreak()) this.#entry(map, depth);
    else for (let left = this.#length(info); left > 0; left--) this.#entry(map, depth);
    return map;
  }

  #entry(map: Record<string, unknown>, depth: number): void {
    if (++this.#members > CALL_LIMITS.members) throw tooMany();
    const key = this.item(depth + 1);
    if (typeof key !== "string") throw new Malformed("A CBOR map has a key that is not a string");
    setOwn(map, key, this.item(depth + 1));
  }

  #tagged(tag: number | bigint, depth: number): unknown {
    const value = this.item(depth + 1);
    if (tag === 1) {
      if (typeof value !== "number" && typeof value !== "bigint")
        throw new Malformed("Invalid CBOR timestamp");
      return new CborTimestamp(Number(value));
    }
    if (tag === 2 || tag === 3) {
      if (!(value instanceof Uint8Array) || value.length > 1024) throw new Malformed("Invalid CBOR bignum");
      const magnitude = value.length === 0 ? 0n : BigInt(`0x${Buffer.from(value).toString("hex")}`);
      return tag === 2 ? magnitude : -1n - magnitude;
    }
    return value;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfFloat(this.#bytes.readUInt16BE(this.#take(2)));
      case 26:
        return this.#bytes.readFloatBE(this.#take(4));
      case 27:
        return this.#bytes.readDoubleBE(this.#take(8));
      default:
        throw new Malformed("Invalid CBOR simple value");
    }
  }
}

function narrowed(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function negative(argument: number | bigint): number | bigint {
  return typeof argument === "number" && argument < Number.MAX_SAFE_INTEGER
    ? -1 - argument
    : -1n - BigInt(argument);
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Writes items one after another into a buffer that grows. */
export class CborWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #at = 0;

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#at);
  }

  string(text: string): void {
    const length = Buffer.byteLength(text);
    this.#head(3, length);
    this.#reserve(length);
    this.#at += this.#buffer.write(text, this.#at);
  }

  binary(bytes: Uint8Array): void {
    this.#head(2, bytes.length);
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  integer(value: number | bigint): void {
    if (typeof value === "bigint") this.#bigInteger(value);
    else if (!Number.isSafeInteger(value)) this.double(value);
    else if (value >= 0) this.#head(0, value);
    else this.#head(1, -1 - value);
  }

  double(value: number): void {
    this.#reserve(9);
    this.#buffer[this.#at] = 0xfb;
    this.#at = this.#buffer.writeDoubleBE(value, this.#at + 1);
  }

  boolean(value: boolean): void {
    this.#byte(value ? 0xf5 : 0xf4);
  }

  null(): void {
    this.#byte(0xf6);
  }

  tag(tag: number): void {
    this.#head(6, tag);
  }

  array(length: number): void {
    this.#head(4, length);
  }

  map(length: number): void {
    this.#head(5, length);
  }

  /** A map of which the length is not known yet, up to `end()`. */
  openMap(): void {
    this.#byte(0xbf);
  }

  end(): void {
    this.#byte(breakByte);
  }

  #bigInteger(value: bigint): void {
    const magnitude = value >= 0n ? value : -1n - value;
    if (magnitude < 1n << 64n) {
      this.#head(value >= 0n ? 0 : 1, magnitude);
      return;
    }
    const digits = magnitude.toString(16);
    this.tag(value >= 0n ? 2 : 3);
    this.binary(Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, "hex"));
  }

  #head(major: number, argument: number | bigint): void {
    this.#reserve(9);
    const type = major << 5;
    if (argument < 24) this.#buffer[this.#at++] = type | Number(argument);
    else if (argument < 0x100) {
      this.#buffer[this.#at++] = type | 24;
      this.#buffer[this.#at++] = Number(argument);
    } else if (argument < 0x1_0000) {
      this.#buffer[this.#at++] = type | 25;
      this.#at = this.#buffer.writeUInt16BE(Number(argument), this.#at);
    } else if (argument < 0x1_0000_0000) {
      this.#buffer[this.#at++] = type | 26;
      this.#at = this.#buffer.writeUInt32BE(Number(argument), this.#at);
    } else {
      this.#buffer[this.#at++] = type | 27;
      this.#at = this.#buffer.writeBigUInt64BE(BigInt(argument), this.#at);
    }
  }

  #byte(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#at + length));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
