/** Jobs that concern the same thing: one of them runs at a time, and the newest replaces those that wait. */
export interface Lane {
  /** Whether a newer job has entered the lane. */
  replaced(job: number): boolean;
  /** Runs `work`; if another job is running, calls `again` instead once that job has ended. */
  alone(work: () => Promise<void>, again: () => void): Promise<void>;
  /** Called when the job has finished: if it was the newest, the lane is removed. */
  leave(job: number): void;
}

/** The lanes of one partition, by name. */
export interface Lanes {
  enter(name: string, job: number): Lane;
}

export function openLanes(): Lanes {
  const lanes = new Map<string, Lane & { enter(job: number): void }>();

  function open(name: string) {
    let newest = 0;
    let waiting: (() => void)[] | undefined;
    return {
      enter(job: number) {
        newest = Math.max(newest, job);
      },
      replaced: (job: number) => newest > job,
      async alone(work: () => Promise<void>, again: () => void) {
        if (waiting) return void waiting.push(again);
        waiting = [];
        try {
          await work();
        } finally {
          const others = waiting;
          waiting = undefined;
          for (const start of others) start();
        }
      },
      leave(job: number) {
        if (newest === job) lanes.delete(name);
      },
    };
  }

  return {
    enter(name, job) {
      let lane = lanes.get(name);
      if (!lane) lanes.set(name, (lane = open(name)));
      lane.enter(job);
      return lane;
    },
  };
}
