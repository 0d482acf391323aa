import { wallNow } from "./wall.ts";

/** The source of the product's time, in milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** From the real time `wall` on, the cloud's time started at `cloud`, and stands still if `frozen`. */
export interface Shift {
  wall: number;
  cloud: number;
  frozen: boolean;
}

/** At the real time `wall`, the cloud's time was ahead by `milliseconds`, as the real clock had been set back. */
export interface Lead {
  wall: number;
  milliseconds: number;
}

/**
 * The clock of a cloud: it follows the real clock until it is frozen or moved, and never runs backwards. If the real clock is
 * set back, the cloud's continues, a tenth slower until both agree again.
 */
export interface CloudClock extends Clock {
  readonly frozen: boolean;
  /** Every change so far, oldest first: the input of {@link cloudTimeOf}. */
  readonly shifts: readonly Shift[];
  readonly lead: Lead | undefined;
  freeze(): void;
  resume(): void;
  moveTo(time: number): void;
  /** Continues from what a store holds: nothing in it is of the future. */
  restore(last: LastKnown): void;
  /** The cloud's time at a given real time, which may be before the clock was moved. */
  cloudTimeOf(wall: number): number;
}

export interface LastKnown {
  shifts?: readonly Shift[];
  lead?: Lead | undefined;
  /** The real time at which the store was last written, if it is known. */
  written?: number | undefined;
}

/** Shifts within a second of each other count as one, so that a long run of jobs leaves only one entry. */
const SAME_MOMENT_MS = 1_000;
const MAX_SHIFTS = 1_000;
/** Of the elapsed time, the part by which a clock that is ahead comes closer to the real one. */
const CATCH_UP = 0.1;
/** A clock that is set back further while the cloud is stopped was wrong before, and is followed. */
const MAX_SETBACK_MS = 86_400_000;

export function cloudClock(wall: () => number = wallNow): CloudClock {
  const shifts: Shift[] = [];
  const at = (shift: Shift | undefined, time: number) => {
    if (!shift) return time;
    return shift.frozen ? shift.cloud : shift.cloud + (time - shift.wall);
  };
  /** How far the cloud's time is ahead, since the real clock was set back, and what it would have been last. */
  let ahead = 0;
  let before = Number.NEGATIVE_INFINITY;
  const agree = () => {
    ahead = 0;
    before = Number.NEGATIVE_INFINITY;
  };
  const shift = (cloud: number, frozen: boolean) => {
    const last = shifts.at(-1);
    const now = wall();
    if (last && now - last.wall < SAME_MOMENT_MS && shifts.length > 1) shifts.pop();
    shifts.push({ wall: now, cloud, frozen });
    if (shifts.length > MAX_SHIFTS) shifts.shift();
    agree();
  };
  /** @returns the cloud's time at the real time `real`, which is the latest known so far */
  const pass = (real: number) => {
    const time = at(shifts.at(-1), real);
    const elapsed = time - before;
    ahead = elapsed < 0 ? ahead - elapsed : Math.max(0, ahead - elapsed * CATCH_UP);
    before = time;
    return time + ahead;
  };
  const now = () => Math.floor(pass(wall()));
  return {
    shifts,
    now,
    get frozen() {
      return shifts.at(-1)?.frozen ?? false;
    },
    get lead() {
      const real = wall();
      pass(real);
      return ahead > 0 ? { wall: real, milliseconds: ahead } : undefined;
    },
    freeze: () => shift(now(), true),
    resume: () => shift(now(), false),
    restore({ shifts: history = [], lead, written = lead?.wall }) {
      shifts.splice(0, shifts.length, ...history);
      agree();
      if (written === undefined || written - wall() > MAX_SETBACK_MS) return;
      if (lead) {
        before = at(shifts.at(-1), lead.wall);
        ahead = lead.milliseconds;
      }
      pass(Math.max(written, lead?.wall ?? written));
    },
    moveTo: (time) => shift(time, shifts.at(-1)?.frozen ?? false),
    cloudTimeOf: (time) =>
      Math.floor(
        at(
          shifts.findLast((s) => s.wall <= time),
          time,
        ) + ahead,
      ),
  };
}
