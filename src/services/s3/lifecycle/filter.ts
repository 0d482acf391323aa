import type { LifecycleRule } from "#aws/contract/types/s3.ts";
import type { Tag } from "../store.ts";

/** Selects the objects of a rule; all conditions must hold. */
export interface Filter {
  prefix: string;
  tags: readonly Tag[];
  /** The exclusive bounds of the size, in bytes. */
  above?: number;
  below?: number;
}

export function filterOf({ Filter: filter, Prefix }: LifecycleRule): Filter {
  const conditions = filter?.And ?? filter;
  const tag = filter?.Tag;
  return {
    prefix: conditions?.Prefix ?? Prefix ?? "",
    tags: (filter?.And?.Tags ?? (tag ? [tag] : [])) as Tag[],
    above: conditions?.ObjectSizeGreaterThan,
    below: conditions?.ObjectSizeLessThan,
  };
}

/** An object, a delete marker or an upload; an upload has neither tags nor size. */
interface Filtered {
  key: string;
  tags?: readonly Tag[];
  size?: number;
}

export function matches(
  { prefix, tags, above, below }: Filter,
  { key, tags: own = [], size = 0 }: Filtered,
): boolean {
  return (
    key.startsWith(prefix) &&
    (above === undefined || size > above) &&
    (below === undefined || size < below) &&
    tags.every((required) => own.some((tag) => tag.Key === required.Key && tag.Value === required.Value))
  );
}

/** Describes a rule as S3's error messages do. */
export function described(rule: LifecycleRule): string {
  if (!rule.Filter) return `prefix '${rule.Prefix ?? ""}'`;
  const { prefix, tags, above, below } = filterOf(rule);
  const parts = tags.map(({ Key, Value }) => `tag: key=${Key}, value=${Value}`);
  if (prefix !== "" || (parts.length === 0 && above === undefined && below === undefined))
    parts.unshift(`prefix=${prefix}`);
  if (above !== undefined) parts.push(`ObjectSizeGreaterThan=${above}`);
  if (below !== undefined) parts.push(`ObjectSizeLessThan=${below}`);
  return `filter '(${parts.join(" and ")})'`;
}
