import { Decimal } from "#aws/languages/select/decimal.ts";
import { Timestamp } from "#aws/languages/select/timestamps.ts";
import type { Value } from "#aws/languages/select/values.ts";
import { malformedParquet, unsupportedType } from "../errors.ts";
import type { Field } from "./footer.ts";

/** Converts a raw value of the file to a value of the query. */
export type Convert = (raw: never) => Value;

/** The maximum number of digits of a decimal, which fit in 16 bytes. */
const MAX_DIGITS = 38;
const MAX_DECIMAL_BYTES = 17;

/** Returns the conversion for a column. @throws {AwsError} UnsupportedParquetType */
export function conversionOf({ physical, meaning, scale }: Field): Convert {
  switch (physical) {
    case "BOOLEAN":
      return (raw: boolean) => raw;
    case "FLOAT":
    case "DOUBLE":
      return (raw: number) => raw;
    case "INT96":
      return (raw: bigint) => intOrDecimal(raw);
    case "INT32":
    case "INT64":
      return ofInteger(meaning, scale);
    default:
      return ofBytes(meaning, scale);
  }
}

function ofInteger(meaning: string | undefined, scale: number): Convert {
  switch (meaning) {
    case undefined:
    case "INT_8":
    case "INT_16":
    case "INT_32":
    case "INT_64":
      return (raw: number | bigint) => BigInt(raw);
    case "UINT_8":
    case "UINT_16":
    case "UINT_32":
      return (raw: number) => BigInt(raw >>> 0);
    case "UINT_64":
      return (raw: bigint) => intOrDecimal(BigInt.asUintN(64, raw));
    case "DECIMAL":
      return ofDecimal(scale, (raw: number | bigint) => BigInt(raw));
    case "DATE":
      return (raw: number) => moment(raw * DAY, "day");
    case "TIMESTAMP_MILLIS":
      return (raw: bigint) => moment(Number(raw), "second");
    case "TIMESTAMP_MICROS":
      return (raw: bigint) => moment(Math.floor(Number(raw) / 1e3), "second");
    case "TIMESTAMP_NANOS":
      return (raw: bigint) => moment(Math.floor(Number(raw) / 1e6), "second");
    default:
      throw unsupportedType();
  }
}

const DAY = 86_400_000;
/** The first and the last millisecond of the years 1 to 9999. */
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_799_999];

function moment(time: number, precision: "day" | "second"): Timestamp {
  if (!(time >= FIRST && time <= LAST)) throw malformedParquet();
  return precision === "day" ? new Timestamp(time, "day") : new Timestamp(time, "second", 3, 0);
}

function ofBytes(meaning: string | undefined, scale: number): Convert {
  if (meaning === "DECIMAL") return ofDecimal(scale, signedIn);
  if (meaning !== undefined && meaning !== "UTF8" && meaning !== "ENUM") throw unsupportedType();
  return (raw: Uint8Array) => Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength).toString();
}

function ofDecimal<Raw>(scale: number, units: (raw: Raw) => bigint): Convert {
  if (scale < 0 || scale > MAX_DIGITS) throw unsupportedType();
  return (raw: Raw) => new Decimal(units(raw), scale);
}

/** Decodes a two's complement integer in big-endian order. */
function signedIn(bytes: Uint8Array): bigint {
  if (bytes.length > MAX_DECIMAL_BYTES) throw malformedParquet();
  const value = bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
  return BigInt.asIntN(8 * bytes.length, value);
}

/** Returns an int, or a decimal for a number that does not fit an int. */
const intOrDecimal = (value: bigint) => (BigInt.asIntN(64, value) === value ? value : new Decimal(value, 0));
