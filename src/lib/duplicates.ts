/** Yields each repeated value, once for every repetition. */
export function* duplicates<T>(values: Iterable<T>): Generator<T, void> {
  const seen = new Set<T>();
  for (const value of values) {
    if (seen.has(value)) yield value;
    seen.add(value);
  }
}

/** The first value that is repeated. */
export function firstDuplicate<T>(values: Iterable<T>): T | undefined {
  for (const value of duplicates(values)) return value;
  return undefined;
}
