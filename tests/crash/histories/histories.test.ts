import { type ChildProcess, fork } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "../../../tools/postgres.ts";
import { launch, type Server } from "../../e2e/harness.ts";
import { anomaliesIn } from "./checker.ts";
import type { Operation } from "./history.ts";
import { clientOf, createLists, readPartition } from "./lists-table.ts";
import { now } from "./session.ts";
import { faultsIn, follow, streamsClientOf } from "./stream.ts";

/** `NUBE_CRASH_SECONDS=3600` looks for what is rare. */
const SECONDS = Number(process.env.NUBE_CRASH_SECONDS ?? 20);
const CLIENTS = 3;
const BETWEEN_KILLS_MS = 1_600;
const MOST_SHOWN = 10;

test("tables are strictly serializable, whenever their server is killed, and a stream tells every change", async () => {
  await holds([], SECONDS);
}, 86_400_000);

test("the same with its records in PostgreSQL", async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  await holds(["--store", postgres.url], SECONDS / 2);
}, 86_400_000);

async function holds(flags: readonly string[], seconds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let server = await launch(["--data", folder, ...flags], onTestFinished);
  const { port } = server;
  const again = () => launch(["--data", folder, "--port", String(port), ...flags], onTestFinished);
  const reader = clientOf(port);
  const streams = streamsClientOf(port);
  onTestFinished(() => {
    reader.destroy();
    streams.destroy();
  });
  const stream = await createLists(reader);

  let isOver = false;
  const following = follow(streams, stream, () => isOver);
  const start = now();
  const clients = Array.from({ length: CLIENTS }, (_, n) => startClient(port, n + 1, start));
  for (let kills = 1; now() - start < seconds * 1_000; kills++) {
    await sleep(randomInt(BETWEEN_KILLS_MS));
    await server.end("SIGKILL");
    // Also amid the recovery from the last time.
    if (kills % 5 === 0) await (await again()).end("SIGKILL");
    server = await again();
  }
  const history = (await Promise.all(clients.map(stopped))).flat();
  const last = await readAll(server, history);
  isOver = true;

  const anomalies = anomaliesIn([...history, ...last]);
  expect(anomalies.slice(0, MOST_SHOWN)).toEqual([]);
  expect(countOf(history, "done")).toBeGreaterThan(seconds);
  expect(countOf(history, "unknown")).toBeGreaterThan(0);

  const lists = new Map(
    last.flatMap(({ steps }) => steps).map((step) => [step.key, "read" in step ? step.read : []]),
  );
  const followed = await following;
  expect(faultsIn(followed, lists).slice(0, MOST_SHOWN)).toEqual([]);
  // Whoever follows across the kills has read what stands in it at the end.
  expect(followed).toEqual(await follow(streams, stream, () => true));
  expect(await server.end("SIGTERM")).toBe(0);
}

const countOf = (history: readonly Operation[], outcome: Operation["outcome"]) =>
  history.filter((operation) => operation.outcome === outcome).length;

function startClient(port: number, number: number, start: number): ChildProcess {
  const child = fork(join(import.meta.dirname, "client.ts"), [port, number, start].map(String), {
    serialization: "advanced",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

async function stopped(child: ChildProcess): Promise<Operation[]> {
  if (child.exitCode !== null) throw new Error(`a client has ended with ${child.exitCode}`);
  const failed = once(child, "exit").then(([code]) => {
    throw new Error(`a client ended with ${code}`);
  });
  child.send("stop");
  const [history] = await Promise.race([once(child, "message"), failed]);
  failed.catch(() => {});
  return history;
}

/** Reads every list that anybody has used. */
async function readAll({ port }: Server, history: readonly Operation[]): Promise<Operation[]> {
  const client = clientOf(port);
  const partitions = new Set(history.flatMap(({ steps }) => steps.map(({ key }) => key.split("/")[0]!)));
  const operations: Operation[] = [];
  for (const partition of partitions) {
    const begun = now();
    const steps = await readPartition(client, partition);
    operations.push({ call: "Query", session: "last", steps, begun, ended: now(), outcome: "done" });
  }
  client.destroy();
  return operations;
}
