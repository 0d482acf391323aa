import type {
  ContractFile,
  MemberTraits,
  OperationEntry,
  ShapeEntry,
  ShapeRef,
} from "#aws/contract/format.ts";
import type { BotocoreModel } from "./model.ts";

/** Manual corrections of facts that the sources lack or have wrong; each entry in `overrides/` cites its evidence. */
export interface Override {
  service?: Partial<Omit<ContractFile, "service" | "operations" | "shapes">>;
  /** Operations to leave out. */
  drop?: string[];
  operations?: Record<string, Partial<OperationEntry>>;
  /** Traits and constraints of shapes; for a structure, those of the structure itself, not of its members. */
  shapes?: Record<string, Partial<ShapeEntry>>;
  /** Whether error messages list an enumeration's values in the order of a Java hash set. */
  enumsHashed?: true;
  /** Whether error messages list a structure's members in the order of a Java hash map. */
  membersHashed?: true;
  /** Corrected shapes of members, by `Structure.Member`. */
  members?: Record<string, ShapeRef>;
  /** The order of members in the service's documents, by structure; members that are not listed follow. */
  ordered?: Record<string, string[]>;
  /** Members that the sources lack, by `Structure.Member`. */
  added?: Record<string, [ShapeRef, MemberTraits]>;
  /** Errors of operations that the sources lack. */
  faults?: Record<string, string[]>;
  /** Operations and shapes that the sources lack. */
  younger?: Pick<ContractFile, "operations" | "shapes">;
}

export function withoutDropped(model: BotocoreModel, { drop = [] }: Override): BotocoreModel {
  const operations = { ...model.operations };
  for (const name of drop) {
    if (!(name in operations)) throw new Error(`No operation ${name} to drop`);
    delete operations[name];
  }
  return { ...model, operations };
}

export function overridden(source: ContractFile, override: Override): ContractFile {
  const contract = withYounger(source, override.younger);
  return {
    ...contract,
    ...override.service,
    operations: withFaults(merged(contract.operations, override.operations), override.faults),
    shapes: reordered(
      hashedShapes(
        extended(retyped(merged(contract.shapes, override.shapes), override.members), override.added),
        override,
      ),
      override.ordered,
    ),
  };
}

function withYounger(contract: ContractFile, younger: Override["younger"]): ContractFile {
  if (!younger) return contract;
  const { operations, shapes } = younger;
  const present = [
    ...Object.keys(operations).filter((name) => name in contract.operations),
    ...Object.keys(shapes).filter((name) => name in contract.shapes),
  ];
  if (present.length > 0) throw new Error(`The sources have ${present.join(", ")} now`);
  return {
    ...contract,
    operations: { ...contract.operations, ...operations },
    shapes: { ...contract.shapes, ...shapes },
  };
}

function withFaults(operations: ContractFile["operations"], faults: Override["faults"] = {}) {
  const more = Object.entries(faults).map(([name, codes]): [string, Partial<OperationEntry>] => [
    name,
    { errors: [...(operations[name]?.errors ?? []), ...codes] },
  ]);
  return merged(operations, Object.fromEntries(more));
}

function hashedShapes(
  shapes: ContractFile["shapes"],
  { enumsHashed, membersHashed }: Override,
): ContractFile["shapes"] {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      if (enumsHashed && "enum" in shape && shape.enum) return [name, { ...shape, enum: hashed(shape.enum) }];
      if (membersHashed && "members" in shape) return [name, { ...shape, members: inMap(shape.members) }];
      return [name, shape];
    }),
  );
}

const PLACES = 32;

/** Orders names by the last five bits of their hashes; of two in the same bucket, the later one comes first. */
const hashed = (values: readonly string[]) =>
  values.toReversed().sort((a, b) => (javaHash(a) & (PLACES - 1)) - (javaHash(b) & (PLACES - 1)));

/** A map's initial number of buckets, and the load factor at which they double. */
const MAP_PLACES = 16;
const MAP_FULL = 12;

/**
 * The order of a Java 7 `HashMap` into which the names, with a lower-case first letter, were inserted alphabetically; in a
 * bucket, the later one comes first.
 */
function inMap<T>(members: Readonly<Record<string, T>>): Record<string, T> {
  const entries = Object.entries(members).sort(([a], [b]) => (a < b ? 1 : -1));
  const places = entries.length > MAP_FULL ? 2 * MAP_PLACES : MAP_PLACES;
  const placeOf = (name: string) => mapHash(name[0]!.toLowerCase() + name.slice(1)) & (places - 1);
  return Object.fromEntries(entries.sort(([a], [b]) => placeOf(a) - placeOf(b)));
}

function mapHash(text: string): number {
  const hash = javaHash(text);
  const mixed = hash ^ (hash >>> 20) ^ (hash >>> 12);
  return mixed ^ (mixed >>> 7) ^ (mixed >>> 4);
}

/** `String.hashCode()`, as the documentation of Java has it. */
function javaHash(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}

function merged<T extends object>(entries: Record<string, T>, changes: Record<string, Partial<T>> = {}) {
  const result = { ...entries };
  for (const [name, change] of Object.entries(changes)) {
    const entry = result[name];
    if (!entry) throw new Error(`Nothing is called ${name} any more`);
    result[name] = { ...entry, ...change };
  }
  return result;
}

function retyped(shapes: Record<string, ShapeEntry>, members: Record<string, ShapeRef> = {}) {
  const result = { ...shapes };
  for (const [path, ref] of Object.entries(members)) {
    const [structure = "", name = ""] = path.split(".");
    const shape = result[structure];
    const member = shape && "members" in shape ? shape.members[name] : undefined;
    if (!shape || !("members" in shape) || !member) throw new Error(`Nothing is called ${path} any more`);
    const changed = typeof member === "string" ? ref : ([ref, member[1]] as const);
    result[structure] = { ...shape, members: { ...shape.members, [name]: changed as ShapeRef } };
  }
  return result;
}

function extended(shapes: Record<string, ShapeEntry>, added: Override["added"] = {}) {
  const result = { ...shapes };
  for (const [path, member] of Object.entries(added)) {
    const [structure = "", name = ""] = path.split(".");
    const shape = result[structure];
    if (!shape || !("members" in shape)) throw new Error(`No structure is called ${structure} any more`);
    if (shape.members[name]) throw new Error(`${path} is in the sources now`);
    result[structure] = { ...shape, members: { ...shape.members, [name]: member } };
  }
  return result;
}

function reordered(shapes: Record<string, ShapeEntry>, ordered: Override["ordered"] = {}) {
  const result = { ...shapes };
  for (const [name, first] of Object.entries(ordered)) {
    const shape = result[name];
    if (!shape || !("members" in shape)) throw new Error(`No structure is called ${name} any more`);
    const { members } = shape;
    const lost = first.find((member) => !(member in members));
    if (lost !== undefined) throw new Error(`Nothing is called ${name}.${lost} any more`);
    const names = new Set([...first, ...Object.keys(members)]);
    result[name] = { ...shape, members: Object.fromEntries([...names].map((one) => [one, members[one]!])) };
  }
  return result;
}
