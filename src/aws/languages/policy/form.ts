/** What services have in common that keep a policy in one form, however it was written. */
import { jsonText } from "#lib/json-value.ts";

type Members = Record<string, unknown>;

/** The same members with other values. */
export const mapped = (members: Members, to: (value: unknown, name: string) => unknown): Members =>
  Object.fromEntries(Object.entries(members).map(([name, value]) => [name, to(value, name)]));

export const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** A list of one is that one. */
export const single = (value: unknown): unknown =>
  Array.isArray(value) && value.length === 1 ? value[0] : value;

/** An account is its root, and is named once. */
export function accountRoots(names: unknown): unknown {
  const all = listOf(names).map((name) =>
    /^\d{12}$/.test(jsonText(name)) ? `arn:aws:iam::${name}:root` : name,
  );
  return single([...new Set(all)]);
}
