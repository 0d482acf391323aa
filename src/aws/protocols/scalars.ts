import type { ScalarShape } from "../contract/shapes.ts";
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
      // String(NaN), String(Infinity) and String(-Infinity) are AWS's words too.
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

/** A long beyond 2^53 is the nearest number, which for the largest is the one above. */
const RANGES: Record<IntegerType, readonly [min: number, max: number]> = {
  byte: [-(2 ** 7), 2 ** 7 - 1],
  short: [-(2 ** 15), 2 ** 15 - 1],
  integer: [-(2 ** 31), 2 ** 31 - 1],
  long: [-(2 ** 63), 2 ** 63],
};

/** Whether a number can be of that type: AWS refuses what its servers' own integers do not hold. */
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

/** `undefined` where Buffer, which skips what is no base64, found fewer bytes than it should. */
export function wholeBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, "base64");
  const digits = text.length - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
  return bytes.length === Math.floor((digits * 3) / 4) && digits % 4 !== 1 ? bytes : undefined;
}

/** AWS refuses invalid base64, but accepts white space and missing padding. */
export function readBase64(text: string): Uint8Array {
  const bytes = wholeBase64(text);
  if (bytes !== undefined) return bytes;
  if (/[^A-Za-z0-9+/_\-=\s]/.test(text)) throw new Malformed("Invalid Base64 encoding");
  return Buffer.from(text, "base64");
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

export function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}
