import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const INTERVAL_MS = 30_000;
/** A cloud that uses less CPU time than this in an interval counts as idle. */
const IDLE_MS = 300;
/** Less work than this leaves too little garbage to justify a collection. */
const WORK_MS = 1_000;

/**
 * Frees memory when work has ended: what the store can do without, and what is no longer referenced. By
 * itself V8 keeps the memory of a process's busiest minute for as long as the process lives.
 * @returns a function that ends the watch
 */
export function releaseMemoryWhenIdle(rest: () => Promise<void>): () => void {
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
 * @param cpuMs returns the CPU time that the process has used so far
 * @returns a function that tells whether work has ended since its last call
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

/**
 * Runs a full garbage collection, which Node offers only by a flag. Only this last-resort kind returns pages
 * to the operating system. Compiled code is kept.
 */
export function collectAll(): void {
  setFlagsFromString("--expose-gc");
  setFlagsFromString("--no-flush-bytecode");
  const collect: NonNullable<typeof gc> = runInNewContext("gc");
  collect({ type: "major", flavor: "last-resort" });
  setFlagsFromString("--flush-bytecode");
  setFlagsFromString("--no-expose-gc");
}
