import type { Scheduler } from "../work/scheduler.ts";

/**
 * A call that waits for an event, such as a long poll, without polling. The wait ends when its milliseconds
 * have passed by the cloud's clock or by the real clock, when the client disconnects, or when the cloud
 * closes.
 */
export interface Wait {
  readonly over: boolean;
  /** Whether the client has disconnected, so that no response can reach it. */
  readonly left: boolean;
  /** Resolves when `wake` is called or the wait ends. */
  parked(enter: (wake: () => void) => void): Promise<void>;
  /** Ends the wait. Must be called in a `finally`, so that the timers are always cleared. */
  end(): void;
}

export interface Waits {
  open(milliseconds: number, client: AbortSignal | undefined): Wait;
  /** Ends all waits. */
  end(): void;
  /** Resolves as soon as exactly `parked` calls are parked; for tests. */
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
