import type {
  ListShape,
  MapShape,
  Member,
  ScalarShape,
  Shape,
  StructureShape,
} from "../../contract/shapes.ts";
import { Malformed } from "../values/malformed.ts";
import { checkMembers, ITEM_LIMITS } from "../values/part-limits.ts";
import { base64Fault, exactBase64, isWithin, utf8 } from "../values/scalars.ts";
import { fromEpochSeconds } from "../values/timestamps.ts";
import { checkDepth, onlyKnown } from "../values/tree.ts";

/**
 * DynamoDB's own JSON deserializer. It accepts no strings for numbers, is strict about base64, and has error
 * messages that no other awsJson service has, which depend on the position of a value.
 */
export function dynamodbReader(shape: StructureShape): (body: Uint8Array) => unknown {
  const read = structure(shape, "top");
  return (body) => (body.length === 0 ? {} : read(parsed(body), 0));
}

/** The position of a value: at the top, a member of a structure, or an element of a list or map. */
type Position = "top" | "member" | "element";
type Read = (value: unknown, depth: number) => unknown;
type Tree = Record<string, unknown>;

const NAMESPACE = "com.amazonaws.dynamodb.v20120810";
const CAST =
  "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are in module java.base of loader 'bootstrap')";
const STRUCTURE = "Start of structure or map found where not expected";

/**
 * An escaped surrogate. Half a pair is possible in JSON, but not in UTF-8, which DynamoDB's names and texts
 * must be.
 */
const HALVES = /\\u[dD][89a-fA-F]/;

function whole(name: string, value: unknown): unknown {
  if (name.isWellFormed() && (typeof value !== "string" || value.isWellFormed())) return value;
  throw new Malformed("");
}

function parsed(body: Uint8Array): unknown {
  checkMembers(body, ITEM_LIMITS);
  let tree: unknown;
  try {
    const text = utf8(body);
    tree = HALVES.test(text) ? JSON.parse(text, whole) : JSON.parse(text);
  } catch (error) {
    // DynamoDB returns only the error's type, without a message.
    throw new Malformed("", { cause: error });
  }
  if (typeof tree !== "object" || tree === null || Array.isArray(tree)) throw new Malformed("");
  return tree;
}

const compiledReaders: Record<Position, WeakMap<Shape, Read>> = {
  top: new WeakMap(),
  member: new WeakMap(),
  element: new WeakMap(),
};

function readerOf(shape: Shape, position: Position): Read {
  const compiled = compiledReaders[position].get(shape);
  if (compiled) return compiled;
  let made: Read | undefined;
  // A shape that contains itself finds this entry while it is being compiled.
  compiledReaders[position].set(shape, (value, depth) => made!(value, depth));
  made = compile(shape, position);
  compiledReaders[position].set(shape, made);
  return made;
}

function compile(shape: Shape, position: Position): Read {
  switch (shape.kind) {
    case "structure":
      return structure(shape, position);
    case "list":
      return list(shape, position);
    case "map":
      return map(shape, position);
    case "scalar":
      return scalar(shape);
    case "document":
      return (value) => value;
  }
}

function structure(shape: StructureShape, position: Position): Read {
  const members = new Map(
    shape.members.map((member: Member) => [member.name, readerOf(member.shape, "member")]),
  );
  const scalarSentence =
    position === "element" ? "Unexpected value type in payload" : "Unexpected field type";
  return (value, depth) => {
    if (Array.isArray(value)) throw new Malformed(`Unrecognized collection type class ${className(shape)}`);
    if (typeof value !== "object" || value === null) throw new Malformed(scalarSentence);
    checkDepth(depth);
    const tree = value as Tree;
    let hasMore = false;
    for (const key in tree) {
      const item = tree[key];
      const read = members.get(key);
      if (read === undefined || item === null) {
        hasMore = true;
        continue;
      }
      const converted = read(item, depth + 1);
      if (converted !== item) tree[key] = converted;
    }
    return hasMore ? onlyKnown(tree, members) : tree;
  };
}

function list(shape: ListShape, position: Position): Read {
  const read = readerOf(shape.member, "element");
  const isOfStructures = shape.member.kind === "structure";
  return (value, depth) => {
    if (!Array.isArray(value)) {
      if (typeof value === "object") throw new Malformed(STRUCTURE);
      throw new Malformed(position === "element" ? CAST : "Unexpected field type");
    }
    checkDepth(depth);
    const items = isOfStructures ? value : value.filter((item) => item !== null);
    for (let at = 0; at < items.length; at++) items[at] = read(items[at] ?? {}, depth + 1);
    return items;
  };
}

function map(shape: MapShape, position: Position): Read {
  const read = readerOf(shape.value, "element");
  const isOfStructures = shape.value.kind === "structure";
  return (value, depth) => {
    if (Array.isArray(value)) throw new Malformed(`Unrecognized collection type ${className(shape)}`);
    if (typeof value !== "object" || value === null)
      throw new Malformed(position === "element" ? CAST : "Unexpected field type");
    checkDepth(depth);
    const tree = value as Tree;
    for (const key in tree) {
      const item = tree[key];
      if (item === null && !isOfStructures) delete tree[key];
      else {
        // The tree's keys are own properties, so assigning to one called `__proto__` is safe.
        const converted = read(item ?? {}, depth + 1);
        if (converted !== item) tree[key] = converted;
      }
    }
    return tree;
  };
}

function className(shape: Shape): string {
  switch (shape.kind) {
    case "structure":
      return `${NAMESPACE}.${shape.name}`;
    case "list":
      return `java.util.List<${className(shape.member)}>`;
    case "map":
      return `java.util.Map<java.lang.String, ${className(shape.value)}>`;
    case "scalar":
      return shape.type === "blob" ? "java.nio.ByteBuffer" : `java.lang.${JAVA[shape.type] ?? "String"}`;
    case "document":
      return "java.lang.Object";
  }
}

const JAVA: Partial<Record<ScalarShape["type"], string>> = {
  boolean: "Boolean",
  integer: "Integer",
  long: "Long",
  double: "Double",
  timestamp: "Date",
};

function scalar(shape: ScalarShape): Read {
  const type = JAVA[shape.type] ?? "String";
  const refused = (value: unknown): Malformed => {
    if (Array.isArray(value)) return new Malformed(`Unrecognized collection type class ${className(shape)}`);
    if (typeof value === "object") return new Malformed(STRUCTURE);
    return new Malformed(`${tokenOf(value)} cannot be converted to ${type}`);
  };
  switch (shape.type) {
    case "boolean":
      return (value) => {
        if (typeof value === "boolean") return value;
        throw typeof value === "string"
          ? new Malformed("Unexpected token received from parser")
          : refused(value);
      };
    case "integer":
    case "long": {
      const { type: integer } = shape;
      return (value) => {
        const number = typeof value === "number" ? Math.trunc(value) : Number.NaN;
        if (isWithin(integer, number)) return number;
        throw refused(value);
      };
    }
    case "double":
      return (value) => {
        if (typeof value === "number") return value;
        throw refused(value);
      };
    case "timestamp":
      return (value) => {
        if (typeof value === "number") return fromEpochSeconds(value);
        throw refused(value);
      };
    case "blob":
      return (value) => {
        if (typeof value === "string") return bytesIn(value);
        throw typeof value === "object"
          ? refused(value)
          : new Malformed("only base-64-encoded strings are convertible to bytes");
      };
    default:
      return (value) => {
        if (typeof value === "string") return value;
        throw refused(value);
      };
  }
}

function tokenOf(value: unknown): string {
  if (typeof value === "string") return "STRING_VALUE";
  if (typeof value === "boolean") return value ? "TRUE_VALUE" : "FALSE_VALUE";
  return Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
}

function bytesIn(text: string): Uint8Array {
  const bytes = exactBase64(text);
  if (bytes === undefined) throw new Malformed(base64Fault(text));
  return bytes;
}
