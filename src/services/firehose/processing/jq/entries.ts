import { at, isTrue, type Json, stringIn } from "./values.ts";

const KEYS = ["key", "k", "name", "Name", "Key", "K"];
const VALUES = ["value", "v", "Value", "V"];

/** `[{"key": …, "value": …}]` */
export const entriesOf = (object: Record<string, Json>): { key: string; value: Json }[] =>
  Object.entries(object).map(([key, value]) => ({ key, value }));

/** The other way round, from entries under any of the names that jq knows. */
export const objectOf = (entries: readonly Json[]): Record<string, Json> =>
  Object.fromEntries(
    entries.map((entry) => [stringIn(memberOf(entry, KEYS), "from_entries"), memberOf(entry, VALUES)]),
  );

const memberOf = (entry: Json, names: readonly string[]): Json =>
  names.map((name) => at(entry, name)).find(isTrue) ?? null;
