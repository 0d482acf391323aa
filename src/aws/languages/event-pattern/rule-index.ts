import type { FieldPattern } from "./compile.ts";
import {
  addEntry,
  eachCandidate,
  emptyFieldIndex,
  entriesOf,
  type FieldIndex,
  isEmpty,
  removeEntry,
} from "./field-index.ts";
import { type BranchPattern, type EventPattern, type Json, spreadOut, valuesAt } from "./match.ts";
import type { Leaf } from "./matchers.ts";

/** An index of patterns, which evaluates an event only against those that may match it. */
export interface RuleIndex<T> {
  /** Replaces the pattern of that name. */
  set(name: string, pattern: EventPattern, rule: T): void;
  delete(name: string): void;
  /** Returns each matching rule once. */
  match(event: Json): T[];
}

interface Entry<T> {
  name: string;
  branch: BranchPattern;
  rule: T;
  /** An additional condition, tested first, since the field's values are shared by all rules. */
  probe: Probe | undefined;
}

interface Probe {
  place: Place;
  matches: (value: Leaf) => boolean;
}

/** A field of the current event. */
interface Place {
  path: readonly string[];
  /** The field's values in event number `event`. */
  values: readonly Leaf[];
  event: number;
  /** The number of entries that use it. */
  probes: number;
}

/** A field of events, with the entries that are indexed by it. */
interface Field<T> {
  path: readonly string[];
  index: FieldIndex<Entry<T>>;
}

/**
 * Each alternative of a pattern is indexed by one of its fields that requires certain values, prefixes or
 * suffixes: by the one with the fewest other entries. An alternative without such a field is tested with
 * every event.
 */
export function ruleIndex<T>(): RuleIndex<T> {
  const fields = new Map<string, Field<T>>();
  const unindexed = new Set<Entry<T>>();
  const removals = new Map<string, (() => void)[]>();
  const probed = new Map<string, Place>();
  let events = 0;

  function add(entry: Entry<T>): () => void {
    const best = entry.branch.fields
      .filter(({ anyOf }) => anyOf.every(({ key }) => key !== undefined))
      .map((field) => ({ field, entryCount: entryCount(field) }))
      .sort((a, b) => a.entryCount - b.entryCount)[0]?.field;
    if (!best) {
      unindexed.add(entry);
      return () => unindexed.delete(entry);
    }
    const at = fieldAt(best.path);
    for (const { key } of best.anyOf) addEntry(at.index, key!, entry);
    return () => {
      for (const { key } of best.anyOf) removeEntry(at.index, key!, entry);
      if (isEmpty(at.index)) fields.delete(JSON.stringify(at.path));
    };
  }

  /** A probe for a field that cannot be indexed, such as a number in a range. */
  function probeOf({ fields: patterns }: BranchPattern): Probe | undefined {
    const field = patterns.find(({ anyOf }) => anyOf.every(({ key, isAbsence }) => !key && !isAbsence));
    if (!field) return undefined;
    const name = JSON.stringify(field.path);
    let place = probed.get(name);
    if (!place) probed.set(name, (place = { path: field.path, values: [], event: 0, probes: 0 }));
    place.probes++;
    const [only, ...others] = field.anyOf;
    const matches =
      others.length === 0 ? only!.matches : (value: Leaf) => field.anyOf.some((one) => one.matches(value));
    return { place, matches };
  }

  function forgetProbe({ probe }: Entry<T>): void {
    if (probe && --probe.place.probes === 0) probed.delete(JSON.stringify(probe.place.path));
  }

  function mayMatch({ place, matches }: Probe, event: Json): boolean {
    if (place.event !== events) {
      place.values = valuesAt(event, place.path);
      place.event = events;
    }
    for (let at = 0; at < place.values.length; at++) if (matches(place.values[at]!)) return true;
    return false;
  }

  function entryCount({ path, anyOf }: FieldPattern): number {
    const at = fields.get(JSON.stringify(path));
    if (!at) return 0;
    return Math.max(...anyOf.map(({ key }) => entriesOf(at.index, key!)?.size ?? 0));
  }

  function fieldAt(path: readonly string[]): Field<T> {
    const name = JSON.stringify(path);
    let at = fields.get(name);
    if (!at) fields.set(name, (at = { path, index: emptyFieldIndex() }));
    return at;
  }

  function remove(name: string) {
    for (const undo of removals.get(name) ?? []) undo();
    removals.delete(name);
  }

  return {
    set(name, pattern, rule) {
      remove(name);
      removals.set(
        name,
        pattern.branches.flatMap((branch) => {
          const entry = { name, branch, rule, probe: probeOf(branch) };
          return [add(entry), () => forgetProbe(entry)];
        }),
      );
    },
    delete: remove,
    match(source) {
      const event = spreadOut(source);
      events++;
      const matching = new Map<string, T>();
      const addMatches = (entries: ReadonlySet<Entry<T>> | undefined) => {
        if (!entries) return;
        for (const entry of entries) {
          if (entry.probe && !mayMatch(entry.probe, event)) continue;
          const { name, branch, rule } = entry;
          if (!matching.has(name) && branch.matches(event)) matching.set(name, rule);
        }
      };
      for (const { path, index } of fields.values())
        for (const value of valuesAt(event, path)) eachCandidate(index, value, addMatches);
      addMatches(unindexed);
      return [...matching.values()];
    },
  };
}
