import type { Item, Value } from "../values/value.ts";
import type { Path, Step } from "./grammar.ts";

/** The value at a path; `undefined` if there is none. */
export function valueAt(item: Item, path: Path): Value | undefined {
  let value: Value | undefined = Object.hasOwn(item, path[0]!) ? item[path[0]!] : undefined;
  for (let at = 1; at < path.length && value; at++) value = childAt(value, path[at]!);
  return value;
}

export function childAt(value: Value, step: Step): Value | undefined {
  if (typeof step === "number") return value.L?.[step];
  return value.M && Object.hasOwn(value.M, step) ? value.M[step] : undefined;
}

/** A path as errors show it: `[a, b, [0]]`. */
export const shownPath = (path: Path) =>
  `[${path.map((step) => (typeof step === "number" ? `[${step}]` : step)).join(", ")}]`;

/** The reason why one expression must not contain both paths, if there is one. */
export function clash(a: Path, b: Path): "overlap" | "conflict" | undefined {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    if (a[at] === b[at]) continue;
    return typeof a[at] === typeof b[at] ? undefined : "conflict";
  }
  return "overlap";
}

/** The error message for the first two paths that clash. */
export function clashIn(paths: readonly Path[]): string | undefined {
  if (paths.length < 2) return undefined;
  for (const [index, one] of paths.entries()) {
    for (const other of paths.slice(index + 1)) {
      const kind = clash(one, other);
      if (kind)
        return `Two document paths ${kind} with each other; must remove or rewrite one of these paths; path one: ${shownPath(one)}, path two: ${shownPath(other)}`;
    }
  }
  return undefined;
}
