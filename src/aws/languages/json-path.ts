/** A way into a JSON document that leads to one place: `$.detail.items[0]['the name']`. */
export type JsonPath = readonly (string | number)[];

const STEP = /\.([^.[\]'"\s]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;

/** `undefined` for what is none, or leads to several places. */
export function parseJsonPath(text: string): JsonPath | undefined {
  if (!text.startsWith("$")) return undefined;
  const path: (string | number)[] = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < text.length; ) {
    const step = STEP.exec(text);
    if (!step) return undefined;
    const [, name, index, quoted, doubly] = step;
    if (name === "*") return undefined;
    path.push(index === undefined ? (name ?? quoted ?? doubly)! : Number(index));
  }
  return path;
}

/** `undefined` where nothing is. */
export function atJsonPath(document: unknown, path: JsonPath): unknown {
  let value = document;
  for (const step of path) {
    const isThere =
      typeof value === "object" &&
      value !== null &&
      Array.isArray(value) === (typeof step === "number") &&
      Object.hasOwn(value, step);
    if (!isThere) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
