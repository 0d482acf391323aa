import { setImmediate as turn } from "node:timers/promises";
import { type Commit, checkLimits, MAX_COMMIT_BYTES, type OpenCommit } from "./kv.ts";
import type { GrantedLeases } from "./leases.ts";

/**
 * Writes a group of commits together, in order, and returns the error of each commit that was refused. If it
 * throws, all of them have failed with that error.
 */
export type WriteGroup = (group: readonly Commit[]) => Promise<readonly (Error | undefined)[] | void>;

/** Called before each group is written; what it throws is treated as a disk error. For tests. */
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
 * Group commit: commits that arrive while a group is being written wait for the next one, so that one write
 * serves all of them. Groups are written one at a time, so nothing can be written after a commit that failed.
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
      if (!fence && group.length > 0 && bytes + open.bytes > MAX_COMMIT_BYTES) break;
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
    // Leases are ended before any promise settles, so that no awakened caller can add a commit after the
    // failed one.
    errors?.forEach((error, i) => {
      if (error) leases.end(commits[i]!.lease, error);
    });
    group.forEach(({ resolve, reject }, i) => {
      if (errors?.[i]) reject(errors[i]);
      else resolve();
    });
  }

  /**
   * Lets the writers that the last group has just woken join this one: waits for turns of the event loop as
   * long as each adds writers, up to half of those present. One half is then written while the other prepares
   * its next commits, which keeps both busy with the fewest writes.
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

    /** Resolves when no commit is being written or waiting. */
    settled: async (): Promise<void> => running,
  };
}

/** Wraps a commit to which nothing can be added. */
function complete(commit: Commit): OpenCommit {
  return { lease: commit.lease, bytes: checkLimits(commit), writers: 1, close: () => commit };
}
