import type { CloudClock } from "#lib/clock.ts";
import { heap } from "#lib/heap.ts";
import type { Log } from "#lib/log.ts";

/**
 * Everything that waits for a time of the cloud's clock. While time runs by itself, due work runs
 * concurrently; when the clock is moved, the work that is due in that span runs one after another, each at
 * its own due time.
 */
export interface Scheduler {
  /** Runs `work` at `due`; the returned function cancels it. `work` must not throw. */
  at(due: number, work: Work): () => void;
  advance(milliseconds: number): Promise<void>;
  /** Moves the clock from one due time to the next until no work is left or `horizon` ms have passed. */
  runUntilIdle(horizon: number): Promise<void>;
  freeze(): Promise<void>;
  resume(): Promise<void>;
  /** Cancels all work and any clock move in progress; work that is running is neither awaited nor counted. */
  clear(): void;
  close(): Promise<void>;
}

export type Work = (slot: Slot) => Promise<void>;

/** One of a limited number of places for concurrent work. */
export interface Slot {
  /**
   * Frees the slot for other work while `outside` is awaited, so that an endpoint that does not respond
   * delays no other work.
   */
  leave<R>(outside: () => Promise<R>): Promise<R>;
}

interface Entry {
  due: number;
  order: number;
  work: Work | undefined;
}

const MAX_CONCURRENT = 16;
/**
 * Work that may wait outside at the same time, each with its own connection, in addition to the running work.
 */
const MAX_OUTSIDE = 256;
/** `setTimeout` fires immediately above this value. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * @param moved called after each step of a clock move, before the work of that step, with whether the clock
 * is frozen afterwards
 */
export function openScheduler(
  clock: CloudClock,
  log: Log,
  moved: (frozen: boolean) => Promise<unknown>,
): Scheduler {
  const waiting = heap<Entry>((a, b) => a.due < b.due || (a.due === b.due && a.order < b.order));
  const running = new Set<Promise<void>>();
  /** The slots of running work that is waiting outside. */
  const outside = new Set<Slot>();
  let order = 0;
  let timer: NodeJS.Timeout | undefined;
  let moving = false;
  /** Incremented when everything is cancelled: work of an earlier round has no further effect. */
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
        if (outside.size >= MAX_OUTSIDE) return wait();
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

  const isFull = () => running.size - outside.size >= MAX_CONCURRENT;

  function arm() {
    clearTimeout(timer);
    if (closed || moving) return;
    for (let entry = next(); entry && entry.due <= clock.now() && !isFull(); entry = next()) {
      waiting.pop();
      void start(entry);
    }
    const entry = next();
    if (!entry || clock.frozen || isFull()) return;
    timer = setTimeout(arm, Math.min(Math.max(entry.due - clock.now(), 0), MAX_TIMER_MS));
    timer.unref();
  }

  /**
   * While the clock is moved, its running is suspended, so that the span is exact and the order of due work
   * is fixed.
   */
  async function moveThrough(end: number, stopWhenIdle: boolean) {
    const startRound = round;
    const wasFrozen = clock.frozen;
    moving = true;
    clock.freeze();
    try {
      await Promise.all(running);
      for (let entry = next(); startRound === round && entry && entry.due <= end; entry = next()) {
        waiting.pop();
        if (entry.due > clock.now()) {
          clock.moveTo(entry.due);
          await moved(wasFrozen).catch((error) => log.error("the clock could not be stored", { error }));
        }
        if (startRound === round && entry.work) await start(entry);
      }
      if (startRound === round && !stopWhenIdle && clock.now() < end) clock.moveTo(end);
    } finally {
      if (startRound === round) {
        moving = false;
        if (!wasFrozen) clock.resume();
        arm();
      }
    }
  }

  let changes = Promise.resolve();
  /** Runs changes of the clock one at a time: a clock that is frozen during a move must not run after it. */
  const inTurn = (change: () => Promise<void> | void) => {
    const startRound = round;
    const run = async () => {
      if (startRound === round) await change();
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
