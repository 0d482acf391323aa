import { numberQueue } from "#lib/number-queue.ts";
import { timetable } from "#lib/timetable.ts";
import type { Order } from "./backlog.ts";
import { flights } from "./flights.ts";

/** Messages that nobody has received, in memory at most. */
const WINDOW = 10_000;

/**
 * A standard queue hands out what has come back and what is new in turns, each in its order: so neither can keep the
 * other from being received.
 */
export function standardOrder(): Order {
  const fresh = numberQueue();
  /** Visible again. Some may have been deleted since. */
  const returned = numberQueue();
  const delays = timetable();
  const flying = flights();
  let reach = 0;
  let isWhole = false;
  let isFreshNext = false;

  return {
    get inFlight() {
      return flying.size;
    },
    get delayed() {
      return delays.size;
    },
    get hasRoom() {
      return fresh.size < WINDOW;
    },
    get isWhole() {
      return isWhole;
    },
    get reach() {
      return reach;
    },
    load(page, end, isLast) {
      for (const { seq, notBefore } of page) if (notBefore === undefined) fresh.push(seq);
      reach = end;
      isWhole = isLast;
    },
    restore({ seq }, { receives, visibleAt }) {
      if (receives === 0) delays.add(visibleAt, seq);
      else flying.add(seq, visibleAt);
    },
    settle(now) {
      for (let due = delays.next(); due !== undefined && due <= now; due = delays.next())
        returned.push(delays.take()!);
      for (const seq of flying.landed(now)) returned.push(seq);
    },
    get hasSome() {
      return returned.size > 0 || fresh.size > 0 || !isWhole;
    },
    get nextDue() {
      const [delay, landing] = [delays.next(), flying.next];
      return delay === undefined || (landing !== undefined && landing < delay) ? landing : delay;
    },
    walk() {
      let takenFresh = 0;
      let takenReturned = 0;
      let freshNext = isFreshNext;
      return {
        next() {
          const [newcomer, comeback] = [fresh.at(takenFresh), returned.at(takenReturned)];
          if (newcomer === undefined && comeback === undefined) return undefined;
          const isFresh = comeback === undefined || (newcomer !== undefined && freshNext);
          freshNext = !isFresh;
          if (isFresh) takenFresh++;
          else takenReturned++;
          return isFresh ? newcomer : comeback;
        },
        commit() {
          fresh.drop(takenFresh);
          returned.drop(takenReturned);
          isFreshNext = freshNext;
        },
      };
    },
    sent({ seq, notBefore }) {
      if (notBefore !== undefined) delays.add(notBefore, seq);
      if (!isWhole) return;
      if (fresh.size >= WINDOW) {
        isWhole = false;
        return;
      }
      if (notBefore === undefined) fresh.push(seq);
      reach = seq;
    },
    taken: ({ seq }, until) => flying.add(seq, until),
    isInFlight: flying.has,
    changed: flying.add,
    removed: flying.remove,
  };
}
