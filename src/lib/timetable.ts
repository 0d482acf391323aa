/** Numbers in the order of their times: a binary heap of sixteen bytes for each, for millions of them. */
export interface Timetable {
  readonly size: number;
  add(time: number, value: number): void;
  /** The earliest time; `undefined` when it is empty. */
  next(): number | undefined;
  /** Takes the value with the earliest time, and of several that with the lowest value. */
  take(): number | undefined;
}

const MIN_CAPACITY = 16;
/** Capacity that is never shrunk: a queue that fills and empties all the time would be copied again and again. */
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
