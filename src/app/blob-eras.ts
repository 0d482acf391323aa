import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes the blobs of eras before this one. Later ones stay: a reset may begin the next era while this still goes on. */
export async function removeFormerEras(folder: string, era: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (Number(name) < era) await rm(join(folder, name), { recursive: true, force: true });
  }
}
