/** Those of several that have come before. */
export function* repetitions<T>(values: Iterable<T>): Generator<T, void> {
  const seen = new Set<T>();
  for (const value of values) {
    if (seen.has(value)) yield value;
    seen.add(value);
  }
}

/** The first of several that comes a second time. */
export function repeated<T>(values: Iterable<T>): T | undefined {
  for (const value of repetitions(values)) return value;
  return undefined;
}
