import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished } from "vitest";
import { launch, type Server } from "../../e2e/harness.ts";

/** `NUBE_CRASH_ROUNDS=50` kills amid each work so many times. */
const KILLS = Number(process.env.NUBE_CRASH_ROUNDS ?? 3);
const BETWEEN_KILLS_MS = 250;
const WAIT = { timeout: 60_000, interval: 50 };

/** A cloud on a disk of its own, whose server is killed amid its work. */
export interface Killed {
  readonly server: Server;
  readonly folder: string;
  /** Kills the server again and again, and waits until some work is done. @returns how many kills met it undone */
  killedUntil(isDone: () => Promise<boolean>): Promise<number>;
}

export async function killedCloud(): Promise<Killed> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder], onTestFinished);
  const flags = ["--data", folder, "--port", String(server.port)];
  return {
    folder,
    get server() {
      return server;
    },
    async killedUntil(isDone) {
      let interrupted = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        await sleep(randomInt(BETWEEN_KILLS_MS));
        await server.end("SIGKILL");
        server = await launch(flags, onTestFinished);
        if (!(await isDone())) interrupted++;
      }
      await expect.poll(isDone, WAIT).toBe(true);
      return interrupted;
    },
  };
}

/** Resolves when all that is due in that span has run. */
export async function advance({ endpoint }: Server, by: string): Promise<void> {
  const body = JSON.stringify({ action: "advance", by });
  const answer = await fetch(`${endpoint}/_nube/clock`, { method: "POST", body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}
