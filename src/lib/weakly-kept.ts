/**
 * Values by name, of which there may be as many as a stranger has names. Those of late are held; any other for as long
 * as somebody else holds it, so that there are never two of one name at work.
 */
export interface WeaklyKept<V extends object> {
  get(name: string): V | undefined;
  set(name: string, value: V): void;
  /** All that are still there. */
  values(): IterableIterator<V>;
}

/** @param most half as many are held at least, whatever comes */
export function weaklyKept<V extends object>(most: number): WeaklyKept<V> {
  let newer = new Map<string, V>();
  let older = new Map<string, V>();
  const others = new Map<string, WeakRef<V>>();
  const registry = new FinalizationRegistry<string>((name) => {
    if (others.get(name)?.deref() === undefined) others.delete(name);
  });

  function hold(name: string, value: V): void {
    if (newer.size >= most / 2) {
      for (const [known, former] of older) {
        others.set(known, new WeakRef(former));
        registry.register(former, known);
      }
      older = newer;
      newer = new Map();
    }
    newer.set(name, value);
  }

  return {
    get(name) {
      const known = newer.get(name);
      if (known !== undefined) return known;
      const value = older.get(name) ?? others.get(name)?.deref();
      if (value === undefined) return undefined;
      older.delete(name);
      others.delete(name);
      hold(name, value);
      return value;
    },
    set: hold,
    *values() {
      yield* newer.values();
      yield* older.values();
      for (const other of others.values()) {
        const value = other.deref();
        if (value !== undefined) yield value;
      }
    },
  };
}
