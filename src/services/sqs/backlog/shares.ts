/** The number of messages in flight of each group of a standard queue. */
export interface Shares {
  add(seq: number, group: string | undefined): void;
  remove(seq: number): void;
  /** Whether other groups go first. `total` is the number of messages in flight. */
  isNoisy(group: string | undefined, total: number): boolean;
}

/** A group with this many messages in flight, and this share of all, is a noisy neighbour. */
const NOISY_MESSAGES = 10;
const NOISY_SHARE = 0.1;

export function openShares(): Shares {
  const groupOf = new Map<number, string>();
  const sizes = new Map<string, number>();

  function change(group: string, by: number) {
    const size = (sizes.get(group) ?? 0) + by;
    if (size > 0) sizes.set(group, size);
    else sizes.delete(group);
  }

  return {
    add(seq, group) {
      if (group === undefined || groupOf.has(seq)) return;
      groupOf.set(seq, group);
      change(group, 1);
    },
    remove(seq) {
      const group = groupOf.get(seq);
      if (group === undefined) return;
      groupOf.delete(seq);
      change(group, -1);
    },
    isNoisy(group, total) {
      const size = group === undefined ? 0 : (sizes.get(group) ?? 0);
      return size >= NOISY_MESSAGES && size >= total * NOISY_SHARE;
    },
  };
}
