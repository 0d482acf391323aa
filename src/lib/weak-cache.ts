/**
 * A map whose names may be chosen by clients. The most recently used values are held strongly, and the others
 * for as long as they are referenced elsewhere, so there are never two values of one name in use.
 */
export interface WeakCache<V extends object> {
  get(name: string): V | undefined;
  set(name: string, value: V): void;
  delete(name: string): void;
  /** All live values. */
  values(): IterableIterator<V>;
}

/** @param capacity the maximum number of values that are held strongly; at least half as many are */
export function weakCache<V extends object>(capacity: number): WeakCache<V> {
  let newer = new Map<string, V>();
  let older = new Map<string, V>();
  const evicted = new Map<string, WeakRef<V>>();
  const registry = new FinalizationRegistry<string>((name) => {
    if (evicted.get(name)?.deref() === undefined) evicted.delete(name);
  });

  function hold(name: string, value: V): void {
    if (newer.size >= capacity / 2) {
      for (const [evictedName, evictedValue] of older) {
        evicted.set(evictedName, new WeakRef(evictedValue));
        registry.register(evictedValue, evictedName);
      }
      older = newer;
      newer = new Map();
    }
    newer.set(name, value);
  }

  return {
    get(name) {
      const recent = newer.get(name);
      if (recent !== undefined) return recent;
      const value = older.get(name) ?? evicted.get(name)?.deref();
      if (value === undefined) return undefined;
      older.delete(name);
      evicted.delete(name);
      hold(name, value);
      return value;
    },
    set: hold,
    delete(name) {
      newer.delete(name);
      older.delete(name);
      evicted.delete(name);
    },
    *values() {
      yield* newer.values();
      yield* older.values();
      for (const reference of evicted.values()) {
        const value = reference.deref();
        if (value !== undefined) yield value;
      }
    },
  };
}
