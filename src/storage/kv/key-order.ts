import { compareBytes } from "./row-layout.ts";

/**
 * Rows per block before it is split: few enough to shift at once, enough to keep the list of blocks short.
 */
const BLOCK = 512;

/** Rows, represented by small numbers, in the order of their keys. */
export interface KeyOrder {
  /** The key must not have a row yet. */
  insert(key: Uint8Array, row: number): void;
  remove(key: Uint8Array): void;
  /** The first `limit` rows of a range, or the last ones if `reverse`: `from` inclusive, `to` exclusive. */
  range(from: Uint8Array, to: Uint8Array, limit: number, reverse?: boolean): number[];
  all(): Generator<number>;
}

interface Block {
  /** A lower bound of the keys of its rows. */
  readonly from: Uint8Array;
  readonly rows: Int32Array;
  size: number;
  /** The position after the last inserted row: most keys continue a sequence. */
  next: number;
}

const newBlock = (from: Uint8Array): Block => ({ from, rows: new Int32Array(BLOCK), size: 0, next: 0 });

/**
 * Implements a sorted list as blocks of numbers.
 * @param compare compares a row's key with another: returns less than, equal to or greater than zero
 * @param keyOf returns the key of a row, in bytes that are not reused
 */
export function keyOrder(
  compare: (row: number, key: Uint8Array) => number,
  keyOf: (row: number) => Uint8Array,
): KeyOrder {
  const blocks: Block[] = [newBlock(new Uint8Array(0))];

  /** The last block whose start is not after `key`. */
  function blockOf(key: Uint8Array): number {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const { from } = blocks[middle]!;
      if (compareBytes(from, 0, from.length, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The position in a block of the first row whose key is not before `key`. */
  function placeOf(key: Uint8Array, { rows, size }: Block): number {
    let low = 0;
    let high = size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(rows[middle]!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The position at which a row with that key is inserted. */
  function placeFor(key: Uint8Array, block: Block): number {
    const { rows, size, next } = block;
    const isNext =
      (next === 0 || compare(rows[next - 1]!, key) < 0) && (next === size || compare(rows[next]!, key) > 0);
    return isNext ? next : placeOf(key, block);
  }

  /**
   * Makes room in a full block. If the key continues a sequence, the full block stays as it is; otherwise it
   * is halved.
   */
  function split(index: number, at: number, key: Uint8Array): void {
    const block = blocks[index]!;
    const keptSize = at === block.next ? at : BLOCK >> 1;
    const behind = newBlock(keptSize < BLOCK ? keyOf(block.rows[keptSize]!) : Uint8Array.from(key));
    behind.rows.set(block.rows.subarray(keptSize));
    behind.size = BLOCK - keptSize;
    block.size = keptSize;
    block.next = keptSize;
    blocks.splice(index + 1, 0, behind);
  }

  function first(from: Uint8Array, to: Uint8Array, limit: number): number[] {
    const result: number[] = [];
    let index = blockOf(from);
    let at = placeOf(from, blocks[index]!);
    for (; index < blocks.length; index++, at = 0) {
      const block = blocks[index]!;
      const end = Math.min(placeOf(to, block), at + limit - result.length);
      for (; at < end; at++) result.push(block.rows[at]!);
      if (end < block.size) break;
    }
    return result;
  }

  function last(from: Uint8Array, to: Uint8Array, limit: number): number[] {
    const result: number[] = [];
    let index = blockOf(to);
    let end = placeOf(to, blocks[index]!);
    for (; index >= 0; end = blocks[--index]?.size ?? 0) {
      const block = blocks[index]!;
      const start = Math.max(placeOf(from, block), end - limit + result.length);
      for (let at = end - 1; at >= start; at--) result.push(block.rows[at]!);
      if (start > 0) break;
    }
    return result;
  }

  return {
    insert(key, row) {
      const index = blockOf(key);
      let block = blocks[index]!;
      let at = placeFor(key, block);
      if (block.size === BLOCK) {
        split(index, at, key);
        if (at > block.size || at === BLOCK) {
          at -= block.size;
          block = blocks[index + 1]!;
        }
      }
      const { rows } = block;
      if (at < block.size) rows.copyWithin(at + 1, at, block.size);
      rows[at] = row;
      block.size++;
      block.next = at + 1;
    },

    remove(key) {
      const index = blockOf(key);
      const block = blocks[index]!;
      const at = placeOf(key, block);
      block.rows.copyWithin(at, at + 1, block.size--);
      block.next = at;
      // The first block is kept even if empty, since it takes keys that precede all others.
      if (block.size === 0 && index > 0) blocks.splice(index, 1);
    },

    range: (from, to, limit, reverse) => (reverse ? last : first)(from, to, limit),

    *all() {
      for (const { rows, size } of blocks) yield* rows.subarray(0, size);
    },
  };
}
