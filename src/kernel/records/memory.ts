/**
 * In-memory state of a partition's owner: an order, heaps of timers, waiting calls. It is created at the
 * first use, belongs to one tenure, and is dropped with it when a commit fails or the cloud is reset or
 * closed. So it may reflect changes that are applied and not yet durable: change it in `tx.afterwards`, and
 * rebuild it from the records.
 */
export interface Memory<T> {
  readonly name: string;
  readonly open: () => T;
  /** Called when the value is dropped, to release those that still wait on it. */
  readonly dropped: (value: T) => void;
}

export function memory<T>(name: string, open: () => T, dropped: (value: T) => void = () => {}): Memory<T> {
  return { name, open, dropped };
}

/** All in-memory state of one tenure. */
export interface Memories {
  of<T>(kind: Memory<T>): T;
  drop(): void;
}

export function openMemories(): Memories {
  const values = new Map<Memory<never>, unknown>();
  return {
    of<T>(kind: Memory<T>): T {
      const existing = values.get(kind as unknown as Memory<never>);
      if (existing !== undefined) return existing as T;
      const opened = kind.open();
      values.set(kind as unknown as Memory<never>, opened);
      return opened;
    },
    drop() {
      for (const [kind, value] of values) kind.dropped(value as never);
      values.clear();
    },
  };
}
