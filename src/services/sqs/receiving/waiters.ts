import type { Context } from "#kernel/context.ts";

/** Long polls that wait for a queue's next message, the longest waiting first. */
export interface Waiters {
  readonly size: number;
  /** @returns a function that removes the waiter */
  add(wake: () => void): () => void;
  /** Wakes one waiter, which wakes the next one if there are more messages. */
  wakeOne(): void;
  wakeAll(): void;
  /** Wakes one waiter at a time of the cloud's clock. */
  wakeAt(ctx: Pick<Context, "at">, due: number | undefined): void;
}

export function openWaiters(): Waiters {
  const waiting = new Set<() => void>();
  let alarm: { due: number; cancel: () => void } | undefined;

  function wakeOne() {
    const [first] = waiting;
    if (!first) return;
    waiting.delete(first);
    first();
  }

  return {
    get size() {
      return waiting.size;
    },
    add(wake) {
      waiting.add(wake);
      return () => void waiting.delete(wake);
    },
    wakeOne,
    wakeAll() {
      while (waiting.size > 0) wakeOne();
    },
    wakeAt(ctx, due) {
      if (due === undefined || waiting.size === 0 || (alarm && alarm.due <= due)) return;
      alarm?.cancel();
      const cancel = ctx.at(due, () => {
        alarm = undefined;
        wakeOne();
      });
      alarm = { due, cancel };
    },
  };
}
