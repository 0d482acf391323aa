/** Hashes are numbers of 128 bits. */
export const HASHES = 1n << 128n;

export interface Range {
  from: string;
  to: string;
}

/** Divides all hashes into equal ranges. */
export function evenRanges(count: number): Range[] {
  const share = HASHES / BigInt(count);
  return Array.from({ length: count }, (_, at) => ({
    from: (share * BigInt(at)).toString(),
    to: (at === count - 1 ? HASHES - 1n : share * BigInt(at + 1) - 1n).toString(),
  }));
}
