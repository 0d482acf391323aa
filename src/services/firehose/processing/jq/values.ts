import { isDeeperThan } from "#lib/nesting.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** A filter: maps an input to any number of values, in order. @throws {JqError} */
export type Filter = (input: Json) => readonly Json[];

/** The filter does not apply to the input: only this record fails. */
export class JqError extends Error {
  override name = "JqError";
}

/** The text is not a filter, or uses unsupported syntax. */
export class JqSyntaxError extends Error {
  override name = "JqSyntaxError";
}

export const MAX_LENGTH = 2 ** 20;
const MAX_ELEMENTS = 2 ** 16;
/** The maximum depth of a document that jq 1.6 parses. */
export const MAX_LEVELS = 256;
/** The maximum steps of a query for one record, far more than ordinary queries need. */
const MAX_STEPS = 2 ** 22;
/** Characters that are copied, examined or compared in the time of one step. */
const CHARACTERS_PER_STEP = 64;
const LOOKED_AT = 16;
const SEARCHED = 2_048;
/** Steps per member of an object, whose name must be looked up or written. */
const STEPS_PER_MEMBER = 4;
const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;

/** Shared by all queries, as each runs to its end without interruption. */
let stepsLeft = 0;

/** Begins the query of a record, whose filters share a budget of steps. */
export function beginSteps(most = MAX_STEPS): void {
  stepsLeft = most;
}

/** The steps that the last query took. */
export const stepsTaken = (): number => MAX_STEPS - stepsLeft;

export function countSteps(steps = 1): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new JqError("the query takes too many steps");
}

/** Counts the steps of visiting a value's direct elements. */
export function countSize(value: Json): void {
  if (typeof value === "string") countSteps(Math.ceil(value.length / LOOKED_AT));
  else if (Array.isArray(value)) countSteps(value.length);
  else if (value !== null && typeof value === "object")
    countSteps(STEPS_PER_MEMBER * Object.keys(value).length);
}

/** Counts the steps of visiting a value recursively; shared parts count each time. */
function countAll(value: Json): void {
  countSize(value);
  if (value !== null && typeof value === "object") for (const one of Object.values(value)) countAll(one);
}

/** Counts the steps of a search, which may compare every pair of characters. */
export function countSearch(text: string, sought: string): void {
  countSteps(Math.ceil((text.length * sought.length) / SEARCHED));
}

/** The results of a filter for several inputs, concatenated. */
export function each(inputs: readonly Json[], filter: Filter): readonly Json[] {
  if (inputs.length === 1) {
    countSteps();
    return filter(inputs[0]!);
  }
  const values: Json[] = [];
  for (const input of inputs) {
    countSteps();
    const more = filter(input);
    if (values.length + more.length > MAX_ELEMENTS) throw new JqError("there are too many values");
    countSteps(more.length);
    for (const value of more) values.push(value);
  }
  return values;
}

export function typeOf(value: Json): (typeof TYPES)[number] {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as "boolean" | "number" | "string" | "object";
}

export const isTrue = (value: Json): boolean => value !== null && value !== false;

export const textOf = (value: Json): string => (typeof value === "string" ? value : jsonOf(value));
export function jsonOf(value: Json): string {
  countAll(value);
  return bounded(JSON.stringify(value));
}

/** Joins texts with a separator. */
export function joined(texts: readonly string[], by: string): string {
  const length = texts.reduce((sum, text) => sum + text.length + by.length, 0);
  if (length > MAX_LENGTH + by.length) throw new JqError("a value is too long");
  return bounded(texts.join(by));
}

/** @throws {JqError} also for documents deeper than jq accepts */
export function parseJson(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new JqError("the text is no JSON");
  }
  if (isDeeperThan(MAX_LEVELS, value)) throw new JqError("the document is nested too deep");
  return value;
}

/** Returns a string or a list, unless it exceeds the size limit. */
export function bounded<T extends string | readonly unknown[]>(value: T): T {
  const isText = typeof value === "string";
  if (value.length > (isText ? MAX_LENGTH : MAX_ELEMENTS)) throw new JqError("a value is too long");
  countSteps(isText ? Math.floor(value.length / CHARACTERS_PER_STEP) : value.length);
  return value;
}

/** Combines all pairs; results for one element of the outer list are adjacent. */
export function product<A, B, C>(
  outer: readonly A[],
  inner: readonly B[],
  make: (one: A, other: B) => C,
): readonly C[] {
  if (outer.length === 1 && inner.length === 1) return [make(outer[0]!, inner[0]!)];
  if (outer.length * inner.length > MAX_ELEMENTS) throw new JqError("there are too many values");
  return bounded(outer.flatMap((one) => inner.map((other) => make(one, other))));
}

export function stringIn(value: Json, filter: string): string {
  if (typeof value === "string") return value;
  throw new JqError(`${filter} is of strings, and not of ${typeOf(value)}`);
}

export function numberIn(value: Json, filter: string): number {
  if (typeof value === "number") return value;
  throw new JqError(`${filter} is of numbers, and not of ${typeOf(value)}`);
}

export function arrayIn(value: Json, filter: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new JqError(`${filter} is of arrays, and not of ${typeOf(value)}`);
}

export function objectIn(value: Json, filter: string): Record<string, Json> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new JqError(`${filter} is of objects, and not of ${typeOf(value)}`);
}

/** The elements of an array, or the values of an object. */
export function elementsOf(value: Json): Json[] {
  if (typeof value === "object" && value !== null) return bounded(Object.values(value));
  throw new JqError(`a ${typeOf(value)} has no elements`);
}

/** Compares two values in jq's order. */
export function compare(a: Json, b: Json): number {
  countSteps();
  const rank = TYPES.indexOf(typeOf(a)) - TYPES.indexOf(typeOf(b));
  if (rank !== 0) return rank;
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (typeof a === "object" && a !== null) {
    countSize(a);
    countSize(b);
    const [keys, others] = [Object.keys(a).sort(), Object.keys(b as object).sort()];
    return (
      compareLists(keys, others) ||
      compareLists(
        keys.map((key) => (a as Record<string, Json>)[key]!),
        keys.map((key) => (b as Record<string, Json>)[key]!),
      )
    );
  }
  if (typeof a === "string")
    countSteps(Math.floor(Math.min(a.length, (b as string).length) / CHARACTERS_PER_STEP));
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compare(a[at]!, b[at]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** The value of a key or an index; `null` if there is none. */
export function at(value: Json, key: Json): Json {
  if (value === null) return null;
  if (Array.isArray(value) && typeof key === "number") return value.at(Math.floor(key)) ?? null;
  if (typeof value === "object" && !Array.isArray(value) && typeof key === "string")
    return Object.hasOwn(value, key) ? value[key]! : null;
  const place = typeof key === "string" ? JSON.stringify(key) : `a ${typeOf(key)}`;
  throw new JqError(`a ${typeOf(value)} has nothing at ${place}`);
}

/** A slice between two indices; negative ones count from the end, and `null` is the beginning or the end. */
export function slice(value: Json, from: Json, to: Json): Json {
  if (value === null) return null;
  if (typeof value !== "string" && !Array.isArray(value))
    throw new JqError(`a ${typeOf(value)} has no slices`);
  countSize(value);
  const all = typeof value === "string" ? [...value] : value;
  const start = from === null ? 0 : Math.floor(numberIn(from, "a slice"));
  const end = to === null ? all.length : Math.ceil(numberIn(to, "a slice"));
  const part = all.slice(start, end);
  return typeof value === "string" ? part.join("") : part;
}
