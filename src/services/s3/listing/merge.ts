/**
 * Merges two pages of rows, each in the order of its keys. Of rows with the same key, that of the first page
 * comes first.
 */
export function merged<T>(
  first: readonly T[],
  second: readonly T[],
  keyOf: (row: T) => string,
  limit: number,
): T[] {
  const rows: T[] = [];
  for (let i = 0, j = 0; rows.length < limit && (i < first.length || j < second.length); ) {
    const [one, other] = [first[i], second[j]];
    const isFirst = one !== undefined && (other === undefined || compareKeys(keyOf(one), keyOf(other)) <= 0);
    rows.push(isFirst ? one : other!);
    if (isFirst) i++;
    else j++;
  }
  return rows;
}

/**
 * Compares in the order of UTF-8. JavaScript compares UTF-16 code units, which
 * orders some characters differently.
 */
const compareKeys = (a: string, b: string) => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));
