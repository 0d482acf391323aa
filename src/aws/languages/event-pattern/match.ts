import { type Branch, compilePattern, type FieldPattern } from "./compile.ts";
import { type Leaf, oneOf } from "./matchers.ts";

/** Any JSON value. */
export type Json = Leaf | readonly Json[] | { readonly [name: string]: Json };

/** A compiled pattern. */
export interface EventPattern {
  readonly branches: readonly BranchPattern[];
  matches(event: Json): boolean;
}

/** One alternative of a pattern, as a tree in the same structure as an event. */
export interface BranchPattern {
  readonly fields: readonly FieldPattern[];
  /** @param event must be spread out, see `spreadOut` */
  matches(event: Json): boolean;
}

/** @throws {PatternError} */
export function eventPattern(source: string): EventPattern {
  const branches = compilePattern(source).map(branchPattern);
  return {
    branches,
    matches(event) {
      const spread = spreadOut(event);
      return branches.some((branch) => branch.matches(spread));
    },
  };
}

/** The operators whose number is limited, or that some services do not support. */
export const operatorsIn = ({ branches }: EventPattern) =>
  new Set(
    branches.flatMap(({ fields }) =>
      fields.flatMap(({ anyOf }) => anyOf.flatMap(({ operators = [] }) => operators)),
    ),
  );

/**
 * Converts an event to the form that patterns match: a dot in a name is a level, so `{"a.b": 1}` equals
 * `{"a": {"b": 1}}`.
 * https://github.com/aws/event-ruler#caveat-compiled-rules-and-json-keys-with-dots
 */
export function spreadOut(event: Json): Json {
  return hasPoints(event) ? spread(event) : event;
}

function hasPoints(value: Json): boolean {
  if (Array.isArray(value)) return value.some(hasPoints);
  if (!isObject(value)) return false;
  for (const name in value) if (name.includes(".") || hasPoints(value[name]!)) return true;
  return false;
}

interface Fields {
  [name: string]: Json;
}

function spread(value: Json): Json {
  if (Array.isArray(value)) return value.map(spread);
  return isObject(value) ? spreadInto(Object.create(null), value) : value;
}

/**
 * Modifies the result in place and iterates along names, without recursion, since the number of fields and of
 * dots in a name is bounded only by the event's size.
 */
function spreadInto(all: Fields, event: object): Fields {
  for (const [name, value] of Object.entries(event) as [string, Json][]) {
    const steps = name.split(".");
    const last = steps.pop()!;
    let at = all;
    for (const step of steps) at = fieldsAt(at, step);
    if (isObject(value)) spreadInto(fieldsAt(at, last), value);
    else add(at, last, spread(value));
  }
  return all;
}

function fieldsAt(at: Fields, name: string): Fields {
  const existing = at[name];
  const last = Array.isArray(existing) ? existing.at(-1) : existing;
  if (last !== undefined && isObject(last)) return last as Fields;
  const fresh: Fields = Object.create(null);
  add(at, name, fresh);
  return fresh;
}

/**
 * Adds a value to a field. If the field exists already, it becomes a list of both values, either of which may
 * match.
 */
function add(at: Fields, name: string, value: Json): void {
  const existing = at[name];
  if (existing === undefined) at[name] = value;
  else if (Array.isArray(existing)) existing.push(value);
  else at[name] = [existing, value];
}

interface Node {
  name: string;
  /** Whether one of the field's own values meets its pattern, if it has one. */
  test?: (value: Leaf) => boolean;
  /** Whether the pattern allows the field itself to be absent. */
  allowsAbsence: boolean;
  below: Node[];
  /** Whether the pattern allows the field, or one below it, to be absent. */
  mayBeAbsent: boolean;
}

function branchPattern(branch: Branch): BranchPattern {
  const root: Node = { name: "", allowsAbsence: false, below: [], mayBeAbsent: false };
  const fields = new Map<string, FieldPattern>();
  for (const field of branch.values()) {
    const name = field.path.join(".");
    // The engine finds a property several times faster by a name from the parsed pattern than by a slice of
    // another text.
    const isSpread = field.path.some((step) => step.includes("."));
    fields.set(name, isSpread ? { path: name.split("."), anyOf: field.anyOf } : field);
  }
  for (const { path, anyOf } of [...fields.values()].sort(byName)) {
    let node = root;
    for (const name of path) {
      let next = node.below.find((child) => child.name === name);
      if (!next) node.below.push((next = { name, allowsAbsence: false, below: [], mayBeAbsent: false }));
      node = next;
    }
    node.test = oneOf(anyOf);
    node.allowsAbsence = anyOf.some((one) => one.isAbsence);
  }
  settle(root);
  return { fields: [...fields.values()], matches: (event) => all(root, event) };
}

/** Ruler's order of fields, on which {@link firstThere} depends. */
const byName = (one: FieldPattern, other: FieldPattern) =>
  one.path.join(".") < other.path.join(".") ? -1 : 1;

function settle(node: Node): boolean {
  const below = node.below.map(settle);
  node.mayBeAbsent = below.some(Boolean) || node.allowsAbsence;
  return node.mayBeAbsent;
}

/**
 * Whether an object matches all fields of a node. In a list of objects, one of them must match.
 * @param there the field that must be present, regardless of the pattern
 */
function all(node: Node, value: Json | undefined, there?: Node): boolean {
  if (Array.isArray(value)) {
    if (!node.mayBeAbsent) return value.some((one) => all(node, one));
    const first = firstThere(node, value, there);
    return !first || value.some((one) => all(node, one, first));
  }
  const fields = isObject(value) ? value : NONE;
  // Plain loops, here and below, because a bus may evaluate ten thousand rules per event.
  for (const field of node.below) {
    if (!holds(field, Object.hasOwn(fields, field.name) ? fields[field.name] : undefined, there))
      return false;
  }
  return true;
}

const NONE: { readonly [name: string]: Json } = {};

/**
 * Returns the first field that is present in the list, or must be. Ruler processes fields in name order: a
 * field that is absent everywhere selects no element; the first field that is present does, and later ones
 * may be absent in that element alone.
 * https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/NameState.java
 */
function firstThere(node: Node, list: Json, there?: Node, above: string[] = []): Node | undefined {
  for (const field of node.below) {
    const path = [...above, field.name];
    const isBound = field === there || !field.allowsAbsence;
    if (field.test && (isBound || valuesAt(list, path).length > 0)) return field;
    const below = firstThere(field, list, there, path);
    if (below) return below;
  }
  return undefined;
}

function holds(node: Node, value: Json | undefined, there: Node | undefined): boolean {
  return (
    (!node.test || (node.allowsAbsence && node !== there && !hasLeaf(value)) || someLeaf(value, node.test)) &&
    (node.below.length === 0 || all(node, value, there))
  );
}

/** Whether one of a field's scalar values, including those in nested lists, meets a condition; an object has none. */
function someLeaf(value: Json | undefined, test: (leaf: Leaf) => boolean): boolean {
  if (value === null || (typeof value !== "object" && value !== undefined)) return test(value);
  return Array.isArray(value) && value.some((one) => someLeaf(one, test));
}

const hasLeaf = (value: Json | undefined): boolean => someLeaf(value, () => true);

/** The scalar values of a field, including those in nested lists; an object has none. */
function leavesOf(value: Json | undefined): readonly Leaf[] {
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.flatMap(leavesOf) : [value as Leaf];
}

/** All scalar values at a path, through any lists along it. */
export function valuesAt(event: Json | undefined, path: readonly string[], from = 0): readonly Leaf[] {
  if (from === path.length) return leavesOf(event);
  if (Array.isArray(event)) return event.flatMap((one) => valuesAt(one, path, from));
  if (!isObject(event) || !Object.hasOwn(event, path[from]!)) return [];
  return valuesAt(event[path[from]!], path, from + 1);
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
