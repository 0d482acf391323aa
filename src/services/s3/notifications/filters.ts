import { formDecoded } from "#lib/percent.ts";
import type { Target } from "./store.ts";

export interface KeyFilter {
  prefix: string;
  suffix: string;
}

/** Returns the prefix and the suffix of a filter, whose values are URL-encoded with `+` for a space. */
export function keyFilter({ rules = [] }: Pick<Target, "rules">): KeyFilter {
  const valueOfRule = (name: string) => decoded(rules.find((rule) => rule.Name === name)?.Value ?? "");
  return { prefix: valueOfRule("Prefix"), suffix: valueOfRule("Suffix") };
}

export function matchesKey({ prefix, suffix }: KeyFilter, key: string): boolean {
  return key.startsWith(prefix) && key.endsWith(suffix);
}

/** Whether a key can match both filters. */
export function overlap(one: KeyFilter, other: KeyFilter): boolean {
  const prefixes = one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix);
  const suffixes = one.suffix.endsWith(other.suffix) || other.suffix.endsWith(one.suffix);
  return prefixes && suffixes;
}

const decoded = (value: string) => formDecoded(value) ?? value;
