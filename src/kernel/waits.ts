import type { Scheduler } from "./scheduler.ts";

/**
 * A call that waits for something to come, as a long poll does, and asks nobody again and again. It is over when so
 * many milliseconds have passed by the cloud's clock or by the wall's, when the client has gone, and when the cloud ends.
 */
export interface Wait {
  readonly over: boolean;
  /** The client has gone: there is nobody to give anything to. */
  readonly left: boolean;
  /** Resolves when `wake` is called, or the wait is over. */
  parked(enter: (wake: () => void) => void): Promise<void>;
  /** It is waited for no more. Call it in the end, however the call goes on. */
  end(): void;
}

export interface Waits {
  open(milliseconds: number, client: AbortSignal | undefined): Wait;
  /** Ends all that is open: nothing more will come. */
  end(): void;
  /** Resolves as soon as so many calls are parked: for who has to know that they have come, or have left. */
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
    async reached(wanted) {
      if (parked === wanted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const watcher = { count: wanted, resolve };
      watchers.add(watcher);
      await promise;
      watchers.delete(watcher);
    },
  };
}
