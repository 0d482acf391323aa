import { timetable } from "#lib/timetable.ts";
import type { Order } from "./backlog.ts";
import { flights } from "./flights.ts";
import { dropFirst, type Group, groupNamed, messageAt, putBack } from "./groups.ts";
import type { Message } from "./store.ts";

/** How many messages AWS searches for a group that can be received from. */
const WINDOW = 120_000;

/** A FIFO queue hands out its groups in turns, and of each group as much as is wanted. */
export function fifoOrder(): Order {
  const groups = new Map<string, Group>();
  /** Groups of which something can be received, the longest waiting first. */
  const ready = new Set<Group>();
  /** The groups of messages that are in flight or delayed. */
  const groupOf = new Map<number, Group>();
  const flying = flights();
  const delays = timetable();
  const delayed = new Set<number>();
  let waiting = 0;
  let reach = 0;
  let isWhole = false;

  function group(name: string): Group {
    let known = groups.get(name);
    if (!known) groups.set(name, (known = groupNamed(name)));
    return known;
  }

  function update(of: Group) {
    const first = messageAt(of, 0);
    if (of.inFlight > 0 || first === undefined || delayed.has(first)) ready.delete(of);
    else ready.add(of);
    if (of.inFlight === 0 && first === undefined) groups.delete(of.name);
  }

  function append({ seq, group: name, notBefore }: Message) {
    const of = group(name!);
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
    restore: ({ seq, group: name }, { visibleAt }) => take(seq, group(name!), visibleAt),
    settle(now) {
      for (let due = delays.next(); due !== undefined && due <= now; due = delays.next()) {
        const seq = delays.take()!;
        if (!delayed.delete(seq)) continue;
        const of = groupOf.get(seq)!;
        groupOf.delete(seq);
        update(of);
      }
      for (const seq of flying.landed(now)) {
        const of = land(seq);
        putBack(of, seq);
        waiting++;
        update(of);
      }
    },
    get hasSome() {
      return ready.size > 0 || (!isWhole && waiting < WINDOW);
    },
    get nextDue() {
      const [delay, landing] = [delays.next(), flying.next];
      return delay === undefined || (landing !== undefined && landing < delay) ? landing : delay;
    },
    walk() {
      const met = new Map<Group, number>();
      const passed = new Set<Group>();
      return {
        next() {
          for (const of of ready) {
            if (passed.has(of)) continue;
            const count = met.get(of) ?? 0;
            const seq = messageAt(of, count);
            if (seq !== undefined && !delayed.has(seq)) {
              met.set(of, count + 1);
              return seq;
            }
            passed.add(of);
          }
          return undefined;
        },
        commit() {
          for (const [of, count] of met) {
            dropFirst(of, count);
            waiting -= count;
            // A group that was served goes behind the others.
            ready.delete(of);
            update(of);
          }
        },
      };
    },
    sent(message) {
      if (!isWhole) return;
      if (waiting < WINDOW) append(message);
      else isWhole = false;
    },
    taken: ({ seq, group: name }, until) => take(seq, group(name!), until),
    isInFlight: flying.has,
    changed: flying.add,
    removed(seq) {
      if (!flying.has(seq)) return;
      flying.remove(seq);
      update(land(seq));
    },
  };
}
