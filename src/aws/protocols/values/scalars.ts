import type { ScalarShape } from "../../contract/shapes.ts";
import { Malformed } from "./malformed.ts";
import { parseTimestamp, type WriteTimestamp } from "./timestamps.ts";

/** Scalars as text: in XML, forms, headers, query strings and labels. */
export type ReadText = (text: string) => unknown;
export type WriteText = (value: unknown) => string;

export function textReader(shape: ScalarShape): ReadText {
  switch (shape.type) {
    case "string":
    case "character":
      return (text) => text;
    case "boolean":
      return readBoolean;
    case "byte":
    case "short":
    case "integer":
    case "long": {
      const { type } = shape;
      return (text) => readInteger(text, type);
    }
    case "biginteger":
      return (text) => BigInt(integerText(text));
    case "float":
    case "double":
    case "bigdecimal":
      return readFloat;
    case "timestamp":
      return parseTimestamp;
    case "blob":
      return readBase64;
  }
}

export function textWriter(shape: ScalarShape, writeTimestamp: WriteTimestamp): WriteText {
  switch (shape.type) {
    case "timestamp":
      return (value) => writeTimestamp(value as Date);
    case "blob":
      return (value) => base64(value as Uint8Array);
    default:
      // `String` prints NaN, Infinity and -Infinity as AWS does.
      return String;
  }
}

const booleans = new Map([
  ["true", true],
  ["True", true],
  ["TRUE", true],
  ["1", true],
  ["false", false],
  ["False", false],
  ["FALSE", false],
  ["0", false],
]);

function readBoolean(text: string): boolean {
  const value = booleans.get(text.trim());
  if (value === undefined) throw new Malformed(`'${text}' is not a valid boolean`);
  return value;
}

export type IntegerType = "byte" | "short" | "integer" | "long";

/** A long beyond 2^53 is rounded to the nearest number; for the largest value that is the one above. */
const RANGES: Record<IntegerType, readonly [min: number, max: number]> = {
  byte: [-(2 ** 7), 2 ** 7 - 1],
  short: [-(2 ** 15), 2 ** 15 - 1],
  integer: [-(2 ** 31), 2 ** 31 - 1],
  long: [-(2 ** 63), 2 ** 63],
};

/** Whether a number is in the range of a type, which AWS's servers enforce. */
export function isWithin(type: IntegerType, value: number): boolean {
  const [min, max] = RANGES[type];
  return value >= min && value <= max;
}

function readInteger(text: string, type: IntegerType): number {
  const value = Number(integerText(text));
  if (!isWithin(type, value)) throw notInteger(text);
  return value;
}

const notInteger = (text: string) => new Malformed(`'${text}' is not a valid integer`);

function integerText(text: string): string {
  const trimmed = text.trim();
  if (!/^[-+]?\d{1,40}$/.test(trimmed)) throw notInteger(text);
  return trimmed.startsWith("+") ? trimmed.slice(1) : trimmed;
}

function readFloat(text: string): number {
  const trimmed = text.trim();
  if (!/^(?:NaN|[-+]?(?:Infinity|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?))$/.test(trimmed)) {
    throw new Malformed(`'${text}' is not a valid number`);
  }
  return Number(trimmed);
}

/** In XML and forms, AWS rejects invalid base64, but accepts white space and missing padding. */
function readBase64(text: string): Uint8Array {
  const bytes = exactBase64(text);
  if (bytes !== undefined) return bytes;
  if (/[^A-Za-z0-9+/_\-= \t\r\n]/.test(text)) throw new Malformed("Invalid Base64 encoding");
  return Buffer.from(text, "base64");
}

/** By padding length: the valid last digits of base64, which leave no unused bits. */
const ENDS = ["", "AEIMQUYcgkosw048", "AQgw"];

/**
 * Decodes strict base64; returns `undefined` unless it consists of complete groups of four digits without
 * unused bits.
 */
export function exactBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  // Buffer also accepts base64url, and reads only the low byte of a character beyond ASCII. It skips other
  // invalid characters, which shows as a shorter result.
  if (text.includes("-") || text.includes("_") || Buffer.byteLength(text) !== text.length) return undefined;
  const bytes = Buffer.from(text, "base64");
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  if (bytes.length !== (text.length / 4) * 3 - padding) return undefined;
  return padding === 0 || ENDS[padding]!.includes(text.charAt(text.length - padding - 1)) ? bytes : undefined;
}

/** The fault that AWS's JSON parsers report for a text that `exactBase64` rejects. */
export function base64Fault(text: string): string {
  if (text.length % 4 !== 0)
    return `Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`;
  const alien = /[^A-Za-z0-9+/=]/.exec(text);
  return alien
    ? `Invalid base64 character: '${alien[0]}'`
    : "Invalid last non-pad Base64 character dectected";
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
