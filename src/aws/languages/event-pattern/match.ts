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
  matches(event: Json): boolean;
}

/** @throws {PatternError} */
export function eventPattern(source: string): EventPattern {
  const branches = compilePattern(source).map(branchPattern);
  return { branches, matches: (event) => branches.some((branch) => branch.matches(event)) };
}

interface Node {
  name: string;
  /** What the field's own value must be. */
  anyOf?: readonly Matcher[];
  below: Node[];
  /** All that is said here and below is that there be nothing. */
  isAbsence: boolean;
}

function branchPattern(branch: Branch): BranchPattern {
  const root: Node = { name: "", below: [], isAbsence: false };
  for (const { path, anyOf } of branch.values()) {
    let node = root;
    for (const name of path) {
      let next = node.below.find((known) => known.name === name);
      if (!next) node.below.push((next = { name, below: [], isAbsence: false }));
      node = next;
    }
    node.anyOf = anyOf;
  }
  settle(root);
  return { fields: [...branch.values()], matches: (event) => all(root, event) };
}

function settle(node: Node): boolean {
  const below = node.below.map(settle);
  node.isAbsence = !node.anyOf?.some((one) => !one.isAbsence) && below.every(Boolean);
  return node.isAbsence;
}

/**
 * Whether all that is said of an object's fields holds. In a list of objects it must hold of one of them; that
 * something is nowhere must hold of all.
 */
function all(node: Node, value: Json | undefined): boolean {
  if (Array.isArray(value)) {
    return node.isAbsence ? value.every((one) => all(node, one)) : value.some((one) => all(node, one));
  }
  const fields = isObject(value) ? value : NONE;
  // Loops, here and below: a bus may ask this of ten thousand rules for each event.
  for (const field of node.below) {
    if (!holds(field, Object.hasOwn(fields, field.name) ? fields[field.name] : undefined)) return false;
  }
  return true;
}

const NONE: { readonly [name: string]: Json } = {};

function holds(node: Node, value: Json | undefined): boolean {
  return (!node.anyOf || anyHolds(node.anyOf, value)) && (node.below.length === 0 || all(node, value));
}

function anyHolds(anyOf: readonly Matcher[], value: Json | undefined): boolean {
  if (value === null || (typeof value !== "object" && value !== undefined)) return leafHolds(anyOf, value);
  const leaves = leavesOf(value);
  return anyOf.some((one) =>
    one.isAbsence ? leaves.length === 0 : leaves.some((leaf) => one.matches(leaf)),
  );
}

function leafHolds(anyOf: readonly Matcher[], leaf: Leaf): boolean {
  for (const one of anyOf) if (!one.isAbsence && one.matches(leaf)) return true;
  return false;
}

/** A field's values: those of a list, however deep; of an object none. */
export function leavesOf(value: Json | undefined): readonly Leaf[] {
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
