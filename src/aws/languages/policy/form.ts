/** Helpers for services that store a policy in a normalized form. */
import { jsonText } from "#lib/json-value.ts";

export type Members = Record<string, unknown>;

export const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object with the same members, whose values are mapped. */
export const mapped = (members: Members, to: (value: unknown, name: string) => unknown): Members =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, to(value, name)]));

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** Returns the only element of a list with one element; any other value unchanged. */
export const single = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 1 ? value[0] : value;

/** Replaces account numbers by the ARN of the account's root, and removes duplicates. */
export function accountRoots(names: unknown): unknown {
  const all = listOf(names).map((name) =>
    /^\d{12}$/.test(jsonText(name)) ? `arn:aws:iam::${name}:root` : name,
  );
  return single([...new Set(all)]);
}
