import { type Branch, compilePattern, type FieldPattern } from "./compile.ts";
import type { Leaf, Matcher } from "./matchers.ts";

/** Any JSON. */
export type Json = Leaf | readonly Json[] | { readonly [name: string]: Json };

/** A compiled pattern. */
export interface EventPattern {
  readonly branches: readonly BranchPattern[];
  matches(event: Json): boolean;
}

/** One alternative of a pattern, as a tree of the event's own form. */
export interface BranchPattern {
  readonly fields: readonly FieldPattern[];
  /** @param event spread out */
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

/** Those of its operators that are counted, or that not every reader takes. */
export const operatorsIn = ({ branches }: EventPattern) =>
  new Set(
    branches.flatMap(({ fields }) =>
      fields.flatMap(({ anyOf }) => anyOf.flatMap(({ operators = [] }) => operators)),
    ),
  );

/**
 * The event as patterns see it: a point in a name is as a step, `{"a.b": 1}` as `{"a": {"b": 1}}`.
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

/** In place, and along names without recursion: an event may have as many fields, and a name as many points, as fit in it. */
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

/** A field that is there already gets a list of both values: a pattern may match either. */
function add(at: Fields, name: string, value: Json): void {
  const existing = at[name];
  if (existing === undefined) at[name] = value;
  else if (Array.isArray(existing)) existing.push(value);
  else at[name] = [existing, value];
}

interface Node {
  name: string;
  /** What the field's own value must be. */
  anyOf?: readonly Matcher[];
  below: Node[];
  /** The pattern allows a field to be absent, here or somewhere below. */
  mayBeAbsent: boolean;
}

function branchPattern(branch: Branch): BranchPattern {
  const root: Node = { name: "", below: [], mayBeAbsent: false };
  const fields = new Map<string, FieldPattern>();
  for (const field of branch.values()) {
    const name = field.path.join(".");
    // The engine finds a property several times as fast by a name as it was parsed as by a piece of another text.
    const isSpread = field.path.some((step) => step.includes("."));
    fields.set(name, isSpread ? { path: name.split("."), anyOf: field.anyOf } : field);
  }
  for (const { path, anyOf } of [...fields.values()].sort(byName)) {
    let node = root;
    for (const name of path) {
      let next = node.below.find((child) => child.name === name);
      if (!next) node.below.push((next = { name, below: [], mayBeAbsent: false }));
      node = next;
    }
    node.anyOf = anyOf;
  }
  settle(root);
  return { fields: [...fields.values()], matches: (event) => all(root, event) };
}

/** The order in which Ruler asks for fields; {@link firstThere} depends on it. */
const byName = (one: FieldPattern, other: FieldPattern) =>
  one.path.join(".") < other.path.join(".") ? -1 : 1;

function settle(node: Node): boolean {
  const below = node.below.map(settle);
  node.mayBeAbsent = below.some(Boolean) || (node.anyOf?.some((one) => one.isAbsence) ?? false);
  return node.mayBeAbsent;
}

/**
 * Whether all that is said of an object's fields holds. In a list of objects it must hold of one of them.
 * @param there the field that may not be absent, whatever the pattern says
 */
function all(node: Node, value: Json | undefined, there?: Node): boolean {
  if (Array.isArray(value)) {
    if (!node.mayBeAbsent) return value.some((one) => all(node, one));
    const first = firstThere(node, value, there);
    return !first || value.some((one) => all(node, one, first));
  }
  const fields = isObject(value) ? value : NONE;
  // Loops, here and below: a bus may ask this of ten thousand rules for each event.
  for (const field of node.below) {
    if (!holds(field, Object.hasOwn(fields, field.name) ? fields[field.name] : undefined, there))
      return false;
  }
  return true;
}

const NONE: { readonly [name: string]: Json } = {};

/**
 * The first field that is not absent in the whole list, or not allowed to be. Ruler goes by names: what is nowhere
 * selects no element; the first field that is somewhere does, and those after it may be absent in that element alone.
 * https://github.com/aws/event-ruler/blob/main/src/main/software/amazon/event/ruler/NameState.java
 */
function firstThere(node: Node, list: Json, there?: Node, above: string[] = []): Node | undefined {
  for (const field of node.below) {
    const path = [...above, field.name];
    const isBound = field === there || !field.anyOf?.some((one) => one.isAbsence);
    if (field.anyOf && (isBound || valuesAt(list, path).length > 0)) return field;
    const below = firstThere(field, list, there, path);
    if (below) return below;
  }
  return undefined;
}

function holds(node: Node, value: Json | undefined, there: Node | undefined): boolean {
  return (
    (!node.anyOf || anyHolds(node.anyOf, value, node === there)) &&
    (node.below.length === 0 || all(node, value, there))
  );
}

function anyHolds(anyOf: readonly Matcher[], value: Json | undefined, mustBeThere: boolean): boolean {
  if (value === null || (typeof value !== "object" && value !== undefined)) return leafHolds(anyOf, value);
  const leaves = leavesOf(value);
  return anyOf.some((one) =>
    one.isAbsence ? !mustBeThere && leaves.length === 0 : leaves.some((leaf) => one.matches(leaf)),
  );
}

function leafHolds(anyOf: readonly Matcher[], leaf: Leaf): boolean {
  for (const one of anyOf) if (!one.isAbsence && one.matches(leaf)) return true;
  return false;
}

/** A field's values: those of a list, however deep; of an object none. */
function leavesOf(value: Json | undefined): readonly Leaf[] {
  if (value === undefined || isObject(value)) return [];
  return Array.isArray(value) ? value.flatMap(leavesOf) : [value as Leaf];
}

/** All values that stand at a path, through whatever lists there are on the way. */
export function valuesAt(event: Json | undefined, path: readonly string[], from = 0): readonly Leaf[] {
  if (from === path.length) return leavesOf(event);
  if (Array.isArray(event)) return event.flatMap((one) => valuesAt(one, path, from));
  if (!isObject(event) || !Object.hasOwn(event, path[from]!)) return [];
  return valuesAt(event[path[from]!], path, from + 1);
}

function isObject(value: Json | undefined): value is { readonly [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
