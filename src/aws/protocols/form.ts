import { Malformed } from "./malformed.ts";
import { utf8 } from "./scalars.ts";

/** A form whose keys are paths (`Tag.member.1.Key`), as a tree: read once, however many members look into it. */
export interface FormNode {
  value: string | undefined;
  children: Map<string, FormNode> | undefined;
}

const maxPairs = 100_000;
const maxKeyParts = 64;

/**
 * @param query the pairs of the query string: the query protocol may be spoken by GET
 * @throws {Malformed}
 */
export function parseForm(body: Uint8Array, query: readonly (readonly [string, string])[] = []): FormNode {
  const root: FormNode = { value: undefined, children: undefined };
  for (const [key, value] of query) put(root, key, value);
  const text = utf8(body);
  let pairs = query.length;
  let at = 0;
  while (at < text.length) {
    const ampersand = text.indexOf("&", at);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > at) {
      if (++pairs > maxPairs) throw new Malformed("The form has too many parameters");
      const equals = text.indexOf("=", at);
      const split = equals < 0 || equals > end ? end : equals;
      put(root, decoded(text.slice(at, split)), decoded(text.slice(split + 1, end)));
    }
    at = end + 1;
  }
  return root;
}

function put(root: FormNode, key: string, value: string): void {
  const parts = key.split(".");
  if (parts.length > maxKeyParts)
    throw new Malformed(`The parameter ${key.slice(0, 100)} is nested too deep`);
  let node = root;
  for (const part of parts) {
    node.children ??= new Map();
    let child = node.children.get(part);
    if (child === undefined) {
      child = { value: undefined, children: undefined };
      node.children.set(part, child);
    }
    node = child;
  }
  node.value = value;
}

function decoded(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch (error) {
    throw new Malformed("The query string contains a syntax error", { cause: error });
  }
}
