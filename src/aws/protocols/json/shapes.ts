import type { Member, ScalarShape, Shape, StructureShape } from "../../contract/shapes.ts";
import { Malformed } from "../values/malformed.ts";
import { CALL_LIMITS, checkMembers } from "../values/part-limits.ts";
import { base64, base64Fault, exactBase64, type IntegerType, isWithin, utf8 } from "../values/scalars.ts";
import { fromEpochSeconds, parseTimestamp, timestampWriter } from "../values/timestamps.ts";
import { type Convert, checkedDocument, converters, mismatch } from "../values/tree.ts";

/**
 * JSON bodies. The engine's parser and printer handle the text; conversions that a shape needs are compiled.
 */
const readers = converters({
  scalar: readScalar,
  from: (member) => member.jsonName,
  to: (member) => member.name,
  document: checkedDocument,
  untrusted: true,
});

const writing = {
  scalar: writeScalar,
  from: (member: Member) => member.name,
  to: (member: Member) => member.jsonName,
  document: undefined,
  untrusted: false,
};
const writers = converters(writing);
const completeWriters = converters({ ...writing, nulls: true });

/** Decodes a shape's value from the bytes of a whole JSON body. */
export type ReadJson = (body: Uint8Array) => unknown;
/** Encodes a shape's value. */
export type WriteJson = (value: unknown) => string;

export function jsonReader(shape: Shape): ReadJson {
  return parsed(readers.of(shape), reachesBigInteger(shape, new Set()));
}

/** For a structure of which some members are not in the body. An absent body is an empty structure. */
export function jsonMembersReader(shape: StructureShape, members: readonly Member[]): ReadJson {
  const read = parsed(readers.ofMembers(shape, members), reachesBigInteger(shape, new Set()));
  return (body) => (body.length === 0 ? {} : read(body));
}

export function jsonWriter(shape: Shape): WriteJson {
  return printed(writers.of(shape));
}

export function jsonMembersWriter(shape: StructureShape, members: readonly Member[]): WriteJson {
  return printed(writers.ofMembers(shape, members));
}

/** Encodes absent members as nulls. */
export function completeMembersWriter(shape: StructureShape, members: readonly Member[]): WriteJson {
  return printed(completeWriters.ofMembers(shape, members));
}

function parsed(convert: Convert | undefined, exactIntegers: boolean): ReadJson {
  return (body) => {
    checkMembers(body, CALL_LIMITS);
    const text = utf8(body);
    const tree = exactIntegers && /\d{16}/.test(text) ? parse(text, exactInteger) : parse(text);
    return convert === undefined ? tree : convert(tree, 0);
  };
}

function printed(convert: Convert | undefined): WriteJson {
  return (value) => JSON.stringify(convert === undefined ? value : convert(value, 0));
}

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

function parse(text: string, reviver?: Reviver): unknown {
  try {
    return JSON.parse(text, reviver as Parameters<typeof JSON.parse>[1]);
  } catch (error) {
    throw new Malformed("Unexpected token received from parser", { cause: error });
  }
}

/** Only the source text has the exact digits beyond 2^53. */
const exactInteger: Reviver = (_key, value, { source }) =>
  typeof value === "number" && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
    ? BigInt(source)
    : value;

function reachesBigInteger(shape: Shape, seen: Set<Shape>): boolean {
  if (seen.has(shape)) return false;
  seen.add(shape);
  switch (shape.kind) {
    case "scalar":
      return shape.type === "biginteger";
    case "list":
      return reachesBigInteger(shape.member, seen);
    case "map":
      return reachesBigInteger(shape.value, seen);
    case "structure":
      return shape.members.some((member) => reachesBigInteger(member.shape, seen));
    case "document":
      return false;
  }
}

function readScalar(shape: ScalarShape, member: Member | undefined): Convert {
  if (member?.jsonValue) return readJsonValue;
  switch (shape.type) {
    case "string":
    case "character":
      return readString;
    case "boolean":
      return readBoolean;
    case "byte":
    case "short":
    case "integer":
    case "long": {
      const { type } = shape;
      return (value) => readInteger(value, type);
    }
    case "biginteger":
      return readBigInteger;
    case "float":
      return (value) => readFloat(value, "a Float");
    case "double":
    case "bigdecimal":
      return (value) => readFloat(value, "a Double");
    case "timestamp":
      return readTimestamp;
    case "blob":
      return readBlob;
  }
}

const readString: Convert = (value) => {
  if (typeof value !== "string") throw mismatch(value, "a String");
  return value;
};

const readBoolean: Convert = (value) => {
  if (typeof value !== "boolean") throw mismatch(value, "Boolean");
  return value;
};

/**
 * AWS truncates fractions and accepts digits in quotes. Beyond 2^53 a long is rounded to the nearest number.
 */
function readInteger(value: unknown, type: IntegerType): number {
  const isNumeric =
    typeof value === "number" ||
    typeof value === "bigint" ||
    (typeof value === "string" && DIGITS.test(value));
  const number = isNumeric ? Math.trunc(Number(value)) : Number.NaN;
  if (!isWithin(type, number)) throw mismatch(value, type === "long" ? "a Long" : "an Integer");
  return number;
}

const DIGITS = /^-?\d{1,19}$/;

const readBigInteger: Convert = (value) => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw mismatch(value, "a BigInteger");
};

const specials: Record<string, number> = { NaN: Number.NaN, Infinity, "-Infinity": -Infinity };

function readFloat(value: unknown, type: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  if (typeof value === "string" && Object.hasOwn(specials, value)) return specials[value]!;
  throw mismatch(value, type);
}

const readTimestamp: Convert = (value) => {
  if (typeof value === "number") return fromEpochSeconds(value);
  if (typeof value === "bigint") return fromEpochSeconds(Number(value));
  if (typeof value === "string") return parseTimestamp(value);
  throw mismatch(value, "a Timestamp");
};

const readBlob: Convert = (value) => {
  if (typeof value !== "string") throw mismatch(value, "a Blob");
  const bytes = exactBase64(value);
  if (bytes !== undefined) return bytes;
  // Old versions of the AWS CLI insert line breaks into base64.
  const joined = value.replace(/[ \r\n]+/g, "");
  const joinedBytes = exactBase64(joined);
  if (joinedBytes !== undefined) return joinedBytes;
  throw new Malformed(`'${value}' can not be converted to a Blob: ${base64Fault(joined)}`);
};

const readJsonValue: Convert = (value, depth) =>
  checkedDocument(parse(readString(value, depth) as string), depth);

function writeScalar(shape: ScalarShape, member: Member | undefined): Convert | undefined {
  if (member?.jsonValue) return (value) => JSON.stringify(value);
  switch (shape.type) {
    case "timestamp": {
      const format = member?.timestampFormat ?? shape.timestampFormat ?? "unixTimestamp";
      if (format === "unixTimestamp") return (value) => (value as Date).getTime() / 1000;
      return timestampWriter(format) as Convert;
    }
    case "blob":
      return (value) => base64(value as Uint8Array);
    case "float":
    case "double":
    case "bigdecimal":
      return (value) => (Number.isFinite(value) ? value : String(value));
    case "long":
    case "biginteger":
      return (value) => (typeof value === "bigint" ? rawJson(value) : value);
    default:
      return undefined;
  }
}

/** `JSON.stringify` does not support bigints; a raw JSON value is printed as it is. */
function rawJson(value: bigint): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(String(value));
}
