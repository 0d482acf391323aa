import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { startPostgres } from "../../tools/postgres.ts";
import { launch, type Server } from "./harness.ts";

/** Something that is undone, last first, at the end. */
type Undo = () => Promise<unknown>;

/** Where a cloud may keep its records, and the flags that say so. */
const STORES: Record<string, (later: (undo: Undo) => void) => Promise<string[]>> = {
  "in its data folder": async (later) => ["--data", await folder(later)],
  "in PostgreSQL": async (later) => {
    const postgres = await startPostgres();
    later(postgres.stop);
    return ["--data", await folder(later), "--store", postgres.url];
  },
  "in memory": async () => ["--ephemeral"],
};

type StoreName = keyof typeof STORES;

export const DURABLE: readonly StoreName[] = ["in its data folder", "in PostgreSQL"];
export const ALL: readonly StoreName[] = Object.keys(STORES);

/** Holds a suite against one cloud for each of these stores. Its tests may wait for clients that take their time. */
export function onStores(names: readonly StoreName[], suite: (cloud: () => Server) => void): void {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
  describe.each(names)("a cloud that keeps its records %s", (name) => {
    const undo: Undo[] = [];
    let server: Server;
    beforeAll(async () => {
      const flags = await STORES[name]!((step) => undo.push(step));
      server = await launch(flags, (kill) => undo.push(kill));
      // A cloud in memory leaves a folder where it is not asked to stop.
      undo.push(() => server.end("SIGTERM"));
    });
    afterAll(async () => {
      for (const step of undo.reverse()) await step();
    });
    suite(() => server);
  });
}

async function folder(later: (undo: Undo) => void): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "nube-e2e-"));
  later(() => rm(path, { recursive: true, force: true }));
  return path;
}
