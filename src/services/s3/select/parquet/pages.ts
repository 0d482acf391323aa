import { gunzipSync } from "node:zlib";
import { deltaBinaryUnpack, deltaByteArray, deltaLengthByteArray } from "hyparquet/src/delta.js";
import { byteStreamSplit } from "hyparquet/src/encoding.js";
import { readPlain } from "hyparquet/src/plain.js";
import { snappyUncompress } from "hyparquet/src/snappy.js";
import { unsupportedCodec } from "../errors.ts";
import type { Physical } from "./footer.ts";
import { numberIn, type Struct, structAt, structIn } from "./thrift.ts";

/** The header of a page. */
export interface PageHeader {
  type: "data" | "data2" | "dictionary" | "other";
  /** The size of the header itself and, below, the sizes of the page after it, in bytes. */
  length: number;
  compressed: number;
  uncompressed: number;
  values: number;
  encoding: number;
  /** In data pages of version 2, the sizes of the levels in bytes. The levels are not compressed. */
  repetitions: number;
  definitions: number;
  isCompressed: boolean;
}

const TYPES = ["data", "other", "dictionary", "data2"] as const;
/** The number of the header field with the details of each page type. */
const DETAILS = { data: 5, dictionary: 7, data2: 8, other: 6 } as const;

/** Parses the header of a page. @throws {RangeError} if the bytes are truncated or malformed */
export function pageHeader(bytes: Uint8Array): PageHeader {
  const { struct, length } = structIn(bytes);
  const type = TYPES[numberIn(struct, 1) ?? 1] ?? "other";
  const details = structAt(struct, DETAILS[type]) ?? (new Map() as Struct);
  const size = (value: number | undefined) => {
    if (value === undefined || value < 0) throw new RangeError("a size that is none");
    return value;
  };
  const isSecond = type === "data2";
  return {
    type,
    length,
    compressed: size(numberIn(struct, 3)),
    uncompressed: size(numberIn(struct, 2)),
    values: type === "other" ? 0 : size(numberIn(details, 1)),
    encoding: numberIn(details, isSecond ? 4 : 2) ?? 0,
    repetitions: isSecond ? size(numberIn(details, 6)) : 0,
    definitions: isSecond ? size(numberIn(details, 5)) : 0,
    isCompressed: details.get(7) !== false || !isSecond,
  };
}

/** How the values of a column are encoded. */
export interface Written {
  physical: Physical;
  length: number;
  codec: number;
  /** The maximum levels: how many fields on the path may be absent, and how many are repeated. */
  definition: number;
  repetition: number;
}

export interface Page {
  repetitions: ArrayLike<number> | undefined;
  definitions: ArrayLike<number> | undefined;
  /** The values that are present. */
  values: ArrayLike<unknown>;
}

/**
 * Decodes a dictionary page.
 * @throws {AwsError} ParquetUnsupportedCompressionCodec
 * @throws {RangeError} if malformed
 */
export function dictionaryIn(bytes: Buffer, header: PageHeader, written: Written): ArrayLike<unknown> {
  const plain = decompressed(bytes, written.codec, header.uncompressed);
  return readPlain(readerOf(plain), written.physical, header.values, written.length);
}

/**
 * Decodes a data page.
 * @throws {AwsError} ParquetUnsupportedCompressionCodec
 * @throws {RangeError} if malformed
 */
export function pageIn(
  bytes: Buffer,
  header: PageHeader,
  written: Written,
  dictionary: ArrayLike<unknown> | undefined,
): Page {
  const { repetitions: first, definitions: second, values: count } = header;
  let rest: Buffer;
  let levels: (bits: number, length: number) => Uint32Array;
  if (header.type === "data2") {
    const packed = bytes.subarray(first + second);
    const size = header.uncompressed - first - second;
    rest = header.isCompressed && size > 0 ? decompressed(packed, written.codec, size) : packed;
    let at = 0;
    levels = (bits, length) => {
      at += length;
      return runs(bytes.subarray(at - length, at), bits, count);
    };
  } else {
    rest = decompressed(bytes, written.codec, header.uncompressed);
    levels = (bits) => {
      const end = 4 + rest.readUInt32LE(0);
      const decoded = runs(rest.subarray(4, end), bits, count);
      rest = rest.subarray(end);
      return decoded;
    };
  }
  const repetitions = written.repetition > 0 ? levels(width(written.repetition), first) : undefined;
  const definitions = written.definition > 0 ? levels(width(written.definition), second) : undefined;
  const present = definitions
    ? definitions.reduce((sum, level) => (level === written.definition ? sum + 1 : sum), 0)
    : count;
  return { repetitions, definitions, values: valuesIn(rest, header.encoding, present, written, dictionary) };
}

/** Whether a page contains indexes into a dictionary instead of values. */
export const isDictionaryEncoded = ({ encoding }: PageHeader) => encoding === 2 || encoding === 8;

const width = (most: number) => 32 - Math.clz32(most);

function valuesIn(
  bytes: Buffer,
  encoding: number,
  count: number,
  { physical, length }: Written,
  dictionary: ArrayLike<unknown> | undefined,
): ArrayLike<unknown> {
  if (count === 0) return [];
  switch (encoding) {
    case 0:
      return readPlain(readerOf(bytes), physical, count, length);
    case 2:
    case 8: {
      const places = runs(bytes.subarray(1), bytes.readUInt8(0), count);
      return Array.from(places, (place) => {
        if (!dictionary || place >= dictionary.length) throw new RangeError("not in the dictionary");
        return dictionary[place];
      });
    }
    case 3:
      return Array.from(runs(bytes.subarray(4), 1, count), (bit) => bit === 1);
    case 5: {
      const numbers = physical === "INT32" ? new Int32Array(count) : new BigInt64Array(count);
      deltaBinaryUnpack(readerOf(bytes), count, numbers);
      return numbers;
    }
    case 6: {
      const texts = new Array<Uint8Array>(count);
      deltaLengthByteArray(readerOf(bytes), count, texts);
      return texts;
    }
    case 7:
      return withPrefixes(bytes, count);
    case 9:
      if (physical === "FIXED_LEN_BYTE_ARRAY" && count * length > bytes.length)
        throw new RangeError("too short");
      return byteStreamSplit(readerOf(bytes), count, physical, length);
    default:
      throw new RangeError("an encoding that there is not");
  }
}

/** The maximum total size in bytes of the strings of a page, which may be far larger than the page. */
const MAX_TEXT_BYTES = 64 * 2 ** 20;

/**
 * Decodes strings that are stored as the length of the prefix shared with the previous string, and the rest.
 */
function withPrefixes(bytes: Buffer, count: number): Uint8Array[] {
  const prefixes = new Int32Array(count);
  deltaBinaryUnpack(readerOf(bytes), count, prefixes);
  if (prefixes.reduce((sum, length) => sum + length, 0) > MAX_TEXT_BYTES) throw new RangeError("too long");
  const texts = new Array<Uint8Array>(count);
  deltaByteArray(readerOf(bytes), count, texts);
  return texts;
}

/**
 * Decodes integers of a fixed bit width, stored as runs of one repeated value
 * or bit-packed in groups of eight.
 */
export function runs(bytes: Uint8Array, bits: number, count: number): Uint32Array {
  const values = new Uint32Array(count);
  if (bits === 0) return values;
  if (bits > 32) throw new RangeError("too wide");
  let at = 0;
  const byte = (place: number) => {
    if (place >= bytes.length) throw new RangeError("too short");
    return bytes[place]!;
  };

  /** Reads a number of 7 bits per byte; the last byte is below 128. */
  function varint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const next = byte(at++);
      value += (next & 0x7f) * 2 ** shift;
      if (next < 0x80) return value;
      if (shift > 28) throw new RangeError("too long");
    }
  }

  function wholeBytes(): number {
    let value = 0;
    for (let n = 0; n < Math.ceil(bits / 8); n++) value += byte(at++) * 2 ** (8 * n);
    return value;
  }

  for (let seen = 0; seen < count; ) {
    const head = varint();
    const isRepeated = head % 2 === 0;
    const length = isRepeated ? head / 2 : ((head - 1) / 2) * 8;
    const end = Math.min(seen + length, count);
    if (end === seen) throw new RangeError("a run of nothing");
    if (isRepeated) {
      values.fill(wholeBytes(), seen, end);
      seen = end;
      continue;
    }
    const next = at + (length / 8) * bits;
    for (let bit = at * 8; seen < end; seen++, bit += bits) values[seen] = bitsAt(byte, bit, bits);
    at = next;
  }
  return values;
}

function bitsAt(byte: (at: number) => number, from: number, bits: number): number {
  let value = 0;
  for (let got = 0; got < bits; ) {
    const shift = (from + got) % 8;
    const taken = Math.min(8 - shift, bits - got);
    value += ((byte(Math.floor((from + got) / 8)) >> shift) & ((1 << taken) - 1)) * 2 ** got;
    got += taken;
  }
  return value;
}

/** Decompresses with one of the codecs that S3 Select supports: none, Snappy, GZIP. */
function decompressed(bytes: Buffer, codec: number, size: number): Buffer {
  if (codec === 0) return bytes;
  if (codec === 1) {
    const output = Buffer.alloc(size);
    snappyUncompress(bytes, output);
    return output;
  }
  if (codec === 2) return gunzipSync(bytes, { maxOutputLength: Math.max(size, 1) });
  throw unsupportedCodec();
}

/**
 * Copies the bytes into separate memory, so that a string with a wrong length
 * cannot reach data behind the page.
 */
const readerOf = (bytes: Buffer) => ({ view: new DataView(new Uint8Array(bytes).buffer), offset: 0 });
