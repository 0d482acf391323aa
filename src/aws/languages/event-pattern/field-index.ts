import type { Leaf, Matcher } from "./matchers.ts";

/** Entries by the value, prefix or suffix that one field of an event must have. */
export interface FieldIndex<E> {
  equals: Map<Leaf, Set<E>>;
  prefixes: Affixes<E>;
  suffixes: Affixes<E>;
}

/** Entries by prefix or suffix, with the number of each length: a value is cut to those lengths only. */
interface Affixes<E> {
  entries: Map<string, Set<E>>;
  lengths: Map<number, number>;
}

export type Key = NonNullable<Matcher["key"]>;

export function emptyFieldIndex<E>(): FieldIndex<E> {
  const none = (): Affixes<E> => ({ entries: new Map(), lengths: new Map() });
  return { equals: new Map(), prefixes: none(), suffixes: none() };
}

export const isEmpty = <E>({ equals, prefixes, suffixes }: FieldIndex<E>): boolean =>
  equals.size + prefixes.entries.size + suffixes.entries.size === 0;

export function entriesOf<E>(at: FieldIndex<E>, key: Key): Set<E> | undefined {
  return "equals" in key ? at.equals.get(key.equals) : affixesOf(at, key).entries.get(affixOf(key));
}

export function addEntry<E>(at: FieldIndex<E>, key: Key, entry: E): void {
  let entries = entriesOf(at, key);
  if (!entries) {
    entries = new Set();
    if ("equals" in key) at.equals.set(key.equals, entries);
    else addAffix(affixesOf(at, key), affixOf(key), entries);
  }
  entries.add(entry);
}

export function removeEntry<E>(at: FieldIndex<E>, key: Key, entry: E): void {
  const entries = entriesOf(at, key);
  if (!entries?.delete(entry) || entries.size > 0) return;
  if ("equals" in key) at.equals.delete(key.equals);
  else removeAffix(affixesOf(at, key), affixOf(key));
}

/** Calls `show` with the entries whose value, prefix or suffix fits the value of an event's field. */
export function eachCandidate<E>(
  { equals, prefixes, suffixes }: FieldIndex<E>,
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

const affixesOf = <E>(at: FieldIndex<E>, key: AffixKey) => ("prefix" in key ? at.prefixes : at.suffixes);
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
