import type { Scheduler } from "./scheduler.ts";

/**
 * A call that waits for an event, as a long poll does, without looking for it again and again. The wait is over when so many
 * milliseconds have passed by the cloud's clock or by the wall's, when the client has gone, and when the cloud ends.
 */
export interface Wait {
  readonly over: boolean;
  /** Whether the client has gone: an answer would reach nobody. */
  readonly left: boolean;
  /** Resolves when `wake` is called, or the wait is over. */
  parked(enter: (wake: () => void) => void): Promise<void>;
  /** Ends the wait. Call it in a `finally`, so that the timers are always cleared. */
  end(): void;
}

export interface Waits {
  open(milliseconds: number, client: AbortSignal | undefined): Wait;
  /** Ends all waits. */
  end(): void;
  /** Resolves as soon as exactly so many calls are parked; for tests. */
  reached(parked: number): Promise<void>;
}

export function openWaits(scheduler: Scheduler, now: () => number): Waits {
  const open = new Set<() => void>();
  let parked = 0;
  const watchers = new Set<{ count: number; resolve: () => void }>();

  function count(change: number) {
    parked += change;
    for (const watcher of watchers) if (watcher.count === parked) watcher.resolve();
  }

  return {
    open(milliseconds, client) {
      const ended = Promise.withResolvers<void>();
      let over = client?.aborted ?? false;
      const end = () => {
        over = true;
        open.delete(end);
        clearTimeout(byWall);
        byCloud();
        client?.removeEventListener("abort", end);
        ended.resolve();
      };
      const byCloud = scheduler.at(now() + milliseconds, async () => end());
      const byWall = setTimeout(end, milliseconds);
      client?.addEventListener("abort", end);
      open.add(end);
      return {
        get over() {
          return over;
        },
        get left() {
          return client?.aborted ?? false;
        },
        async parked(enter) {
          const woken = Promise.withResolvers<void>();
          enter(woken.resolve);
          if (over) return;
          count(1);
          await Promise.race([woken.promise, ended.promise]);
          count(-1);
        },
        end,
      };
    },
    end() {
      for (const end of [...open]) end();
    },
    async reached(expected) {
      if (parked === expected) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const watcher = { count: expected, resolve };
      watchers.add(watcher);
      await promise;
      watchers.delete(watcher);
    },
  };
}
