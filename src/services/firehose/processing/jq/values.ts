export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** What a filter makes of an input: one value. @throws {JqError} */
export type Filter = (input: Json) => Json;

/** The input is not what the filter is for: a record fails, and nothing else. */
export class JqError extends Error {
  override name = "JqError";
}

/** The text is no filter, or none of those that are known here. */
export class JqSyntaxError extends Error {
  override name = "JqSyntaxError";
}

const MOST_LENGTH = 2 ** 20;
const MOST_ELEMENTS = 2 ** 16;
const TYPES = ["null", "boolean", "number", "string", "array", "object"] as const;

export function typeOf(value: Json): (typeof TYPES)[number] {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as "boolean" | "number" | "string" | "object";
}

export const isTrue = (value: Json): boolean => value !== null && value !== false;

export const textOf = (value: Json): string => (typeof value === "string" ? value : jsonOf(value));
export const jsonOf = (value: Json): string => bounded(JSON.stringify(value));

/** A text, or a list, that does not grow beyond what a record may sensibly have. */
export function bounded<T extends string | Json[]>(value: T): T {
  if (value.length > (typeof value === "string" ? MOST_LENGTH : MOST_ELEMENTS))
    throw new JqError("a value is too long");
  return value;
}

export function stringIn(value: Json, filter: string): string {
  if (typeof value === "string") return value;
  throw new JqError(`${filter} is of strings, and not of ${typeOf(value)}`);
}

export function numberIn(value: Json, filter: string): number {
  if (typeof value === "number") return value;
  throw new JqError(`${filter} is of numbers, and not of ${typeOf(value)}`);
}

/** In jq's order of all values. */
export function compare(a: Json, b: Json): number {
  const rank = TYPES.indexOf(typeOf(a)) - TYPES.indexOf(typeOf(b));
  if (rank !== 0) return rank;
  if (Array.isArray(a) && Array.isArray(b)) return compareLists(a, b);
  if (typeof a === "object" && a !== null) {
    const [keys, others] = [Object.keys(a).sort(), Object.keys(b as object).sort()];
    return (
      compareLists(keys, others) ||
      compareLists(
        keys.map((key) => (a as Record<string, Json>)[key]!),
        keys.map((key) => (b as Record<string, Json>)[key]!),
      )
    );
  }
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
  throw new JqError(`a ${typeOf(value)} has nothing at ${JSON.stringify(key)}`);
}
