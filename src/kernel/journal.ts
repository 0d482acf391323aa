import type { Scope } from "./collection.ts";

/**
 * A log in commit order: streams, queues of changes, event archives. Entries of one stream are numbered by the
 * partition's sequence, so a reader that keeps the last number it saw misses nothing and sees nothing twice.
 */
export interface Journal<T> {
  readonly name: string;
  readonly scope: Scope;
  /** Phantom: what the entries are. */
  readonly entry?: T;
}

export interface JournalEntry<T> {
  sequence: number;
  entry: T;
}

export function journal<T>(name: string, options: { scope: Scope }): Journal<T> {
  return { name, scope: options.scope };
}
