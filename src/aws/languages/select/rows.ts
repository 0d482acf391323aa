import type { Evaluate, Scope } from "./compile.ts";
import { failure, invalidColumnIndex } from "./errors.ts";
import type { Expression, Name, PathStep, Source } from "./syntax.ts";
import { isStructure, type Structure, type Value } from "./values.ts";

/** A row of the result: names and their values. */
export interface Projected {
  names: readonly string[];
  values: readonly Value[];
}

/** How queries access rows of one format. */
export interface Rows<Row> extends Scope<Row> {
  /** Returns the expansion of `*`. */
  star(row: Row): Projected;
  /** Whether a reference in `name.*` denotes the row itself. */
  isRow(reference: Expression & { type: "reference" }): boolean;
}

type Reference = Expression & { type: "reference" };

/** Whether a name in a query denotes a given column or member. */
export const isSame = (name: Name, key: string) =>
  name.exact ? name.text === key : name.text.toLowerCase() === key.toLowerCase();

/** Whether a step denotes the row itself. So does `s3object` if there is no alias. */
export function namesRow({ alias }: Source, step: PathStep | undefined): boolean {
  if (!step || !("name" in step)) return false;
  if (isSame(step.name, alias.text)) return true;
  return alias.text === "_1" && isSame(step.name, "s3object");
}

function isStarOf(source: Source, { steps }: Reference): boolean {
  const [first, second] = steps;
  if (steps.length !== 2 || !second || !("wildcard" in second) || second.wildcard !== ".*") return false;
  return namesRow(source, first);
}

/** Rows of CSV, with or without a header line. */
export function csvRows(source: Source, headers: readonly string[] | undefined, now: number): Rows<string[]> {
  if (source.path.length > 0) throw failure("ParseInvalidPathComponent");
  const positions: string[][] = [];
  const positionsOf = (count: number) =>
    (positions[count] ??= Array.from({ length: count }, (_, at) => `_${at + 1}`));
  return {
    isUntyped: true,
    now,
    star(row) {
      if (!headers) return { names: positionsOf(row.length), values: row };
      return { names: headers, values: headers.map((_, at) => row[at] ?? "") };
    },
    isRow: (reference) => isStarOf(source, reference),
    resolve(reference) {
      const at = columnOf(source, headers, reference);
      return (row) => row[at];
    },
  };
}

function columnOf(
  source: Source,
  headers: readonly string[] | undefined,
  { steps, place }: Reference,
): number {
  const [column, ...more] = steps.length > 1 && namesRow(source, steps[0]) ? steps.slice(1) : steps;
  if (!column || !("name" in column) || more.length > 0) throw failure("ParseInvalidPathComponent");
  const { name } = column;
  const matching = headers ? headersNamed(headers, name) : [];
  if (matching.length > 1) throw failure("AmbiguousFieldName");
  if (matching.length === 1) return matching[0]!;
  const [, position] = /^_(\d{1,6})$/.exec(name.text) ?? [];
  if (position === undefined) throw failure("MissingHeaders");
  if (Number(position) === 0) throw invalidColumnIndex(place);
  return Number(position) - 1;
}

function headersNamed(headers: readonly string[], name: Name): number[] {
  return headers.flatMap((header, at) => (isSame(name, header) ? [at] : []));
}

/** Rows of JSON documents, usually objects. */
export function jsonRows(source: Source, now: number): Rows<Value> {
  return {
    isUntyped: false,
    now,
    star(row) {
      if (isStructure(row)) return { names: Object.keys(row), values: Object.values(row) };
      return { names: ["_1"], values: [row] };
    },
    isRow: (reference) => isStarOf(source, reference),
    resolve({ steps }) {
      const path = namesRow(source, steps[0]) ? steps.slice(1) : steps;
      if (path.some((step) => "wildcard" in step)) throw failure("UnsupportedSqlStructure");
      return along(path);
    },
  };
}

function along(path: readonly PathStep[]): Evaluate<Value> {
  return (row) => path.reduce((value: Value, step) => stepInto(value, step), row);
}

function stepInto(value: Value, step: PathStep): Value {
  if ("index" in step) return Array.isArray(value) ? value[step.index] : undefined;
  return "name" in step && isStructure(value) ? field(value, step.name) : undefined;
}

function field(value: Structure, name: Name): Value {
  if (name.exact) return Object.hasOwn(value, name.text) ? value[name.text] : undefined;
  const matching = Object.keys(value).filter((key) => isSame(name, key));
  if (matching.length > 1) throw failure("AmbiguousFieldName");
  return matching.length === 1 ? value[matching[0]!] : undefined;
}

/**
 * The rows of a record: the record itself, or the values at the query's path. If there are none, one row that
 * is MISSING.
 */
export function* rowsOf(record: Value, path: readonly PathStep[], at = 0): Generator<Value> {
  const step = path[at];
  if (!step) yield record;
  else if (!("wildcard" in step)) yield* rowsOf(stepInto(record, step), path, at + 1);
  else {
    const members = membersOf(record, step.wildcard);
    if (members.length === 0) yield* rowsOf(undefined, path, at + 1);
    for (const member of members) yield* rowsOf(member, path, at + 1);
  }
}

function membersOf(value: Value, wildcard: "[*]" | ".*"): readonly Value[] {
  if (wildcard === "[*]") return Array.isArray(value) ? value : [];
  return isStructure(value) ? Object.values(value) : [];
}
