import { isSame, namesRow } from "./rows.ts";
import type { Expression, Name, PathStep, Query } from "./syntax.ts";

/**
 * Returns a function that tells whether a query uses the column of a given name: the others need not be read.
 */
export function columnsOf(query: Query): (name: string) => boolean {
  const named = namesIn(query);
  return (name) => named?.some((column) => isSame(column, name)) ?? true;
}

/** Returns `undefined` for a query that uses all columns. */
function namesIn({ select, from, where }: Query): Name[] | undefined {
  if (from.path.length > 0) return allOrNamed([from.path]);
  if (!select) return undefined;
  const paths = referencesIn([select, where]).map(({ steps }) =>
    namesRow(from, steps[0]) ? steps.slice(1) : steps,
  );
  return allOrNamed(paths);
}

function allOrNamed(paths: readonly (readonly PathStep[])[]): Name[] | undefined {
  const names = paths.map(([first]) => (first && "name" in first ? first.name : undefined));
  return names.includes(undefined) ? undefined : (names as Name[]);
}

type Reference = Expression & { type: "reference" };

function referencesIn(syntax: unknown): Reference[] {
  if (typeof syntax !== "object" || syntax === null) return [];
  if ("type" in syntax && syntax.type === "reference") return [syntax as Reference];
  return Object.values(syntax).flatMap(referencesIn);
}
