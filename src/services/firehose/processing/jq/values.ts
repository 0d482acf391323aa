import { isDeeperThan } from "#lib/nesting.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a filter makes of an input: any number of values, in order. @throws {JqError} */
export type Filter = (input: Json) => readonly Json[];

/** The input is not what the filter is for: a record fails, and nothing else. */
export class JqError extends Error {
  override name = "JqError";
}

/** The text is no filter, or none of those that are known here. */
export class JqSyntaxError extends Error {
  override name = "JqSyntaxError";
}

export const MAX_LENGTH = 2 ** 20;
const MAX_ELEMENTS = 2 ** 16;
/** Of a document that jq 1.6 reads. */
export const MAX_LEVELS = 256;
/** Values and letters that a query looks at in one record, beyond all that a sensible one does. */
const MAX_STEPS = 2 ** 22;
/** Letters that are copied, looked at one by one, or compared in a search, in the time of a step. */
const COPIED = 64;
const LOOKED_AT = 16;
const SEARCHED = 2_048;
/** Steps that a member of an object takes, whose name has to be found or written. */
const MEMBER = 4;
const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;

/** No two queries run at the same time: each runs to its end. */
let stepsLeft = 0;

/** Begins a query of a record: its filters share the steps that it may take. */
export function beginSteps(most = MAX_STEPS): void {
  stepsLeft = most;
}

/** By the last query. */
export const stepsTaken = (): number => MAX_STEPS - stepsLeft;

export function countSteps(steps = 1): void {
  stepsLeft -= steps;
  if (stepsLeft < 0) throw new JqError("the query takes too many steps");
}

/** Of what goes through a value, but not into what stands in it. */
export function countSize(value: Json): void {
  if (typeof value === "string") countSteps(Math.ceil(value.length / LOOKED_AT));
  else if (Array.isArray(value)) countSteps(value.length);
  else if (value !== null && typeof value === "object") countSteps(MEMBER * Object.keys(value).length);
}

/** Of what goes into a value, too; what stands in it more than once counts as often. */
function countAll(value: Json): void {
  countSize(value);
  if (value !== null && typeof value === "object") for (const one of Object.values(value)) countAll(one);
}

/** A search may compare each letter with each. */
export function countSearch(text: string, sought: string): void {
  countSteps(Math.ceil((text.length * sought.length) / SEARCHED));
}

/** What a filter makes of each of many inputs, one after another. */
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

/** Texts one behind the other. */
export function joined(texts: readonly string[], by: string): string {
  const length = texts.reduce((sum, text) => sum + text.length + by.length, 0);
  if (length > MAX_LENGTH + by.length) throw new JqError("a value is too long");
  return bounded(texts.join(by));
}

/** @throws {JqError} also for one that is nested deeper than jq reads */
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

/** A text, or a list, that does not grow beyond what a record may sensibly have. */
export function bounded<T extends string | readonly unknown[]>(value: T): T {
  const isText = typeof value === "string";
  if (value.length > (isText ? MAX_LENGTH : MAX_ELEMENTS)) throw new JqError("a value is too long");
  countSteps(isText ? Math.floor(value.length / COPIED) : value.length);
  return value;
}

/** What is made of each pair; all that is made with one of the outer ones comes together. */
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

/** What stands in an array or an object. */
export function elementsOf(value: Json): Json[] {
  if (typeof value === "object" && value !== null) return bounded(Object.values(value));
  throw new JqError(`a ${typeOf(value)} has no elements`);
}

/** In jq's order of all values. */
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
  if (typeof a === "string") countSteps(Math.floor(Math.min(a.length, (b as string).length) / COPIED));
  return a === b ? 0 : (a as number) < (b as number) ? -1 : 1;
}

function compareLists(a: readonly Json[], b: readonly Json[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const order = compare(a[at]!, b[at]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** What stands at a key or an index; `null` where nothing does. */
export function at(value: Json, key: Json): Json {
  if (value === null) return null;
  if (Array.isArray(value) && typeof key === "number") return value.at(Math.floor(key)) ?? null;
  if (typeof value === "object" && !Array.isArray(value) && typeof key === "string")
    return Object.hasOwn(value, key) ? value[key]! : null;
  const place = typeof key === "string" ? JSON.stringify(key) : `a ${typeOf(key)}`;
  throw new JqError(`a ${typeOf(value)} has nothing at ${place}`);
}

/** From an index up to another one, which count from the end where they are negative; `null` stands for the end itself. */
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
