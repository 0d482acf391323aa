import { memoizeByText } from "#lib/memoize.ts";
import { invalid } from "../errors.ts";
import type { Item, Value } from "../values/value.ts";
import { type Path, parseProjection, type Step } from "./grammar.ts";
import { childAt, clashIn } from "./paths.ts";
import type { Placeholders } from "./placeholders.ts";

/** Returns the projected part of an item. */
export type Projection = (item: Item) => Item;

const parsed = memoizeByText(2_000, parseProjection);

/** @throws {AwsError} ValidationException, also if two paths overlap or conflict */
export function projectionOf(source: string, placeholderMap: Placeholders): Projection {
  const paths = parsed(source).map((path) => placeholderMap.path("ProjectionExpression", path));
  const clash = clashIn(paths);
  if (clash) throw invalid(`Invalid ProjectionExpression: ${clash}`);
  return projectPaths(paths);
}

/** The projection onto paths that do not overlap. */
export function projectPaths(paths: readonly Path[]): Projection {
  const root: Steps = new Map();
  for (const path of paths) {
    let at = root;
    for (const step of path) {
      let next = at.get(step);
      if (!next) at.set(step, (next = new Map()));
      at = next;
    }
  }
  return (item) => {
    const projected: Item = Object.create(null);
    for (const [name, steps] of root) {
      const value = Object.hasOwn(item, name) ? part(item[name]!, steps) : undefined;
      if (value) projected[name] = value;
    }
    return projected;
  };
}

/** A tree of the projected paths. A node without children stands for the whole value. */
type Steps = Map<Step, Steps>;

/** The projected part of a value. Projected list elements become adjacent and keep their order. */
function part(value: Value, steps: Steps): Value | undefined {
  if (steps.size === 0) return value;
  const parts: [Step, Value][] = [];
  for (const [step, further] of steps) {
    const inner = childAt(value, step);
    const shown = inner && part(inner, further);
    if (shown) parts.push([step, shown]);
  }
  if (parts.length === 0) return undefined;
  if (value.M) return { M: Object.fromEntries(parts) };
  return { L: parts.sort(([a], [b]) => Number(a) - Number(b)).map(([, element]) => element) };
}
