/**
 * A parsed path into a JSON document: `$.detail.items[0]['the name']`, or `$.detail.items[*].name`, which
 * selects a list.
 */
export type JsonPath = readonly (string | number | typeof EVERY)[];

/** `*`: each member of an object, or each element of a list. */
const EVERY = Symbol("*");

const STEP = /\.([^.[\]'"\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]|\[(\*)\]/y;

/** Returns `undefined` for an invalid path. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith("$")) return undefined;
  const path: (string | number | typeof EVERY)[] = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length; ) {
    const step = STEP.exec(text);
    if (!step) return undefined;
    const [, name, index, quoted, doubly, every] = step;
    if (name === "*" || every) path.push(EVERY);
    else path.push(index === undefined ? (name ?? quoted ?? doubly)! : Number(index));
  }
  return path;
}

/** Returns the value at a path, or `undefined`; for a path with `*`, the list of all values found. */
export function atJsonPath(document: unknown, path: JsonPath): unknown {
  if (!path.includes(EVERY)) return along(document, path as readonly (string | number)[]);
  let found = [document];
  for (const step of path) {
    found = step === EVERY ? found.flatMap(membersOf) : found.map((one) => along(one, [step]));
    found = found.filter((one) => one !== undefined);
  }
  return found;
}

function along(document: unknown, path: readonly (string | number)[]): unknown {
  let value = document;
  for (const step of path) {
    const isThere =
      hasMembers(value) && Array.isArray(value) === (typeof step === "number") && Object.hasOwn(value, step);
    if (!isThere) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const membersOf = (value: unknown): unknown[] => (hasMembers(value) ? Object.values(value) : []);

/** Numbers may be raw JSON. */
const hasMembers = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !JSON.isRawJSON(value);
