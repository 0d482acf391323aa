/**
 * Many readers or one writer, first come, first served. `acquire` returns `undefined` if the lock is free.
 */
export interface ReadWriteLock {
  acquire(exclusive: boolean): Promise<void> | undefined;
  release(exclusive: boolean): void;
}

export function readWriteLock(): ReadWriteLock {
  let readers = 0;
  let writing = false;
  const waiting: { exclusive: boolean; start: () => void }[] = [];

  const free = (exclusive: boolean) => !writing && (!exclusive || readers === 0);
  const take = (exclusive: boolean) => {
    if (exclusive) writing = true;
    else readers++;
  };

  return {
    acquire(exclusive) {
      if (waiting.length === 0 && free(exclusive)) {
        take(exclusive);
        return undefined;
      }
      return new Promise((start) => {
        waiting.push({ exclusive, start });
      });
    },
    release(exclusive) {
      if (exclusive) writing = false;
      else readers--;
      while (waiting.length > 0 && free(waiting[0]!.exclusive)) {
        const next = waiting.shift()!;
        take(next.exclusive);
        next.start();
      }
    },
  };
}
