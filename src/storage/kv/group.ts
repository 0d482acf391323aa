import { setImmediate as turn } from "node:timers/promises";
import { type Commit, checkLimits, MAX_COMMIT } from "./kv.ts";
import type { GrantedLeases } from "./leases.ts";

/**
 * Writes a group of commits together, in their order, and tells the error of each that was refused.
 * What it throws is the error of all.
 */
export type WriteGroup = (group: readonly Commit[]) => Promise<readonly (Error | undefined)[] | void>;

/** Called before each group is written; what it throws is taken for the disk's own error. For tests. */
export type Fault = (group: readonly Commit[]) => unknown;

interface Waiting {
  commit: Commit;
  size: number;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

/**
 * Group commit: what arrives while a group is being written waits and travels in the next one, so that one trip to the
 * disk serves all writers. Only one group is under way at a time, so nothing can be written behind a commit that failed.
 */
export function groupCommits(leases: GrantedLeases, write: WriteGroup, fault?: Fault) {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  function takeGroup(): Waiting[] {
    const group: Waiting[] = [];
    let size = 0;
    let taken = 0;
    for (const next of waiting) {
      const fence = leases.fence(next.commit.lease);
      if (!fence && group.length > 0 && size + next.size > MAX_COMMIT) break;
      taken++;
      if (fence) {
        next.reject(fence);
      } else {
        group.push(next);
        size += next.size;
      }
    }
    waiting = waiting.slice(taken);
    return group;
  }

  async function writeGroup(group: readonly Waiting[]): Promise<void> {
    const commits = group.map(({ commit }) => commit);
    let errors: readonly unknown[] | undefined;
    try {
      if (fault) await fault(commits);
      errors = (await write(commits)) ?? undefined;
    } catch (error) {
      errors = group.map(() => error);
    }
    // Leases end before anyone is told, so that nobody who is woken can slip a commit in behind the failed one.
    errors?.forEach((error, i) => {
      if (error) leases.end(commits[i]!.lease, error);
    });
    group.forEach(({ resolve, reject }, i) => {
      if (errors?.[i]) reject(errors[i]);
      else resolve();
    });
  }

  /**
   * Writers that the last group has just woken get a turn of the event loop to join this one, and further turns for as
   * long as each brings some, up to half of those who write at present: then that half is on its way to the disk
   * while the others prepare what they write next, and there are as few trips as keep both busy.
   */
  async function gather(half: number): Promise<void> {
    for (let before = 0; before < waiting.length; ) {
      before = waiting.length;
      await turn();
      if (waiting.length >= half) return;
    }
  }

  async function run(): Promise<void> {
    let last = 0;
    let former = 0;
    while (waiting.length > 0) {
      await gather((last + former) / 2);
      const group = takeGroup();
      former = last;
      last = group.length;
      if (group.length > 0) await writeGroup(group);
    }
    running = undefined;
  }

  return {
    commit(commit: Commit): Promise<void> {
      return new Promise((resolve, reject) => {
        const size = checkLimits(commit);
        const fence = leases.fence(commit.lease);
        if (fence) throw fence;
        waiting.push({ commit, size, resolve, reject });
        running ??= run();
      });
    },

    /** Resolves when nothing is being written or waiting. */
    settled: async (): Promise<void> => running,
  };
}
