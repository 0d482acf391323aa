/** Caches a value computed from an object for as long as the object lives. */
export function memoizeByObject<K extends WeakKey, V>(compute: (key: K) => V): (key: K) => V {
  const values = new WeakMap<K, V>();
  return (key) => {
    let value = values.get(key);
    if (value === undefined) {
      value = compute(key);
      values.set(key, value);
    }
    return value;
  };
}

/** Caches a value computed from two objects for as long as both live. */
export function memoizeByPair<K extends WeakKey, V>(compute: (one: K, other: K) => V): typeof compute {
  const byFirst = memoizeByObject((one: K) => memoizeByObject((other: K) => compute(one, other)));
  return (one, other) => byFirst(one)(other);
}

/**
 * Caches values computed from texts, since clients often repeat them. The cache is cleared when it is full,
 * because clients may choose the texts. The previous call's text is compared before the lookup: that is
 * cheaper than hashing, and they are usually equal.
 */
export function memoizeByText<V>(capacity: number, compute: (text: string) => V): (text: string) => V {
  const values = new Map<string, V>();
  let lastText: string | undefined;
  let lastValue: V;
  return (text) => {
    if (text === lastText) return lastValue;
    let value = values.get(text);
    if (value === undefined) {
      value = compute(text);
      if (values.size >= capacity) values.clear();
      values.set(text, value);
    }
    lastText = text;
    lastValue = value;
    return value;
  };
}
