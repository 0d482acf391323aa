import type { Scope } from "./collection.ts";

/**
 * A log in commit order: streams, change queues, event archives. Entries of one stream are numbered by the
 * partition's sequence, so a reader that remembers the last number it read neither misses nor repeats an
 * entry.
 */
export interface Journal<T> {
  readonly name: string;
  readonly scope: Scope;
  /** Phantom: the type of the entries. */
  readonly entry?: T;
}

export interface JournalEntry<T> {
  sequence: number;
  entry: T;
}

export function journal<T>(name: string, options: { scope: Scope }): Journal<T> {
  return { name, scope: options.scope };
}
