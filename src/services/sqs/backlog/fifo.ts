import { timetable } from "#lib/timetable.ts";
import type { Message, Time } from "../store.ts";
import type { Order, Walk } from "./backlog.ts";
import { earlier, flights } from "./flights.ts";
import { dropFirst, type Group, groupNamed, messageAt, putBack } from "./groups.ts";

/** The number of messages that AWS searches for available groups. */
const WINDOW = 120_000;

/** The order of a FIFO queue: groups take turns, and a group's turn provides as many messages as requested. */
export function fifoOrder(): Order {
  const groups = new Map<string, Group>();
  /** Groups with receivable messages, the longest waiting first. */
  const ready = new Set<Group>();
  /** The groups of messages that are in flight or delayed. */
  const groupOf = new Map<number, Group>();
  const flying = flights();
  const delays = timetable();
  const delayed = new Set<number>();
  let waiting = 0;
  let reach = 0;
  let isWhole = false;

  function groupOrNew(name: string): Group {
    let group = groups.get(name);
    if (!group) groups.set(name, (group = groupNamed(name)));
    return group;
  }

  function update(of: Group) {
    const first = messageAt(of, 0);
    if (of.inFlight > 0 || first === undefined || delayed.has(first)) ready.delete(of);
    else ready.add(of);
    if (of.inFlight === 0 && first === undefined) groups.delete(of.name);
  }

  function append({ seq, group: name, notBefore }: Message) {
    const of = groupOrNew(name!);
    of.seqs.push(seq);
    waiting++;
    reach = seq;
    if (notBefore !== undefined) {
      delayed.add(seq);
      delays.add(notBefore, seq);
      groupOf.set(seq, of);
    }
    update(of);
  }

  function take(seq: number, of: Group, until: number) {
    of.inFlight++;
    groupOf.set(seq, of);
    flying.add(seq, until);
    update(of);
  }

  /** The group of a message that is no longer in flight. */
  function land(seq: number): Group {
    const of = groupOf.get(seq)!;
    groupOf.delete(seq);
    of.inFlight--;
    return of;
  }

  function endDelays(now: Time) {
    for (let due = delays.next(); due !== undefined && due <= now; due = delays.next()) {
      const seq = delays.take()!;
      if (!delayed.delete(seq)) continue;
      const of = groupOf.get(seq)!;
      groupOf.delete(seq);
      update(of);
    }
  }

  function endFlights(now: Time) {
    for (const seq of flying.landed(now)) {
      const of = land(seq);
      putBack(of, seq);
      waiting++;
      update(of);
    }
  }

  /** Removes the first messages of a group, and moves the group behind the others. */
  function serve(of: Group, count: number) {
    dropFirst(of, count);
    waiting -= count;
    ready.delete(of);
    update(of);
  }

  return {
    get inFlight() {
      return flying.size;
    },
    get delayed() {
      return delayed.size;
    },
    get hasRoom() {
      return waiting < WINDOW;
    },
    get isWhole() {
      return isWhole;
    },
    get reach() {
      return reach;
    },
    load(page, end, isLast) {
      for (const message of page) append(message);
      reach = end;
      isWhole = isLast;
    },
    restore: ({ seq, group: name }, { visibleAt }) => take(seq, groupOrNew(name!), visibleAt),
    settle(now) {
      endDelays(now);
      endFlights(now);
    },
    get hasSome() {
      return ready.size > 0 || (!isWhole && waiting < WINDOW);
    },
    get nextDue() {
      return earlier(delays.next(), flying.next);
    },
    walk: () => walkThrough(ready, delayed, serve),
    sent(message) {
      if (!isWhole) return;
      if (waiting < WINDOW) append(message);
      else isWhole = false;
    },
    taken: ({ seq, group: name }, until) => take(seq, groupOrNew(name!), until),
    isInFlight: flying.has,
    changed: flying.add,
    removed(seq) {
      if (!flying.has(seq)) return;
      flying.remove(seq);
      update(land(seq));
    },
  };
}

/** Walks through all receivable messages of a group, and then through those of the next group. */
function walkThrough(
  ready: ReadonlySet<Group>,
  delayed: ReadonlySet<number>,
  serve: (group: Group, count: number) => void,
): Walk {
  const met = new Map<Group, number>();
  const passed = new Set<Group>();
  return {
    next() {
      for (const group of ready) {
        if (passed.has(group)) continue;
        const count = met.get(group) ?? 0;
        const seq = messageAt(group, count);
        if (seq !== undefined && !delayed.has(seq)) {
          met.set(group, count + 1);
          return seq;
        }
        passed.add(group);
      }
      return undefined;
    },
    commit() {
      for (const [group, count] of met) serve(group, count);
    },
  };
}
