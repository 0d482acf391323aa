/** Bytes of a slab: thousands of small values, of which the garbage collector sees one object. */
export const SLAB = 64 * 1024;
/** A larger value has a slab of its own. */
const LARGEST_SHARING = SLAB / 8;
/** What even an empty value counts for, so that the values of a slab are bounded, too. */
const LEAST = 16;

/** Where a value lies: its slab may become another one, but what was read there once stays as it was. */
export interface Laid {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** Copies of small values, laid one behind the other in slabs. What is free in a slab is never written to again. */
export interface Slabs {
  lay(value: Uint8Array): Laid;
  /** Once for each value. */
  free(laid: Laid): void;
  /** Bytes of all slabs. */
  readonly size: number;
}

interface Slab {
  bytes: Buffer;
  used: number;
  live: number;
  values: Value[];
}

interface Value extends Laid {
  bytes: Buffer;
  start: number;
  end: number;
  /** `undefined` once it is free. */
  slab: Slab | undefined;
}

const weightOf = ({ start, end }: Laid): number => Math.max(end - start, LEAST);

export function slabs(): Slabs {
  let size = 0;
  let open = made(SLAB);

  function made(capacity: number): Slab {
    size += capacity;
    return { bytes: Buffer.allocUnsafeSlow(capacity), used: 0, live: 0, values: [] };
  }

  function placeIn(slab: Slab, value: Value, from: Uint8Array, start: number, end: number): Value {
    const length = end - start;
    Buffer.prototype.copy.call(from, slab.bytes, slab.used, start, end);
    value.slab = slab;
    value.bytes = slab.bytes;
    value.start = slab.used;
    value.end = slab.used + length;
    slab.used += weightOf(value);
    slab.live += weightOf(value);
    slab.values.push(value);
    return value;
  }

  function roomFor(length: number): Slab {
    if (length > LARGEST_SHARING) return made(length);
    if (open.used + Math.max(length, LEAST) > SLAB) {
      const full = open;
      open = made(SLAB);
      thin(full);
    }
    return open;
  }

  /** Gives a slab up of which less than half is wanted: the rest moves. */
  function thin(slab: Slab): void {
    if (slab.live > 0 && slab.live >= slab.bytes.length / 2) return;
    size -= slab.bytes.length;
    for (const value of slab.values) {
      if (value.slab === slab)
        placeIn(roomFor(value.end - value.start), value, value.bytes, value.start, value.end);
    }
    slab.values = [];
  }

  return {
    lay(bytes) {
      const value: Value = { slab: undefined, bytes: open.bytes, start: 0, end: 0 };
      return placeIn(roomFor(bytes.length), value, bytes, 0, bytes.length);
    },
    free(laid) {
      const value = laid as Value;
      const slab = value.slab!;
      slab.live -= weightOf(value);
      value.slab = undefined;
      if (slab !== open) thin(slab);
    },
    get size() {
      return size;
    },
  };
}
