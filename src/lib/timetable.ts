/** Numbers ordered by time: a binary heap with sixteen bytes per entry, for millions of entries. */
export interface Timetable {
  readonly size: number;
  add(time: number, value: number): void;
  /** The earliest time; `undefined` when it is empty. */
  next(): number | undefined;
  /** Removes and returns the value with the earliest time; of several, the lowest. */
  take(): number | undefined;
}

const MIN_CAPACITY = 16;
/**
 * Capacity that is never shrunk, so that a timetable that fills and empties repeatedly is not copied each
 * time.
 */
const MIN_SHRUNK = 1_024;

export function timetable(): Timetable {
  let times = new Float64Array(MIN_CAPACITY);
  let values = new Float64Array(MIN_CAPACITY);
  let size = 0;

  const isBefore = (time: number, value: number, place: number) =>
    time < times[place]! || (time === times[place]! && value < values[place]!);
  const move = (from: number, to: number) => {
    times[to] = times[from]!;
    values[to] = values[from]!;
  };
  const set = (place: number, time: number, value: number) => {
    times[place] = time;
    values[place] = value;
  };
  function resize(capacity: number) {
    const [oldTimes, oldValues] = [times, values];
    times = new Float64Array(capacity);
    values = new Float64Array(capacity);
    times.set(oldTimes.subarray(0, size));
    values.set(oldValues.subarray(0, size));
  }

  return {
    get size() {
      return size;
    },
    add(time, value) {
      if (size === times.length) resize(size * 2);
      let place = size++;
      while (place > 0) {
        const parent = (place - 1) >> 1;
        if (!isBefore(time, value, parent)) break;
        move(parent, place);
        place = parent;
      }
      set(place, time, value);
    },
    next: () => (size > 0 ? times[0] : undefined),
    take() {
      if (size === 0) return undefined;
      const taken = values[0];
      const [time, value] = [times[--size]!, values[size]!];
      let place = 0;
      for (;;) {
        const left = 2 * place + 1;
        if (left >= size) break;
        const right = left + 1;
        const earliest = right < size && isBefore(times[right]!, values[right]!, left) ? right : left;
        if (!isBefore(times[earliest]!, values[earliest]!, size)) break;
        move(earliest, place);
        place = earliest;
      }
      set(place, time, value);
      if (times.length > MIN_SHRUNK && size < times.length / 8) resize(times.length / 2);
      return taken;
    },
  };
}
