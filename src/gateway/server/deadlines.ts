/** Something with a deadline. */
export interface Expiring {
  /** By the shared clock, in milliseconds; `Infinity` while it waits for nothing. */
  deadline: number;
  /** Called after the deadline has passed, repeatedly until the deadline is moved. */
  expire(): void;
}

export interface Deadlines {
  add(waiting: Expiring): void;
  delete(waiting: Expiring): void;
  /** The deadline of a wait that begins now: never early, and at most two ticks late. */
  after(ms: number): number;
}

/**
 * One timer for all connections, instead of one per connection that is set and cleared several times a
 * request.
 *
 * Its clock counts its own ticks, so that no client times out because the process was stalled.
 */
export function deadlines(tickMs: number): Deadlines {
  const all = new Set<Expiring>();
  let now = 0;
  let timer: NodeJS.Timeout | undefined;

  function tick() {
    now += tickMs;
    for (const waiting of all) if (waiting.deadline <= now) waiting.expire();
  }

  return {
    add(waiting) {
      all.add(waiting);
      timer ??= setInterval(tick, tickMs).unref();
    },
    delete(waiting) {
      all.delete(waiting);
      if (all.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
    after: (ms) => now + tickMs + ms,
  };
}
