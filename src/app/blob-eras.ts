import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes the blobs of earlier eras. Later eras are kept, since a reset may begin the next one while this
 * runs.
 */
export async function removeFormerEras(folder: string, era: number): Promise<void> {
  for (const name of await readdir(folder)) {
    if (Number(name) < era) await rm(join(folder, name), { recursive: true, force: true });
  }
}
