/** A first-in, first-out queue of numbers with eight bytes each and random access. */
export interface NumberQueue {
  readonly size: number;
  push(value: number): void;
  /** `undefined` past the end. */
  at(place: number): number | undefined;
  /** Removes `count` numbers from the front. */
  drop(count: number): void;
}

const MIN_CAPACITY = 16;
/**
 * Capacity that is never shrunk, so that a queue that fills and empties repeatedly is not copied each time.
 */
const MIN_SHRUNK = 1_024;

export function numberQueue(): NumberQueue {
  let ring = new Float64Array(MIN_CAPACITY);
  let head = 0;
  let size = 0;

  function resize(capacity: number) {
    const next = new Float64Array(capacity);
    const first = ring.subarray(head, Math.min(head + size, ring.length));
    next.set(first);
    next.set(ring.subarray(0, size - first.length), first.length);
    ring = next;
    head = 0;
  }

  return {
    get size() {
      return size;
    },
    push(value) {
      if (size === ring.length) resize(size * 2);
      ring[(head + size) % ring.length] = value;
      size++;
    },
    at: (place) => (place < size ? ring[(head + place) % ring.length] : undefined),
    drop(count) {
      const dropped = Math.min(count, size);
      head = (head + dropped) % ring.length;
      size -= dropped;
      if (ring.length > MIN_SHRUNK && size < ring.length / 8) resize(ring.length / 2);
    },
  };
}
