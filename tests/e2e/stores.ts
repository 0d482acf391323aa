import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { startPostgres } from "../../tools/postgres.ts";
import { launch, type Server } from "./harness.ts";

/** A cleanup step; the steps run in reverse order. */
type Undo = () => Promise<unknown>;

/** The places where a cloud can store its records, with their flags. */
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

/** Runs a suite against one cloud for each of these stores, with timeouts for slow clients. */
export function onStores(names: readonly StoreName[], suite: (cloud: () => Server) => void): void {
  vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
  describe.each(names)("a cloud that keeps its records %s", (name) => {
    const undo: Undo[] = [];
    let server: Server;
    beforeAll(async () => {
      const flags = await STORES[name]!((step) => undo.push(step));
      server = await launch(flags, (kill) => undo.push(kill));
      // A cloud in memory deletes its folder only if it is stopped by SIGTERM.
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
