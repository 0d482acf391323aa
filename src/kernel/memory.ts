/**
 * What the owner of a partition keeps of it in memory: an order, heaps of timers, whoever waits. It is made when first
 * asked for, belongs to one tenure, and is forgotten with it when a commit fails, or the cloud is reset or closed. So
 * it may follow what is applied and not yet on disk: change it in `tx.afterwards`, and make it anew from the records.
 */
export interface Memory<T> {
  readonly name: string;
  readonly open: () => T;
  /** Tells whoever still waits for it that it is no more. */
  readonly dropped: (held: T) => void;
}

export function memory<T>(name: string, open: () => T, dropped: (held: T) => void = () => {}): Memory<T> {
  return { name, open, dropped };
}

/** The memories of one tenure. */
export interface Memories {
  of<T>(kind: Memory<T>): T;
  drop(): void;
}

export function openMemories(): Memories {
  const held = new Map<Memory<never>, unknown>();
  return {
    of<T>(kind: Memory<T>): T {
      const known = held.get(kind as unknown as Memory<never>);
      if (known !== undefined) return known as T;
      const opened = kind.open();
      held.set(kind as unknown as Memory<never>, opened);
      return opened;
    },
    drop() {
      for (const [kind, value] of held) kind.dropped(value as never);
      held.clear();
    },
  };
}
