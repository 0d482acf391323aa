/** Places of a map of which nobody said how many entries it will have. */
const PLACES = 16;
const FULL = 0.75;

/**
 * Names in the order in which a `HashMap` of Java tells of them, since version 8: by their hashes, and of one place in
 * the order in which they came. What AWS lists out of such a map stands in that order.
 * @param places the map was made for
 */
export function inJavaMap<T>(
  entries: readonly T[],
  nameOf: (entry: T) => string,
  places: number = PLACES,
): T[] {
  let all = 2 ** Math.ceil(Math.log2(Math.max(1, places)));
  while (entries.length > Math.trunc(all * FULL)) all *= 2;
  return entries
    .map((entry) => ({ entry, place: spread(hashOf(nameOf(entry))) & (all - 1) }))
    .sort((a, b) => a.place - b.place)
    .map(({ entry }) => entry);
}

const spread = (hash: number) => hash ^ (hash >>> 16);

/** `String.hashCode()`, as the documentation of Java has it. */
function hashOf(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}
