import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const INTERVAL_MS = 30_000;
/** With less CPU time than that in an interval the cloud counts as idle. */
const IDLE_MS = 300;
/** Less work than that leaves nothing that is worth a collection. */
const WORK_MS = 1_000;

/**
 * Gives memory back when work has ended: what the store can do without, and what nothing refers to any more. V8 leaves
 * a process the memory that its busiest minute took, for as long as it lives.
 * @returns ends the watch
 */
export function giveMemoryBack(rest: () => Promise<void>): () => void {
  const isTime = afterWork(() => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  });
  const timer = setInterval(async () => {
    if (!isTime()) return;
    await rest();
    collectAll();
  }, INTERVAL_MS).unref();
  return () => clearInterval(timer);
}

/**
 * @param cpuMs what the process has used so far
 * @returns whether work has ended since the last look
 */
export function afterWork(cpuMs: () => number): () => boolean {
  let before = cpuMs();
  let worked = 0;
  return () => {
    const now = cpuMs();
    const used = now - before;
    before = now;
    worked += used;
    if (used > IDLE_MS || worked < WORK_MS) return false;
    worked = 0;
    return true;
  };
}

/** Node offers the collector only by flags. The last resort alone hands pages to the system; what is compiled stays. */
export function collectAll(): void {
  setFlagsFromString("--expose-gc");
  setFlagsFromString("--no-flush-bytecode");
  const collect: NonNullable<typeof gc> = runInNewContext("gc");
  collect({ type: "major", flavor: "last-resort" });
  setFlagsFromString("--flush-bytecode");
  setFlagsFromString("--no-expose-gc");
}
