/** Something that may wait only so long. */
export interface Expiring {
  /** Of the shared clock; `Infinity` while nothing is waited for. */
  deadline: number;
  /** Called when the deadline has passed, again and again until it is moved. */
  expire(): void;
}

export interface Deadlines {
  add(waiting: Expiring): void;
  delete(waiting: Expiring): void;
  /** The deadline of a wait that begins now: never early, late by two ticks at most. */
  after(ms: number): number;
}

/**
 * One timer for all connections, instead of one that each of them sets and clears several times a request.
 *
 * Its clock counts its own ticks: a stall of the whole process makes no client time out.
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
