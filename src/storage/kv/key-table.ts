import { random } from "#lib/random.ts";

/** The initial capacity in rows: a power of two. */
const MIN_ROWS = 1_024;
/** Markers of slots without a row: never used, and deleted. */
const EMPTY = 0;
const DELETED = -1;

/** Maps keys to rows. Rows are small numbers, which are reused once they are free. */
export interface KeyTable {
  readonly size: number;
  /** @param hash the key's hash, from `hashOf` */
  find(hash: number, key: Uint8Array): number | undefined;
  /** @returns a row number for a key that has none yet */
  add(hash: number): number;
  remove(hash: number, row: number): void;
}

/**
 * A hash table of plain numbers with open addressing. Neither keys nor entries are objects, so the garbage
 * collector has nothing to visit, however many rows there are.
 * @param has whether a row has that key
 */
export function keyTable(has: (row: number, key: Uint8Array) => boolean): KeyTable {
  const free: number[] = [];
  let allocated = 0;
  let size = 0;
  /** The number of slots that are not empty. */
  let used = 0;
  /** Row numbers plus one. */
  let slots = new Int32Array(2 * MIN_ROWS);
  /** Hashes by row. */
  let hashes = new Int32Array(MIN_ROWS);

  /** The first slot to probe. Half of all slots are empty, so every search ends. */
  const first = (hash: number): number => hash & (slots.length - 1);
  const next = (at: number): number => (at + 1) & (slots.length - 1);

  function place(hash: number, slot: number): void {
    let at = first(hash);
    while (slots[at] !== EMPTY) at = next(at);
    slots[at] = slot;
  }

  function makeRoom(): void {
    if (allocated === hashes.length) {
      const former = hashes;
      hashes = new Int32Array(2 * former.length);
      hashes.set(former);
    }
    if (2 * used < slots.length) return;
    const former = slots;
    slots = new Int32Array(4 * size < former.length ? former.length : 2 * former.length);
    used = size;
    for (const slot of former) if (slot > EMPTY) place(hashes[slot - 1]!, slot);
  }

  return {
    get size() {
      return size;
    },

    find(hash, key) {
      for (let at = first(hash); ; at = next(at)) {
        const slot = slots[at]!;
        if (slot === EMPTY) return undefined;
        if (slot !== DELETED && hashes[slot - 1] === hash && has(slot - 1, key)) return slot - 1;
      }
    },

    add(hash) {
      makeRoom();
      const row = free.pop() ?? allocated++;
      hashes[row] = hash;
      place(hash, row + 1);
      size++;
      used++;
      return row;
    },

    remove(hash, row) {
      let at = first(hash);
      while (slots[at] !== row + 1) at = next(at);
      slots[at] = DELETED;
      size--;
      free.push(row);
    },
  };
}

/** Random, so that clients cannot choose keys with equal hashes. */
const SEED = random().below(2 ** 32);

const mixed = (hash: number, word: number): number => {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
};

export function hashOf(key: Uint8Array): number {
  const whole = key.length & ~3;
  let hash = SEED ^ key.length;
  let at = 0;
  for (; at < whole; at += 4)
    hash = mixed(hash, key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24));
  for (; at < key.length; at++) hash = mixed(hash, key[at]!);
  return mixed(hash, hash >>> 16);
}
