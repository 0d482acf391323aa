import { type NumberQueue, numberQueue } from "#lib/number-queue.ts";
import { timetable } from "#lib/timetable.ts";
import type { Order, Walk } from "./backlog.ts";
import { earlier, flights } from "./flights.ts";
import { type NewcomersWalk, openNewcomers } from "./newcomers.ts";
import { openShares } from "./shares.ts";

/** The maximum number of never-received messages in memory. */
const WINDOW = 10_000;

/**
 * The order of a standard queue: returned messages and new ones take turns, each in their order, so that neither delays the
 * other.
 */
export function standardOrder(): Order {
  const newcomers = openNewcomers();
  /** Messages that are visible again; some may have been deleted since. */
  const returned = numberQueue();
  const delays = timetable();
  const flying = flights();
  const shares = openShares();
  let reach = 0;
  let isWhole = false;
  const turn: Turn = { isNewcomers: false };

  return {
    get inFlight() {
      return flying.size;
    },
    get delayed() {
      return delays.size;
    },
    get hasRoom() {
      return newcomers.size < WINDOW;
    },
    get isWhole() {
      return isWhole;
    },
    get reach() {
      return reach;
    },
    load(page, end, isLast) {
      for (const { seq, group, notBefore } of page) if (notBefore === undefined) newcomers.push(seq, group);
      reach = end;
      isWhole = isLast;
    },
    restore({ seq }, { receives, visibleAt, group }) {
      if (receives === 0) {
        delays.add(visibleAt, seq);
      } else {
        flying.add(seq, visibleAt);
        shares.add(seq, group);
      }
    },
    settle(now) {
      for (let due = delays.next(); due !== undefined && due <= now; due = delays.next())
        returned.push(delays.take()!);
      for (const seq of flying.landed(now)) {
        shares.remove(seq);
        returned.push(seq);
      }
    },
    get hasSome() {
      return returned.size > 0 || newcomers.size > 0 || !isWhole;
    },
    get nextDue() {
      return earlier(delays.next(), flying.next);
    },
    walk() {
      const fresh = newcomers.walk((group) => shares.isNoisy(group, flying.size));
      return walkInTurns(returned, fresh, turn);
    },
    sent({ seq, group, notBefore }) {
      if (notBefore !== undefined) delays.add(notBefore, seq);
      if (!isWhole) return;
      if (newcomers.size >= WINDOW) {
        isWhole = false;
        return;
      }
      if (notBefore === undefined) newcomers.push(seq, group);
      reach = seq;
    },
    taken({ seq, group }, until) {
      flying.add(seq, until);
      shares.add(seq, group);
    },
    isInFlight: flying.has,
    changed: flying.add,
    removed(seq) {
      flying.remove(seq);
      shares.remove(seq);
    },
  };
}

/** Whether a new message is next while returned ones wait, too. */
interface Turn {
  isNewcomers: boolean;
}

function walkInTurns(returned: NumberQueue, newcomers: NewcomersWalk, turn: Turn): Walk {
  let comebacks = 0;
  let { isNewcomers } = turn;
  return {
    next() {
      const comeback = returned.at(comebacks);
      const newcomer = comeback === undefined || isNewcomers ? newcomers.peek() : undefined;
      if (newcomer === undefined && comeback === undefined) return undefined;
      isNewcomers = newcomer === undefined;
      if (newcomer === undefined) comebacks++;
      else newcomers.take();
      return newcomer ?? comeback;
    },
    commit() {
      newcomers.commit();
      returned.drop(comebacks);
      turn.isNewcomers = isNewcomers;
    },
  };
}
