import { timetable } from "#lib/timetable.ts";
import type { Time } from "../store.ts";

/** Messages in flight, and until when. AWS allows 120,000 of them, so they are all in memory. */
export interface Flights {
  readonly size: number;
  /** A lower bound of the time when the next flight ends. */
  readonly next: Time | undefined;
  has(seq: number): boolean;
  /** Adds a message, or changes its end. */
  add(seq: number, until: Time): void;
  remove(seq: number): void;
  /** Removes and returns those that have ended, in order of time. */
  landed(now: Time): Iterable<number>;
}

/**
 * The timetable is rebuilt without outdated entries when it exceeds twice the number of flights by this many entries.
 */
const MAX_STALE = 1_000;

/** The earlier of two times, of which one or both may be missing. */
export const earlier = (one: Time | undefined, other: Time | undefined): Time | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one;

export function flights(): Flights {
  const until = new Map<number, Time>();
  let ends = timetable();

  return {
    get size() {
      return until.size;
    },
    get next() {
      return until.size > 0 ? ends.next() : undefined;
    },
    has: (seq) => until.has(seq),
    add(seq, time) {
      until.set(seq, time);
      ends.add(time, seq);
      if (ends.size <= 2 * until.size + MAX_STALE) return;
      ends = timetable();
      for (const [flying, end] of until) ends.add(end, flying);
    },
    remove: (seq) => void until.delete(seq),
    *landed(now) {
      for (let time = ends.next(); time !== undefined && time <= now; time = ends.next()) {
        const seq = ends.take()!;
        if (until.get(seq) !== time) continue;
        until.delete(seq);
        yield seq;
      }
    },
  };
}
