import type { CloudClock } from "#lib/clock.ts";
import { heap } from "#lib/heap.ts";
import type { Log } from "#lib/log.ts";

/**
 * Everything that waits for a moment of the cloud's clock. With time running, what is due runs side by side; when
 * somebody moves the clock, what is due in that span runs one after another, each at its own moment.
 */
export interface Scheduler {
  /** Runs `work` at `due`; answers how to call it off. `work` must not throw. */
  at(due: number, work: Work): () => void;
  advance(milliseconds: number): Promise<void>;
  /** Moves the clock from one due moment to the next until nothing waits, or `horizon` ms have passed. */
  runUntilIdle(horizon: number): Promise<void>;
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** Calls everything off, also a move of the clock; waits for nothing that still runs, and forgets it. */
  clear(): void;
  close(): Promise<void>;
}

export type Work = (slot: Slot) => Promise<void>;

/** The place that work has among all that runs at a time. */
export interface Slot {
  /** Leaves it to others while `outside` is waited for: an endpoint that hangs is to hold up nobody else. */
  leave<R>(outside: () => Promise<R>): Promise<R>;
}

interface Entry {
  due: number;
  order: number;
  work: Work | undefined;
}

const CONCURRENT = 16;
/** What waits for somebody outside at a time, each with a connection of its own, besides those that run. */
const MOST_OUTSIDE = 256;
/** `setTimeout` fires at once beyond this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @param moved is told of each step of a move before anything runs there, and whether the clock is to stand afterwards */
export function openScheduler(
  clock: CloudClock,
  log: Log,
  moved: (frozen: boolean) => Promise<unknown>,
): Scheduler {
  const waiting = heap<Entry>((a, b) => a.due < b.due || (a.due === b.due && a.order < b.order));
  const running = new Set<Promise<void>>();
  /** Of those that run, the ones that wait for somebody outside. */
  const outside = new Set<Slot>();
  let order = 0;
  let timer: NodeJS.Timeout | undefined;
  let moving = false;
  /** Raised when everything is called off: what began before has no more say. */
  let round = 0;
  let closed = false;

  const next = () => {
    while (waiting.peek() && !waiting.peek()!.work) waiting.pop();
    return waiting.peek();
  };

  function start(entry: Entry): Promise<void> {
    const work = entry.work!;
    entry.work = undefined;
    const slot: Slot = {
      async leave(wait) {
        if (outside.size >= MOST_OUTSIDE) return wait();
        outside.add(slot);
        const waited = wait().finally(() => outside.delete(slot));
        arm();
        return waited;
      },
    };
    const run = work(slot)
      .catch((error) => log.error("scheduled work threw", { error }))
      .finally(() => {
        running.delete(run);
        arm();
      });
    running.add(run);
    return run;
  }

  const isFull = () => running.size - outside.size >= CONCURRENT;

  function arm() {
    clearTimeout(timer);
    if (closed || moving) return;
    for (let entry = next(); entry && entry.due <= clock.now() && !isFull(); entry = next()) {
      waiting.pop();
      void start(entry);
    }
    const entry = next();
    if (!entry || clock.frozen || isFull()) return;
    timer = setTimeout(arm, Math.min(Math.max(entry.due - clock.now(), 0), LONGEST_TIMER_MS));
    timer.unref();
  }

  /** While the clock is moved it does not also run: the span is exact, and the order of what is due in it is fixed. */
  async function moveThrough(end: number, stopWhenIdle: boolean) {
    const mine = round;
    const wasFrozen = clock.frozen;
    moving = true;
    clock.freeze();
    try {
      await Promise.all(running);
      for (let entry = next(); mine === round && entry && entry.due <= end; entry = next()) {
        waiting.pop();
        if (entry.due > clock.now()) {
          clock.moveTo(entry.due);
          await moved(wasFrozen).catch((error) => log.error("the clock could not be stored", { error }));
        }
        if (mine === round && entry.work) await start(entry);
      }
      if (mine === round && !stopWhenIdle && clock.now() < end) clock.moveTo(end);
    } finally {
      if (mine === round) {
        moving = false;
        if (!wasFrozen) clock.resume();
        arm();
      }
    }
  }

  let changes = Promise.resolve();
  /** Changes of the clock wait for each other: one that is frozen while it moves must not run on after the move. */
  const inTurn = (change: () => Promise<void> | void) => {
    const mine = round;
    const run = async () => {
      if (mine === round) await change();
    };
    changes = changes.then(run, run);
    return changes;
  };
  const move = (milliseconds: number, stopWhenIdle: boolean) =>
    inTurn(() => moveThrough(clock.now() + Math.round(milliseconds), stopWhenIdle));

  return {
    at(due, work) {
      const entry: Entry = { due, order: order++, work };
      waiting.push(entry);
      if (next() === entry || due <= clock.now()) arm();
      return () => {
        entry.work = undefined;
      };
    },
    advance: (milliseconds) => move(milliseconds, false),
    runUntilIdle: (horizon) => move(horizon, true),
    freeze: () =>
      inTurn(() => {
        clock.freeze();
        arm();
      }),
    resume: () =>
      inTurn(() => {
        clock.resume();
        arm();
      }),
    clear() {
      for (let entry = waiting.pop(); entry; entry = waiting.pop()) entry.work = undefined;
      round++;
      moving = false;
      changes = Promise.resolve();
      running.clear();
      outside.clear();
    },
    async close() {
      closed = true;
      round++;
      clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
