import type { KeyRange, Row } from "./kv.ts";

/** Rows in a block before it is split: small enough to shift at once, large enough to keep the list of blocks short. */
const BLOCK = 512;

/** Rows in the order of their keys: a list of sorted blocks, each found by bisection. */
export function orderedMap() {
  const blocks: Row[][] = [[]];

  /** The last block that begins at or before `key`, or the first. */
  function blockOf(key: Uint8Array): number {
    let low = 0;
    let high = blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (Buffer.compare(blocks[middle]![0]!.key, key) <= 0) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  function seek(key: Uint8Array): { block: number; row: number; found: boolean } {
    const block = blockOf(key);
    const rows = blocks[block]!;
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const order = Buffer.compare(rows[middle]!.key, key);
      if (order === 0) return { block, row: middle, found: true };
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return { block, row: low, found: false };
  }

  function* ascending(start: Uint8Array, end: Uint8Array): Generator<Row> {
    let { block, row } = seek(start);
    for (; block < blocks.length; block++, row = 0) {
      const rows = blocks[block]!;
      for (; row < rows.length; row++) {
        if (Buffer.compare(rows[row]!.key, end) >= 0) return;
        yield rows[row]!;
      }
    }
  }

  function* descending(start: Uint8Array, end: Uint8Array): Generator<Row> {
    const from = seek(end);
    let row = from.row - 1;
    for (let block = from.block; block >= 0; row = (blocks[--block]?.length ?? 0) - 1) {
      const rows = blocks[block]!;
      for (; row >= 0; row--) {
        if (Buffer.compare(rows[row]!.key, start) < 0) return;
        yield rows[row]!;
      }
    }
  }

  return {
    get(key: Uint8Array): Uint8Array | undefined {
      const { block, row, found } = seek(key);
      return found ? blocks[block]![row]!.value : undefined;
    },

    set(key: Uint8Array, value: Uint8Array): void {
      const { block, row, found } = seek(key);
      const rows = blocks[block]!;
      if (found) {
        rows[row]!.value = value;
        return;
      }
      rows.splice(row, 0, { key, value });
      // Keys that only grow leave full blocks behind them, others halves.
      if (rows.length > BLOCK) blocks.splice(block + 1, 0, rows.splice(row === BLOCK ? BLOCK : BLOCK >> 1));
    },

    delete(key: Uint8Array): void {
      const { block, row, found } = seek(key);
      if (!found) return;
      const rows = blocks[block]!;
      rows.splice(row, 1);
      if (rows.length === 0 && blocks.length > 1) blocks.splice(block, 1);
    },

    range: ({ start, end, reverse }: Omit<KeyRange, "limit">): Generator<Row> =>
      reverse ? descending(start, end) : ascending(start, end),
  };
}
