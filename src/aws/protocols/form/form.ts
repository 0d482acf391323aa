import { Malformed } from "../values/malformed.ts";
import { utf8 } from "../values/scalars.ts";

/**
 * A form whose keys are paths (`Tag.member.1.Key`), as a tree: parsed once, however many members access it.
 */
export interface FormNode {
  value: string | undefined;
  children: Map<string, FormNode> | undefined;
}

/** PutMetricData has the most: AWS accepts a megabyte of `MetricData.member.1.Values.member.1=1`. */
const MAX_PAIRS = 30_000;
/** Most keys of a form share their first parts. */
const MAX_NODES = 100_000;
const MAX_PARTS = 64;

/**
 * @param query the pairs of the query string, since the query protocol also allows GET
 * @throws {Malformed}
 */
export function parseForm(body: Uint8Array, query: readonly (readonly [string, string])[] = []): FormNode {
  const text = utf8(body);
  checkCount(text, MAX_PAIRS - query.length);
  const root: FormNode = { value: undefined, children: undefined };
  let nodes = 0;
  for (const [key, value] of query) nodes += put(root, key, value);
  let at = 0;
  while (at < text.length) {
    const ampersand = text.indexOf("&", at);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > at) {
      const equals = text.indexOf("=", at);
      const split = equals < 0 || equals > end ? end : equals;
      nodes += put(root, decoded(text.slice(at, split)), decoded(text.slice(split + 1, end)));
      if (nodes > MAX_NODES) throw tooMany();
    }
    at = end + 1;
  }
  return root;
}

/** Checked before the form is parsed. Only a long text can have that many parameters. */
function checkCount(text: string, limit: number): void {
  if (text.length <= 2 * limit) return;
  let pairs = 0;
  let at = 0;
  while (at < text.length) {
    const ampersand = text.indexOf("&", at);
    const end = ampersand < 0 ? text.length : ampersand;
    if (end > at && ++pairs > limit) throw tooMany();
    at = end + 1;
  }
}

const tooMany = () => new Malformed("The form has too many parameters");

/** @returns the number of nodes created */
function put(root: FormNode, key: string, value: string): number {
  const parts = key.split(".", MAX_PARTS + 1);
  if (parts.length > MAX_PARTS) throw new Malformed(`The parameter ${key.slice(0, 100)} is nested too deep`);
  let made = 0;
  let node = root;
  for (const part of parts) {
    node.children ??= new Map();
    let child = node.children.get(part);
    if (child === undefined) {
      child = { value: undefined, children: undefined };
      node.children.set(part, child);
      made++;
    }
    node = child;
  }
  node.value = value;
  return made;
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
