import type {
  ListShape,
  MapShape,
  Member,
  ScalarShape,
  Shape,
  StructureShape,
} from "../../contract/shapes.ts";
import { Malformed, maxDepth } from "./malformed.ts";

/**
 * Converts a tree of plain values (from `JSON.parse` or a CBOR reader, or for `JSON.stringify`) to the values
 * of a shape, or back. A value that needs no change is returned as it is, so most of a tree is checked but
 * not copied.
 */
export type Convert = (value: unknown, depth: number) => unknown;

export interface Dialect {
  /** Returns `undefined` if there is nothing to convert and nothing to check. */
  scalar(shape: ScalarShape, member: Member | undefined): Convert | undefined;
  /** The key of a structure's member in the source tree, and in the resulting one. */
  from(member: Member): string;
  to(member: Member): string;
  document: Convert | undefined;
  /** Whether the result has the members that are absent, as nulls. */
  nulls?: boolean;
  /**
   * Whether the data comes from a client: containers are then checked, nesting is bounded, and the tree may
   * be changed in place.
   */
  untrusted: boolean;
}

type Tree = Record<string, unknown>;

export interface Converters {
  of(shape: Shape, member?: Member): Convert | undefined;
  /** For a structure at the top of a body, of which some members are elsewhere. */
  ofMembers(shape: StructureShape, members: readonly Member[]): Convert;
}

/** Compiles converters for one dialect; they are cached per shape for as long as the shape lives. */
export function converters(dialect: Dialect): Converters {
  const compiled = new WeakMap<Shape, { convert: Convert | undefined }>();

  function compile(shape: Shape, member?: Member): Convert | undefined {
    if (shape.kind === "scalar") return dialect.scalar(shape, member);
    if (shape.kind === "document") return dialect.document;
    const cached = compiled.get(shape);
    if (cached !== undefined) return cached.convert;
    // A shape that contains itself finds this entry while it is being compiled.
    const entry: { convert: Convert | undefined } = { convert: (value, depth) => convert(value, depth) };
    compiled.set(shape, entry);
    const convert = container(shape);
    entry.convert = convert;
    return convert;
  }

  function container(shape: StructureShape | ListShape | MapShape): Convert {
    if (shape.kind === "structure") return structure(shape);
    return shape.kind === "list" ? list(shape) : map(shape);
  }

  /** Returns what may be changed in place: the tree itself, or a copy of it. */
  const changeable: <T extends Tree | unknown[]>(tree: T) => T = dialect.untrusted
    ? (tree) => tree
    : (tree) => (Array.isArray(tree) ? tree.slice() : { ...tree }) as typeof tree;

  function structure(shape: StructureShape, its: readonly Member[] = shape.members): Convert {
    const members: Members = new Map(
      its.map((member) => [
        dialect.from(member),
        { to: dialect.to(member), convert: compile(member.shape, member) },
      ]),
    );
    const renamed = [...members].some(([from, { to }]) => from !== to);
    if (dialect.nulls) return complete(members);
    const convert = renamed ? renaming(members) : keeping(members, changeable);
    if (!dialect.untrusted) return convert;
    return (value, depth) => {
      checkObject(value, depth);
      const result = convert(value, depth);
      // DynamoDB's AttributeValue is not a union in the model: the service has its own message for two types.
      if (shape.union) checkUnion(value as Tree, members);
      return result;
    };
  }

  function list(shape: ListShape): Convert {
    const convert = compile(shape.member);
    return (value, depth) => {
      if (dialect.untrusted) checkArray(value, depth);
      const list = value as unknown[];
      // AWS skips nulls unless the model declares the list as sparse.
      const items = shape.sparse || list.every(isPresent) ? list : list.filter(isPresent);
      return convert === undefined ? items : convertEach(items, convert, depth + 1, items !== list);
    };
  }

  function convertEach(items: unknown[], convert: Convert, depth: number, isCopy: boolean): unknown[] {
    let result = items;
    for (let i = 0; i < items.length; i++) {
      const item = items[i];
      if (!isPresent(item)) continue;
      const changed = convert(item, depth);
      if (changed === item) continue;
      if (result === items && !isCopy) result = changeable(items);
      result[i] = changed;
    }
    return result;
  }

  function map(shape: MapShape): Convert {
    const convert = compile(shape.value);
    const isAbsent = shape.sparse ? isUndefined : isMissing;
    return (value, depth) => {
      if (dialect.untrusted) checkObject(value, depth);
      const tree = value as Tree;
      let result = tree;
      for (const key in tree) {
        const item = tree[key];
        if (isAbsent(item)) {
          if (result === tree) result = changeable(tree);
          delete result[key];
        } else if (convert !== undefined && item !== null) {
          const changed = convert(item, depth + 1);
          if (changed === item) continue;
          // A copy by spread has `__proto__` as an own property, like the original, so that assigning to it is
          // safe.
          if (result === tree) result = changeable(tree);
          result[key] = changed;
        }
      }
      return result;
    };
  }

  return { of: compile, ofMembers: structure };
}

type Members = ReadonlyMap<string, { to: string; convert: Convert | undefined }>;

/** Creates a tree of the known members, with their new keys. */
function renaming(members: Members): Convert {
  return (value, depth) => {
    const tree = value as Tree;
    const result: Tree = {};
    for (const key in tree) {
      const item = tree[key];
      const member = members.get(key);
      if (member === undefined || !isPresent(item)) continue;
      result[member.to] = member.convert === undefined ? item : member.convert(item, depth + 1);
    }
    return result;
  };
}

/** Creates a tree of all members, those that are absent as nulls. */
function complete(members: Members): Convert {
  return (value, depth) => {
    const tree = value as Tree;
    const result: Tree = {};
    for (const [from, { to, convert }] of members) {
      const item = tree[from] ?? null;
      result[to] = item === null || convert === undefined ? item : convert(item, depth + 1);
    }
    return result;
  };
}

/** Returns the tree itself if nothing in it has to be changed. */
function keeping(members: Members, changeable: (tree: Tree) => Tree): Convert {
  return (value, depth) => {
    const tree = value as Tree;
    let result = tree;
    let hasMore = false;
    for (const key in tree) {
      const item = tree[key];
      const member = members.get(key);
      if (member === undefined || !isPresent(item)) {
        hasMore = true;
        continue;
      }
      const changed = member.convert === undefined ? item : member.convert(item, depth + 1);
      if (changed === item) continue;
      if (result === tree) result = changeable(tree);
      result[key] = changed;
    }
    return hasMore ? onlyKnown(result, members) : result;
  };
}

function checkUnion(tree: Tree, members: Members): void {
  let count = 0;
  for (const key in tree) if (members.has(key) && isPresent(tree[key])) count++;
  if (count > 1) throw new Malformed("Unions must have exactly one member set");
}

/**
 * Creates a new object: deleting many members makes an object slow, and a client may send a hundred thousand
 * unknown ones.
 */
export function onlyKnown(tree: Tree, members: ReadonlyMap<string, unknown>): Tree {
  const result: Tree = {};
  for (const key in tree) if (members.has(key) && isPresent(tree[key])) result[key] = tree[key];
  return result;
}

const isUndefined = (value: unknown) => value === undefined;
const isMissing = (value: unknown) => value === undefined || value === null;
const isPresent = (value: unknown) => !isMissing(value);

function checkObject(value: unknown, depth: number): void {
  if (Array.isArray(value)) throw new Malformed(LIST);
  // If a body is not an object at all, AWS returns no message.
  if (typeof value !== "object" || value === null || !isPlain(value))
    throw new Malformed(depth === 0 ? "" : "Expected null");
  checkDepth(depth);
}

/** A CBOR tree also contains bytes and timestamps, which are objects in JavaScript. */
function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype;
}

function checkArray(value: unknown, depth: number): void {
  if (!Array.isArray(value)) throw new Malformed("Expected list or null");
  checkDepth(depth);
}

export function checkDepth(depth: number): void {
  if (depth > maxDepth) throw new Malformed("Nesting levels have exceeded supported limits");
}

const LIST = "Start of list found where not expected";
const STRUCTURE = "Start of structure or map found where not expected.";

/** AWS's message, with its JSON parser's token: `STRING_VALUE can not be converted to an Integer`. */
export function mismatch(value: unknown, type: string): Malformed {
  if (Array.isArray(value)) return new Malformed(LIST);
  if (typeof value === "object" && value !== null) return new Malformed(STRUCTURE);
  return new Malformed(`${tokenOf(value)} can not be converted to ${type}`);
}

function tokenOf(value: unknown): string {
  switch (typeof value) {
    case "string":
      return "STRING_VALUE";
    case "boolean":
      return value ? "TRUE_VALUE" : "FALSE_VALUE";
    case "bigint":
      return "NUMBER_VALUE";
    case "number":
      return Number.isInteger(value) ? "NUMBER_VALUE" : "DECIMAL_VALUE";
    default:
      return "NULL_VALUE";
  }
}

/** Accepts any value, but bounds its depth, so that later traversals cannot overflow the stack. */
export const checkedDocument: Convert = (value, depth) => {
  checkDepth(depth);
  if (Array.isArray(value)) for (const item of value) checkedDocument(item, depth + 1);
  else if (typeof value === "object" && value !== null) {
    for (const item of Object.values(value)) checkedDocument(item, depth + 1);
  }
  return value;
};
