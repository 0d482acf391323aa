/** Java's default initial capacity. */
const DEFAULT_CAPACITY = 16;
const LOAD_FACTOR = 0.75;

/**
 * Returns entries in the iteration order of a `HashMap` of Java 8 or later: by the hashes of their names, and
 * within a bucket in the order of insertion. AWS lists some things in that order.
 * @param capacity initial capacity of the map
 */
export function inJavaMap<T>(
  entries: readonly T[],
  nameOf: (entry: T) => string,
  capacity: number = DEFAULT_CAPACITY,
): T[] {
  let all = 2 ** Math.ceil(Math.log2(Math.max(1, capacity)));
  while (entries.length > Math.trunc(all * LOAD_FACTOR)) all *= 2;
  return entries
    .map((entry) => ({ entry, place: spread(hashOf(nameOf(entry))) & (all - 1) }))
    .sort((a, b) => a.place - b.place)
    .map(({ entry }) => entry);
}

const spread = (hash: number) => hash ^ (hash >>> 16);

/** `String.hashCode()`, as Java's documentation defines it. */
function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
