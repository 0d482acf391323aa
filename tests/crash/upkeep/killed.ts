import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { expect, onTestFinished } from "vitest";
import { launch, type Server } from "../../e2e/harness.ts";
import { clientOf } from "../histories/lists-table.ts";
import { streamsClientOf } from "../histories/stream.ts";

/** `NUBE_CRASH_ROUNDS=50` sets how often the server is killed during each task. */
const KILLS = Number(process.env.NUBE_CRASH_ROUNDS ?? 3);
const BETWEEN_KILLS_MS = 250;
const WAIT = { timeout: 60_000, interval: 50 };

/** A cloud with its own data folder, whose server is killed during its work. */
export interface Killed {
  readonly server: Server;
  readonly folder: string;
  readonly client: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  /** Kills the server repeatedly until some work is done. @returns the number of kills before that */
  killedUntil(isDone: () => Promise<boolean>): Promise<number>;
}

export async function killedCloud(): Promise<Killed> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder], onTestFinished);
  const client = clientOf(server.port);
  const streams = streamsClientOf(server.port);
  onTestFinished(() => {
    client.destroy();
    streams.destroy();
  });
  const flags = ["--data", folder, "--port", String(server.port)];
  return {
    folder,
    client,
    streams,
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
