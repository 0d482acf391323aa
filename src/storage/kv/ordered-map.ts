/** Keys in a block before it is split: small enough to shift at once, large enough to keep the list of blocks short. */
const BLOCK = 512;

/** Values by key, and the keys in their order; a key is a text as `key-text.ts` makes it. */
export interface OrderedMap<V> {
  readonly size: number;
  get(key: string): V | undefined;
  has(key: string): boolean;
  set(key: string, value: V): void;
  delete(key: string): void;
  /** The first so many keys of a range, or the last ones if `reverse`. */
  keys(from: string, to: string, limit: number, reverse?: boolean): string[];
  /** `from` inclusive, `to` exclusive. */
  range(from: string, to: string, reverse?: boolean): Generator<[string, V]>;
}

/** A hash table beside a list of sorted blocks, each found by bisection. */
export function orderedMap<V>(): OrderedMap<V> {
  const values = new Map<string, V>();
  const blocks: string[][] = [[]];

  /** The last block that begins at or before `key`, or the first. */
  function blockOf(key: string): number {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (blocks[middle]![0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where `key` is in its block, or would be. */
  function placeOf(key: string, block: readonly string[]): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (block[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function insert(key: string): void {
    const at = blockOf(key);
    const block = blocks[at]!;
    const place = placeOf(key, block);
    block.splice(place, 0, key);
    // Keys that only grow leave full blocks behind them, others halves.
    if (block.length > BLOCK) blocks.splice(at + 1, 0, block.splice(place === BLOCK ? BLOCK : BLOCK >> 1));
  }

  function remove(key: string): void {
    const at = blockOf(key);
    const block = blocks[at]!;
    block.splice(placeOf(key, block), 1);
    if (block.length === 0 && blocks.length > 1) blocks.splice(at, 1);
  }

  function* ascending(from: string, to: string): Generator<[string, V]> {
    let at = blockOf(from);
    let place = placeOf(from, blocks[at]!);
    for (; at < blocks.length; at++, place = 0) {
      const block = blocks[at]!;
      for (; place < block.length; place++) {
        const key = block[place]!;
        if (key >= to) return;
        yield [key, values.get(key)!];
      }
    }
  }

  function* descending(from: string, to: string): Generator<[string, V]> {
    let at = blockOf(to);
    let place = placeOf(to, blocks[at]!) - 1;
    for (; at >= 0; place = (blocks[--at]?.length ?? 0) - 1) {
      const block = blocks[at]!;
      for (; place >= 0; place--) {
        const key = block[place]!;
        if (key < from) return;
        yield [key, values.get(key)!];
      }
    }
  }

  function firstKeys(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
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

  function lastKeys(from: string, to: string, limit: number): string[] {
    const found: string[] = [];
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

  return {
    get size() {
      return values.size;
    },
    get: (key) => values.get(key),
    has: (key) => values.has(key),
    set(key, value) {
      const before = values.size;
      values.set(key, value);
      if (values.size > before) insert(key);
    },
    delete(key) {
      if (values.delete(key)) remove(key);
    },
    keys: (from, to, limit, reverse) => (reverse ? lastKeys : firstKeys)(from, to, limit),
    range: (from, to, reverse) => (reverse ? descending(from, to) : ascending(from, to)),
  };
}
