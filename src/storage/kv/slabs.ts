import type { LaidRow } from "./laid-row.ts";
import type { Keys } from "./places.ts";
import {
  compareKeyAt,
  eraseRow,
  isErased,
  keyAt,
  nextRow,
  ROW_HEAD_BYTES,
  rowAt,
  valueAt,
  valueCopyAt,
  writeRow,
} from "./row-layout.ts";

/** Bytes of a slab: thousands of small rows, which are one object for the garbage collector. */
export const SLAB_BYTES = 64 * 1024;
/** A larger row gets its own slab. */
const MAX_SHARED_ROW = SLAB_BYTES / 8;

/**
 * Stores copies of rows one after another in slabs. A place combines the number of a slab and a position in
 * it in one number. Keys and values are never overwritten, so a slice of a freed row keeps its content.
 */
export interface Slabs extends Keys {
  /** @returns the row's place */
  lay(key: Uint8Array, value: Uint8Array): number;
  /** Must be called once per place. */
  free(place: number): void;
  row(place: number): LaidRow;
  /** A copy of the value. */
  value(place: number): Buffer;
  /** Total bytes of all slabs. */
  readonly size: number;
}

interface Slab {
  readonly number: number;
  readonly bytes: Buffer;
  used: number;
  live: number;
}

/** @param moved called for each row whose place changes */
export function slabs(moved: (key: Uint8Array, place: number) => void): Slabs {
  const all: (Slab | undefined)[] = [];
  const free: number[] = [];
  let size = 0;
  let open = newSlab(SLAB_BYTES);

  function newSlab(capacity: number): Slab {
    size += capacity;
    const number = free.pop() ?? all.length;
    const slab = { number, bytes: Buffer.allocUnsafeSlow(capacity), used: 0, live: 0 };
    all[number] = slab;
    return slab;
  }

  const slabOf = (place: number): Slab => all[Math.floor(place / SLAB_BYTES)]!;
  const within = (slab: Slab, place: number): number => place - slab.number * SLAB_BYTES;

  function roomFor(bytes: number): Slab {
    if (bytes > MAX_SHARED_ROW) return newSlab(bytes);
    if (open.used + bytes > SLAB_BYTES) {
      const full = open;
      open = newSlab(SLAB_BYTES);
      compact(full);
    }
    return open;
  }

  function lay(key: Uint8Array, value: Uint8Array): number {
    const bytes = ROW_HEAD_BYTES + key.length + value.length;
    const slab = roomFor(bytes);
    const at = slab.used;
    slab.used = writeRow(slab.bytes, at, key, value);
    slab.live += bytes;
    return slab.number * SLAB_BYTES + at;
  }

  /** Frees a slab of which less than half is in use, after moving its rows. */
  function compact({ number, bytes, used, live }: Slab): void {
    if (live > 0 && live >= bytes.length / 2) return;
    for (let at = 0; live > 0 && at < used; at = nextRow(bytes, at)) {
      if (isErased(bytes, at)) continue;
      const key = keyAt(bytes, at);
      moved(key, lay(key, valueAt(bytes, at)!));
    }
    size -= bytes.length;
    all[number] = undefined;
    free.push(number);
  }

  return {
    lay,

    free(place) {
      const slab = slabOf(place);
      const at = within(slab, place);
      slab.live -= nextRow(slab.bytes, at) - at;
      eraseRow(slab.bytes, at);
      if (slab !== open) compact(slab);
    },

    row(place) {
      const slab = slabOf(place);
      return rowAt(slab.bytes, within(slab, place))!;
    },

    value(place) {
      const slab = slabOf(place);
      return valueCopyAt(slab.bytes, within(slab, place))!;
    },

    compare(place, key) {
      const slab = slabOf(place);
      return compareKeyAt(slab.bytes, within(slab, place), key);
    },

    key(place) {
      const slab = slabOf(place);
      return Buffer.from(keyAt(slab.bytes, within(slab, place)));
    },

    get size() {
      return size;
    },
  };
}
