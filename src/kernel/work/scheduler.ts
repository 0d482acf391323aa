import type { CloudClock } from "#lib/clock.ts";
import { type Heap, heap } from "#lib/heap.ts";
import type { Log } from "#lib/log.ts";

/**
 * Everything that waits for a time of the cloud's clock. While time runs by itself, due work runs
 * concurrently; when the clock is moved, the work that is due in that span runs one after another, each at
 * its own due time.
 */
export interface Scheduler {
  /**
   * Runs `work` at `due`; the returned function cancels it. `work` must not throw. A poll only looks whether
   * there is something to do, and does so less often while the clock is moved.
   */
  at(due: number, work: Work, isPoll?: boolean): () => void;
  advance(milliseconds: number): Promise<void>;
  /** Moves the clock from one due time to the next until only polls are left or `horizon` ms have passed. */
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
  isPoll: boolean;
}

/** A move of the clock, in cloud time. */
interface Move {
  end: number;
  /** The least interval of each poll. */
  pollInterval: number;
}

/** The most times that a move repeats a poll, unless that takes more than the longest interval. */
const POLLS_PER_MOVE = 1_000;
const MAX_POLL_INTERVAL_MS = 30_000;

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
  const isBefore = (a: Entry, b: Entry) => a.due < b.due || (a.due === b.due && a.order < b.order);
  const waiting = heap<Entry>(isBefore);
  const polls = heap<Entry>(isBefore);
  const running = new Set<Promise<void>>();
  /** The slots of running work that is waiting outside. */
  const outside = new Set<Slot>();
  let order = 0;
  let timer: NodeJS.Timeout | undefined;
  let move: Move | undefined;
  /** Incremented when everything is cancelled: work of an earlier round has no further effect. */
  let round = 0;
  let closed = false;

  const firstOf = (entries: Heap<Entry>) => {
    while (entries.peek() && !entries.peek()!.work) entries.pop();
    return entries.peek();
  };
  const next = () => {
    const entry = firstOf(waiting);
    const poll = firstOf(polls);
    return entry && !(poll && isBefore(poll, entry)) ? entry : poll;
  };
  const remove = ({ isPoll }: Entry) => (isPoll ? polls : waiting).pop();

  /** The time of a poll that is due at `due`: a move runs it once more at its end. */
  function pollTime(due: number): number {
    if (!move || due >= move.end) return due;
    return Math.min(Math.max(due, clock.now() + move.pollInterval), move.end);
  }

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
    if (closed || move) return;
    for (let entry = next(); entry && entry.due <= clock.now() && !isFull(); entry = next()) {
      remove(entry);
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
  async function moveThrough(milliseconds: number, stopWhenIdle: boolean) {
    const startRound = round;
    const wasFrozen = clock.frozen;
    clock.freeze();
    const end = clock.now() + milliseconds;
    const pollInterval = Math.min(Math.ceil(milliseconds / POLLS_PER_MOVE), MAX_POLL_INTERVAL_MS);
    move = { end, pollInterval };
    /** The time since which only polls have run. */
    let quietSince = clock.now();
    try {
      await Promise.all(running);
      for (let entry = next(); startRound === round && entry && entry.due <= end; entry = next()) {
        if (stopWhenIdle && !firstOf(waiting) && entry.due > quietSince + pollInterval) break;
        remove(entry);
        if (!entry.isPoll) quietSince = entry.due;
        if (entry.due > clock.now()) {
          clock.moveTo(entry.due);
          await moved(wasFrozen).catch((error) => log.error("the clock could not be stored", { error }));
        }
        if (startRound === round && entry.work) await start(entry);
      }
      if (startRound === round && !stopWhenIdle && clock.now() < end) clock.moveTo(end);
    } finally {
      if (startRound === round) {
        move = undefined;
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
  const moveBy = (milliseconds: number, stopWhenIdle: boolean) =>
    inTurn(() => moveThrough(Math.round(milliseconds), stopWhenIdle));

  return {
    at(due, work, isPoll = false) {
      const entry: Entry = { due: isPoll ? pollTime(due) : due, order: order++, work, isPoll };
      (isPoll ? polls : waiting).push(entry);
      if (next() === entry || due <= clock.now()) arm();
      return () => {
        entry.work = undefined;
      };
    },
    advance: (milliseconds) => moveBy(milliseconds, false),
    runUntilIdle: (horizon) => moveBy(horizon, true),
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
      for (const entries of [waiting, polls])
        for (let entry = entries.pop(); entry; entry = entries.pop()) entry.work = undefined;
      round++;
      move = undefined;
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
