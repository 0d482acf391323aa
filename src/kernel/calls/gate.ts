/**
 * Admits calls concurrently, except while some work has the cloud to itself: calls that arrive then wait
 * until it ends.
 */
export interface Gate {
  pass<R>(call: () => Promise<R>): Promise<R>;
  /** Runs `work` when the calls in progress have ended, at the latest after `patience` milliseconds. */
  alone(patience: number, work: () => Promise<void>): Promise<void>;
}

export function openGate(): Gate {
  let inside = 0;
  let closed: Promise<void> | undefined;
  let whenEmpty = () => {};

  async function wait<R>(call: () => Promise<R>): Promise<R> {
    while (closed) await closed;
    return enter(call);
  }

  function enter<R>(call: () => Promise<R>): Promise<R> {
    inside++;
    const running = call();
    running.then(leave, leave);
    return running;
  }

  function leave() {
    inside--;
    if (inside === 0) whenEmpty();
  }

  function emptied(patience: number): Promise<void> {
    return new Promise((empty) => {
      if (inside === 0) return empty();
      const timer = setTimeout(empty, patience);
      whenEmpty = () => {
        clearTimeout(timer);
        empty();
      };
    });
  }

  return {
    pass: (call) => (closed ? wait(call) : enter(call)),
    async alone(patience, work) {
      const { promise, resolve } = Promise.withResolvers<void>();
      closed = promise;
      try {
        await emptied(patience);
        await work();
      } finally {
        closed = undefined;
        whenEmpty = () => {};
        resolve();
      }
    },
  };
}
