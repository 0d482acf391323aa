import { setImmediate as turn } from "node:timers/promises";
import { type Commit, checkLimits, MAX_COMMIT, type OpenCommit } from "./kv.ts";
import type { GrantedLeases } from "./leases.ts";

/**
 * Writes a group of commits together, in their order, and returns the error of each that was refused.
 * What it throws is the error of all.
 */
export type WriteGroup = (group: readonly Commit[]) => Promise<readonly (Error | undefined)[] | void>;

/** Called before each group is written; what it throws is taken for the disk's own error. For tests. */
export type Fault = (group: readonly Commit[]) => unknown;

interface Waiting {
  open: OpenCommit;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

interface ClosedCommit extends Pick<Waiting, "resolve" | "reject"> {
  commit: Commit;
}

/**
 * Group commit: what arrives while a group is being written waits for the next one, so that one write serves all who wait.
 * Only one group is written at a time, so nothing can be written behind a commit that failed.
 */
export function groupCommits(leases: GrantedLeases, write: WriteGroup, fault?: Fault) {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const writers = () => waiting.reduce((sum, { open }) => sum + open.writers, 0);

  function takeGroup(): ClosedCommit[] {
    const group: ClosedCommit[] = [];
    let bytes = 0;
    let taken = 0;
    for (const { open, resolve, reject } of waiting) {
      const fence = leases.fence(open.lease);
      if (!fence && group.length > 0 && bytes + open.bytes > MAX_COMMIT) break;
      taken++;
      if (fence) {
        reject(fence);
      } else {
        bytes += open.bytes;
        group.push({ commit: open.close(), resolve, reject });
      }
    }
    waiting = waiting.slice(taken);
    return group;
  }

  async function writeGroup(group: readonly ClosedCommit[]): Promise<void> {
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
   * long as each brings some, up to half of the present writers: then one half is being written while the other prepares
   * its next commits, and there are as few writes as keep both busy.
   */
  async function gather(half: number): Promise<void> {
    for (let before = 0, now = writers(); before < now; now = writers()) {
      before = now;
      await turn();
      if (writers() >= half) return;
    }
  }

  async function run(): Promise<void> {
    let last = 0;
    let former = 0;
    while (waiting.length > 0) {
      await gather((last + former) / 2);
      former = last;
      last = writers();
      const group = takeGroup();
      if (group.length > 0) await writeGroup(group);
    }
    running = undefined;
  }

  return {
    commit(commit: Commit | OpenCommit): Promise<void> {
      return new Promise((resolve, reject) => {
        const open = "close" in commit ? commit : complete(commit);
        const fence = leases.fence(open.lease);
        if (fence) throw fence;
        waiting.push({ open, resolve, reject });
        running ??= run();
      });
    },

    /** Resolves when nothing is being written or waiting. */
    settled: async (): Promise<void> => running,
  };
}

/** A commit that nothing is added to. */
function complete(commit: Commit): OpenCommit {
  return { lease: commit.lease, bytes: checkLimits(commit), writers: 1, close: () => commit };
}
