import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Returns the peak memory of a process during some work, sampled. */
export async function highestMegabytes(pid: number, work: Promise<unknown>): Promise<number> {
  let most = 0;
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  do {
    most = Math.max(most, await ownMegabytes(pid));
    await Promise.race([done, sleep(20)]);
  } while (!isDone);
  return most;
}

/**
 * Returns the anonymous memory of a process in megabytes, without mapped files, which the kernel can drop.
 * Linux only.
 */
export async function ownMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(status)![1]) / 1024;
}
