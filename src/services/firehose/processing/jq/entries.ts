import { at, isTrue, type Json, stringIn } from "./values.ts";

const KEYS = ["key", "k", "name", "Name", "Key", "K"];
const VALUES = ["value", "v", "Value", "V"];

/** `[{"key": …, "value": …}]` */
export const entriesOf = (object: Record<string, Json>): { key: string; value: Json }[] =>
  Object.entries(object).map(([key, value]) => ({ key, value }));

/** The object of a list of entries, whose members may have any of the names that jq accepts. */
export const objectOf = (entries: readonly Json[]): Record<string, Json> =>
  Object.fromEntries(
    entries.map((entry) => [stringIn(memberOf(entry, KEYS), "from_entries"), memberOf(entry, VALUES)]),
  );

const memberOf = (entry: Json, names: readonly string[]): Json =>
  names.map((name) => at(entry, name)).find(isTrue) ?? null;
