import type { ListShape, MapShape, Member, Shape, StructureShape } from "../../contract/shapes.ts";
import { Malformed, setOwn } from "../values/malformed.ts";
import { textReader } from "../values/scalars.ts";
import type { FormNode } from "./form.ts";

export type ReadForm = (node: FormNode) => unknown;

/** The differences between the two query protocols in parameter names. */
export interface FormDialect {
  name(member: Member): string;
  /** Whether every list is flat, as in ec2Query: `InstanceId.1`, never `InstanceId.member.1`. */
  alwaysFlat: boolean;
}

/** Compiles readers for one dialect; they are cached per shape for as long as the shape lives. */
export function formReaders(dialect: FormDialect): (shape: Shape) => ReadForm {
  const compiled = new WeakMap<Shape, ReadForm>();

  function compile(shape: Shape): ReadForm {
    if (shape.kind === "scalar") return scalar(shape);
    if (shape.kind === "document") throw new Error(`${shape.name}: a document has no form`);
    const cached = compiled.get(shape);
    if (cached !== undefined) return cached;
    // A shape that contains itself finds this entry while it is being compiled.
    compiled.set(shape, (node) => read(node));
    const read = shape.kind === "structure" ? structure(shape) : repeated(shape, shape.flattened);
    compiled.set(shape, read);
    return read;
  }

  function structure(shape: StructureShape): ReadForm {
    const members = new Map(
      shape.members.map((member) => [
        dialect.name(member),
        { name: member.name, read: memberReader(member) },
      ]),
    );
    return (node) => {
      const result: Record<string, unknown> = {};
      for (const [key, child] of node.children ?? []) {
        const member = members.get(key);
        if (member !== undefined) result[member.name] = member.read(child);
      }
      if (shape.union && Object.keys(result).length > 1)
        throw new Malformed("A union has more than one member");
      return result;
    };
  }

  function memberReader(member: Member): ReadForm {
    const { shape } = member;
    // The same list may be flat under one member and not under another.
    if (shape.kind === "list" || shape.kind === "map") return repeated(shape, member.flattened);
    return compile(shape);
  }

  function repeated(shape: ListShape | MapShape, flattened: boolean): ReadForm {
    const flat = flattened || dialect.alwaysFlat;
    return shape.kind === "list" ? list(shape, flat) : map(shape, flat);
  }

  function list(shape: ListShape, flat: boolean): ReadForm {
    const read = later(() => compile(shape.member));
    const wrapper = shape.memberName ?? "member";
    const isOfScalars = shape.member.kind === "scalar";
    return (node) => {
      // A flat list of one scalar may omit the number: `AttributeName=All`.
      if (flat && node.value && !node.children && isOfScalars) return [read()(node)];
      const entries = flat ? node : (node.children?.get(wrapper) ?? node.children?.get("member") ?? node);
      return inOrder(entries).map(read());
    };
  }

  function map(shape: MapShape, flat: boolean): ReadForm {
    const readValue = later(() => compile(shape.value));
    return (node) => {
      const result: Record<string, unknown> = {};
      const entries = flat ? node : (node.children?.get("entry") ?? node);
      // A flat map of one entry may omit the number: `Attribute.Name=Policy`.
      const isOne = flat && node.children?.size === 2 && node.children.has(shape.keyName);
      for (const entry of isOne ? [node] : inOrder(entries)) {
        const key = entry.children?.get(shape.keyName)?.value;
        const value = entry.children?.get(shape.valueName);
        if (key === undefined || value === undefined)
          throw new Malformed("A map's entry lacks its key or value");
        setOwn(result, key, readValue()(value));
      }
      return result;
    };
  }

  return compile;
}

/**
 * Compiles at the first use: lists are compiled per member, so a list that contains itself would otherwise
 * never end.
 */
function later<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

/** Entries in the order of their numbers; gaps are closed, so that a number never determines a length. */
function inOrder(node: FormNode): FormNode[] {
  const entries: [number, FormNode][] = [];
  for (const [index, child] of node.children ?? []) {
    if (!/^\d{1,9}$/.test(index)) throw new Malformed(`${index} is not a valid list index`);
    entries.push([Number(index), child]);
  }
  return entries.sort(([a], [b]) => a - b).map(([, child]) => child);
}

function scalar(shape: Extract<Shape, { kind: "scalar" }>): ReadForm {
  const read = textReader(shape);
  return (node) => {
    if (node.value === undefined) throw new Malformed("Start of structure or map found where not expected");
    return read(node.value);
  };
}
