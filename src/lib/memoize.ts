/** Computes a value from an object once, and keeps it for as long as the object lives. */
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

/**
 * Computes a value from a text, and keeps it for the next call: clients repeat themselves. The cache is emptied when it is
 * full, since its texts may be a stranger's choice. The text of the last call is compared before it is looked up: that
 * costs a fraction of hashing it, and most often they are the same.
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
