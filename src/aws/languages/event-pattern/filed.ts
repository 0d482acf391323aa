import type { Leaf, Matcher } from "./matchers.ts";

/** What is filed by what one field of an event must be: a value, or how it begins or ends. */
export interface Filed<E> {
  equals: Map<Leaf, Set<E>>;
  prefixes: Affixes<E>;
  suffixes: Affixes<E>;
}

/** By beginning or end, and how many there are of each length: an event's value is cut to those lengths only. */
interface Affixes<E> {
  entries: Map<string, Set<E>>;
  lengths: Map<number, number>;
}

export type Key = NonNullable<Matcher["key"]>;

export function nothingFiled<E>(): Filed<E> {
  const none = (): Affixes<E> => ({ entries: new Map(), lengths: new Map() });
  return { equals: new Map(), prefixes: none(), suffixes: none() };
}

export const isEmpty = <E>({ equals, prefixes, suffixes }: Filed<E>): boolean =>
  equals.size + prefixes.entries.size + suffixes.entries.size === 0;

export function entriesOf<E>(at: Filed<E>, key: Key): Set<E> | undefined {
  return "equals" in key ? at.equals.get(key.equals) : affixesOf(at, key).entries.get(affixOf(key));
}

export function file<E>(at: Filed<E>, key: Key, entry: E): void {
  let entries = entriesOf(at, key);
  if (!entries) {
    entries = new Set();
    if ("equals" in key) at.equals.set(key.equals, entries);
    else addAffix(affixesOf(at, key), affixOf(key), entries);
  }
  entries.add(entry);
}

export function unfile<E>(at: Filed<E>, key: Key, entry: E): void {
  const entries = entriesOf(at, key);
  if (!entries?.delete(entry) || entries.size > 0) return;
  if ("equals" in key) at.equals.delete(key.equals);
  else removeAffix(affixesOf(at, key), affixOf(key));
}

/** Shows all that is filed under what the value is, and under its beginnings and ends. */
export function eachFiled<E>(
  { equals, prefixes, suffixes }: Filed<E>,
  value: Leaf,
  show: (entries: Set<E> | undefined) => void,
): void {
  show(equals.get(value));
  if (typeof value !== "string") return;
  for (const length of prefixes.lengths.keys()) show(prefixes.entries.get(value.slice(0, length)));
  for (const length of suffixes.lengths.keys()) {
    if (length <= value.length) show(suffixes.entries.get(value.slice(value.length - length)));
  }
}

type AffixKey = Exclude<Key, { equals: Leaf }>;

const affixesOf = <E>(at: Filed<E>, key: AffixKey) => ("prefix" in key ? at.prefixes : at.suffixes);
const affixOf = (key: AffixKey) => ("prefix" in key ? key.prefix : key.suffix);

function addAffix<E>({ entries: affixes, lengths }: Affixes<E>, affix: string, entries: Set<E>): void {
  affixes.set(affix, entries);
  lengths.set(affix.length, (lengths.get(affix.length) ?? 0) + 1);
}

function removeAffix<E>({ entries: affixes, lengths }: Affixes<E>, affix: string): void {
  affixes.delete(affix);
  const left = lengths.get(affix.length)! - 1;
  if (left === 0) lengths.delete(affix.length);
  else lengths.set(affix.length, left);
}
