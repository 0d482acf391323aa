/** Keys in a block before it is split: small enough to shift at once, large enough to keep the list of blocks short. */
const BLOCK = 512;

/** Values by key, in the order of the keys; a key is a text as `key-text.ts` makes it. */
export interface OrderedMap<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** The first so many entries of a range, or the last ones if `reverse`: `from` inclusive, `to` exclusive. */
  range(from: string, to: string, limit: number, reverse?: boolean): Entry<V>[];
  /** All entries in their order. */
  all(): Generator<Entry<V>>;
}

/** What stands under a key now: its value changes with the map's. */
export interface Entry<V> {
  readonly text: string;
  readonly value: V;
}

/** A hash table beside a list of sorted blocks, each found by bisection. */
export function orderedMap<V>(): OrderedMap<V> {
  const entries = new Map<string, { readonly text: string; value: V }>();
  const blocks: Entry<V>[][] = [[]];

  /** The last block that begins at or before `key`, or the first. */
  function blockOf(key: string): number {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle]![0]!.text <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where `key` is in its block, or would be. */
  function placeOf(key: string, block: readonly Entry<V>[]): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (block[middle]!.text < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function insert(entry: Entry<V>): void {
    const at = blockOf(entry.text);
    const block = blocks[at]!;
    const place = placeOf(entry.text, block);
    block.splice(place, 0, entry);
    // Keys that only grow leave full blocks behind them, others halves.
    if (block.length > BLOCK) blocks.splice(at + 1, 0, block.splice(place === BLOCK ? BLOCK : BLOCK >> 1));
  }

  function remove(key: string): void {
    const at = blockOf(key);
    const block = blocks[at]!;
    block.splice(placeOf(key, block), 1);
    if (block.length === 0 && blocks.length > 1) blocks.splice(at, 1);
  }

  function first(from: string, to: string, limit: number): Entry<V>[] {
    const found: Entry<V>[] = [];
    let at = blockOf(from);
    let place = placeOf(from, blocks[at]!);
    for (; at < blocks.length; at++, place = 0) {
      const block = blocks[at]!;
      const end = Math.min(placeOf(to, block), place + limit - found.length);
      for (; place < end; place++) found.push(block[place]!);
      if (end < block.length) break;
    }
    return found;
  }

  function last(from: string, to: string, limit: number): Entry<V>[] {
    const found: Entry<V>[] = [];
    let at = blockOf(to);
    let end = placeOf(to, blocks[at]!);
    for (; at >= 0; end = blocks[--at]?.length ?? 0) {
      const block = blocks[at]!;
      const start = Math.max(placeOf(from, block), end - limit + found.length);
      for (let place = end - 1; place >= start; place--) found.push(block[place]!);
      if (start > 0) break;
    }
    return found;
  }

  function* all(): Generator<Entry<V>> {
    for (const block of blocks) for (const entry of block) yield entry;
  }

  return {
    get size() {
      return entries.size;
    },
    get: (key) => entries.get(key)?.value,
    has: (key) => entries.has(key),
    set(key, value) {
      const known = entries.get(key);
      if (known) {
        known.value = value;
        return;
      }
      const entry = { text: key, value };
      entries.set(key, entry);
      insert(entry);
    },
    delete(key) {
      if (entries.delete(key)) remove(key);
    },
    range: (from, to, limit, reverse) => (reverse ? last : first)(from, to, limit),
    all,
  };
}
