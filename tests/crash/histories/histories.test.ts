import { type ChildProcess, fork } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { startPostgres } from "../../../tools/postgres.ts";
import { launch, type Server } from "../../e2e/harness.ts";
import { anomaliesIn } from "./checker.ts";
import type { Operation } from "./history.ts";
import { clientOf, createLists, readPartition, unite } from "./lists-table.ts";
import { now } from "./session.ts";
import { faultsIn, follow, streamsClientOf } from "./stream.ts";

/** `NUBE_CRASH_SECONDS=3600` searches for rare faults. */
const SECONDS = Number(process.env.NUBE_CRASH_SECONDS ?? 20);
const CLIENTS = 3;
const BETWEEN_HARMS_MS = 1_600;
const BROKEN_MS = 400;
const MAX_SHOWN = 10;

test("tables are strictly serializable despite kills of the server, and their stream contains every change", async () => {
  const folder = await temporary();
  await holds({ launch: (...more) => launch(["--data", folder, ...more], onTestFinished) });
}, 86_400_000);

test("tables with records in PostgreSQL are strictly serializable, too", async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  const flags = ["--data", await temporary(), "--store", postgres.url];
  await holds({ launch: (...more) => launch([...flags, ...more], onTestFinished), seconds: SECONDS / 2 });
}, 86_400_000);

test("tables on a disk that fails repeatedly are strictly serializable, too", async () => {
  const folder = await temporary();
  const mark = join(await temporary(), "broken");
  const module = join(import.meta.dirname, "../failing-disk.fixture.ts");
  const preload = { module, env: { FAILING_DISK: mark } };
  await holds({
    launch: (...more) => launch(["--data", folder, ...more], onTestFinished, preload),
    seconds: SECONDS / 2,
    async harm(server) {
      await writeFile(mark, "");
      await sleep(randomInt(BROKEN_MS));
      await rm(mark);
      return server;
    },
  });
}, 86_400_000);

test("strongly consistent global tables are strictly serializable across their Regions", async () => {
  const folder = await temporary();
  const regions = ["us-east-1", "us-east-2", "us-west-2"];
  await holds({ launch: (...more) => launch(["--data", folder, ...more], onTestFinished), regions });
}, 86_400_000);

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Holding {
  /** Starts a server on the same data. */
  launch: (...flags: string[]) => Promise<Server>;
  seconds?: number;
  /** The Regions in which the table is strongly consistent, if there are several. */
  regions?: readonly string[];
  /** Disturbs the server repeatedly; by default, it is killed and restarted. */
  harm?: (server: Server) => Promise<Server>;
}

async function holds({ launch, seconds = SECONDS, regions = [], harm }: Holding): Promise<void> {
  let server = await launch();
  const { port } = server;
  const reader = clientOf(port);
  const streams = streamsClientOf(port);
  onTestFinished(() => {
    reader.destroy();
    streams.destroy();
  });
  const stream = await createLists(reader);
  if (regions.length > 0) await unite(port, regions);

  async function kill(killed: Server): Promise<Server> {
    const again = () => launch("--port", String(port));
    await killed.end("SIGKILL");
    // Sometimes kills the server during its recovery, too.
    if (randomInt(5) === 0) await (await again()).end("SIGKILL");
    return again();
  }

  let isOver = false;
  const following = follow(streams, stream, () => isOver);
  const start = now();
  const clients = Array.from({ length: CLIENTS }, (_, n) => startClient(port, n + 1, start, regions));
  while (now() - start < seconds * 1_000) {
    await sleep(randomInt(BETWEEN_HARMS_MS));
    server = await (harm ?? kill)(server);
  }
  const history = (await Promise.all(clients.map(stopped))).flat();
  const last = await readAll(server, history, regions.at(-1));
  isOver = true;

  const anomalies = anomaliesIn([...history, ...last]);
  expect(anomalies.slice(0, MAX_SHOWN)).toEqual([]);
  expect(countOf(history, "done")).toBeGreaterThan(seconds);
  expect(countOf(history, "unknown")).toBeGreaterThan(0);

  const lists = new Map(
    last.flatMap(({ steps }) => steps).map((step) => [step.key, "read" in step ? step.read : []]),
  );
  const followed = await following;
  expect(faultsIn(followed, lists).slice(0, MAX_SHOWN)).toEqual([]);
  // Reading across the kills and reading afterwards must return the same records.
  expect(followed).toEqual(await follow(streams, stream, () => true));
  expect(await server.end("SIGTERM")).toBe(0);
}

const countOf = (history: readonly Operation[], outcome: Operation["outcome"]) =>
  history.filter((operation) => operation.outcome === outcome).length;

function startClient(port: number, number: number, start: number, regions: readonly string[]): ChildProcess {
  const parameters = [...[port, number, start].map(String), ...regions];
  const child = fork(join(import.meta.dirname, "client.ts"), parameters, { serialization: "advanced" });
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

/** Reads every list that occurs in the history. */
async function readAll(
  { port }: Server,
  history: readonly Operation[],
  region: string | undefined,
): Promise<Operation[]> {
  const client = clientOf(port, region);
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
