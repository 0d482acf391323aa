import type { ScalarShape, Shape } from "../../contract/shapes.ts";
import { Malformed } from "../values/malformed.ts";
import { type IntegerType, isWithin } from "../values/scalars.ts";
import { fromEpochSeconds } from "../values/timestamps.ts";
import { type Convert, type Converters, checkedDocument, converters, mismatch } from "../values/tree.ts";
import { CborTimestamp, CborWriter, decodeCbor } from "./cbor.ts";

export type ReadCbor = (body: Uint8Array) => unknown;
export type WriteCbor = (writer: CborWriter, value: unknown) => void;

/**
 * AWS's two variants of CBOR differ in timestamps: rpcv2Cbor has seconds, like RFC 8949; Kinesis's older
 * `application/x-amz-cbor-1.1` has milliseconds, like AWS's Java clients.
 */
export interface CborDialect {
  reader(shape: Shape): ReadCbor;
  writer(shape: Shape): WriteCbor;
}

export const cborInSeconds = cborDialect(1000);
export const cborInMilliseconds = cborDialect(1);

function cborDialect(unit: number): CborDialect {
  const readers = cborReaders(unit);
  const writers = new WeakMap<Shape, WriteCbor>();
  return {
    reader(shape) {
      const convert = readers.of(shape);
      return (body) => {
        if (body.length === 0) return {};
        const tree = decodeCbor(body);
        return convert === undefined ? tree : convert(tree, 0);
      };
    },
    writer: (shape) => compileWriter(shape, unit, writers),
  };
}

/** Encodes a whole body. */
export function cborDocument(write: WriteCbor): (value: unknown) => Uint8Array {
  return (value) => {
    const writer = new CborWriter();
    write(writer, value);
    return writer.bytes();
  };
}

function cborReaders(unit: number): Converters {
  const timestamp: Convert = (value) => {
    if (value instanceof CborTimestamp) return fromEpochSeconds((value.value * unit) / 1000);
    if (typeof value === "number") return fromEpochSeconds((value * unit) / 1000);
    throw mismatch(value, "a Timestamp");
  };
  return converters({
    scalar: (shape) => (shape.type === "timestamp" ? timestamp : readScalar(shape)),
    from: (member) => member.name,
    to: (member) => member.name,
    document: (value, depth) => checkedDocument(plain(value), depth),
    untrusted: true,
  });
}

function readScalar(shape: ScalarShape): Convert {
  switch (shape.type) {
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
    case "double":
    case "bigdecimal":
      return (value) => readNumber(value, "a Float");
    case "blob":
      return readBlob;
    default:
      return readString;
  }
}

const readBoolean: Convert = (value) => {
  if (typeof value !== "boolean") throw mismatch(value, "Boolean");
  return value;
};

const readString: Convert = (value) => {
  if (typeof value !== "string") throw mismatch(value, "a String");
  return value;
};

function readNumber(value: unknown, type: string): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw mismatch(value, type);
}

function readInteger(value: unknown, type: IntegerType): number {
  const number = Math.trunc(readNumber(value, "an Integer"));
  if (!isWithin(type, number)) throw mismatch(value, "an Integer");
  return number;
}

const readBigInteger: Convert = (value) => {
  if (typeof value === "bigint") return value;
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  throw mismatch(value, "a BigInteger");
};

const readBlob: Convert = (value) => {
  if (value instanceof Uint8Array) return value;
  if (typeof value === "string") return Buffer.from(value);
  throw mismatch(value, "a Blob");
};

/** Converts a document, which may hold JSON values only: no timestamps, bytes or big integers. */
function plain(value: unknown): unknown {
  if (value instanceof CborTimestamp || value instanceof Uint8Array || typeof value === "bigint") {
    throw new Malformed("A document can only hold JSON values");
  }
  if (Array.isArray(value)) for (const item of value) plain(item);
  else if (typeof value === "object" && value !== null) for (const item of Object.values(value)) plain(item);
  return value;
}

function compileWriter(shape: Shape, unit: number, compiled: WeakMap<Shape, WriteCbor>): WriteCbor {
  const cached = compiled.get(shape);
  if (cached !== undefined) return cached;
  // A shape that contains itself finds this entry while it is being compiled.
  compiled.set(shape, (writer, value) => write(writer, value));
  const write = writerOf(shape, unit, compiled);
  compiled.set(shape, write);
  return write;
}

function writerOf(shape: Shape, unit: number, compiled: WeakMap<Shape, WriteCbor>): WriteCbor {
  switch (shape.kind) {
    case "scalar":
      return scalarWriter(shape, unit);
    case "document":
      return writeDocument;
    case "list": {
      const write = compileWriter(shape.member, unit, compiled);
      return (writer, value) => {
        const items = shape.sparse ? (value as unknown[]) : (value as unknown[]).filter(isPresent);
        writer.array(items.length);
        for (const item of items) isPresent(item) ? write(writer, item) : writer.null();
      };
    }
    case "map": {
      const write = compileWriter(shape.value, unit, compiled);
      return (writer, value) => {
        writer.openMap();
        for (const [key, item] of Object.entries(value as object)) {
          if (item === undefined || (item === null && !shape.sparse)) continue;
          writer.string(key);
          item === null ? writer.null() : write(writer, item);
        }
        writer.end();
      };
    }
    case "structure": {
      const members = new Map(
        shape.members.map((member) => [member.name, compileWriter(member.shape, unit, compiled)]),
      );
      return (writer, value) => {
        writer.openMap();
        const structure = value as Record<string, unknown>;
        for (const name in structure) {
          const write = members.get(name);
          const item = structure[name];
          if (write === undefined || !isPresent(item)) continue;
          writer.string(name);
          write(writer, item);
        }
        writer.end();
      };
    }
  }
}

const isPresent = (value: unknown) => value !== null && value !== undefined;

function scalarWriter(shape: ScalarShape, unit: number): WriteCbor {
  switch (shape.type) {
    case "boolean":
      return (writer, value) => writer.boolean(value as boolean);
    case "byte":
    case "short":
    case "integer":
    case "long":
    case "biginteger":
      return (writer, value) => writer.integer(value as number | bigint);
    case "float":
    case "double":
    case "bigdecimal":
      return (writer, value) => writer.double(value as number);
    case "blob":
      return (writer, value) => writer.binary(value as Uint8Array);
    case "timestamp":
      return (writer, value) => {
        const time = (value as Date).getTime();
        writer.tag(1);
        if (unit === 1) writer.integer(time);
        else writer.double(time / unit);
      };
    default:
      return (writer, value) => writer.string(String(value));
  }
}

function writeDocument(writer: CborWriter, value: unknown): void {
  if (value === null || value === undefined) writer.null();
  else if (typeof value === "string") writer.string(value);
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "number")
    Number.isSafeInteger(value) ? writer.integer(value) : writer.double(value);
  else if (Array.isArray(value)) {
    writer.array(value.length);
    for (const item of value) writeDocument(writer, item);
  } else {
    const entries = Object.entries(value as object);
    writer.map(entries.length);
    for (const [key, item] of entries) {
      writer.string(key);
      writeDocument(writer, item);
    }
  }
}
