import { randomInt } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, PutBucketVersioningCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { openEmbedded } from "#storage/kv/embedded.ts";
import type { KeyValueStore } from "#storage/kv/kv.ts";
import { openPostgres } from "#storage/kv/postgres.ts";
import { startPostgres } from "../../tools/postgres.ts";
import { launch } from "../e2e/harness.ts";
import { s3Of } from "./client.ts";
import { inspect } from "./inspect.ts";
import { expectedRows, type Row } from "./ledger.ts";
import { rowsIn } from "./rows.ts";
import { PLAIN, rowsOf, VERSIONED, write } from "./workload.ts";

/** `NUBE_CRASH_ROUNDS=500` searches for rare faults. */
const ROUNDS = Number(process.env.NUBE_CRASH_ROUNDS ?? 20);
const WRITERS = 16;
const MAX_MS = 600;

test("a cloud that is killed repeatedly during writes keeps all that it acknowledged", async () => {
  await survives([], (folder) => openEmbedded({ path: join(folder, "store", "records.mdb") }));
}, 600_000);

test("a cloud with its records in PostgreSQL keeps all that it acknowledged, too", async () => {
  const postgres = await startPostgres();
  onTestFinished(postgres.stop);
  await survives(["--store", postgres.url], () => openPostgres(postgres.url), Math.ceil(ROUNDS / 2));
}, 600_000);

async function survives(
  flags: readonly string[],
  open: (folder: string) => Promise<KeyValueStore>,
  rounds = ROUNDS,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "nube-crash-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const writers = Array.from({ length: WRITERS }, (_, n) => rowsOf(n));
  const rows = writers.flat();
  const start = () => launch(["--data", folder, ...flags], onTestFinished);

  let server = await start();
  await createBuckets(s3Of(server));
  let answers = 0;
  for (let round = 0; round < rounds; round++) {
    const s3 = s3Of(server);
    const writing = Promise.all(writers.map((own) => write(s3, own)));
    await sleep(randomInt(MAX_MS));
    await server.end("SIGKILL");
    answers += (await writing).reduce((sum, count) => sum + count, 0);
    s3.destroy();
    // Kills a server during its recovery, too.
    if (round % 5 === 4) await (await start()).end("SIGKILL");

    server = await start();
    await inspect(s3Of(server), rows);
    await filesAreSwept(folder, rows);
  }
  expect(answers).toBeGreaterThan(rounds);
  expect(await server.end("SIGTERM")).toBe(0);

  const left = await rowsIn(await open(folder));
  const expected = expectedRows(rows);
  const count = (...names: string[]) => names.reduce((sum, name) => sum + (left[name] ?? 0), 0);
  expect({
    versions: count("s3/object", "s3/noncurrent"),
    uploads: count("s3/upload"),
    parts: count("s3/part"),
    files: expected.files,
    bodies: count("kernel/body/partition"),
    manifests: count("s3/manifest"),
  }).toEqual(expected);
  expect(count("kernel/intent/partition", "kernel/job/partition", "kernel/parked/partition")).toBe(0);
}

async function createBuckets(s3: S3Client): Promise<void> {
  for (const Bucket of [PLAIN, VERSIONED]) await s3.send(new CreateBucketCommand({ Bucket }));
  const VersioningConfiguration = { Status: "Enabled" } as const;
  await s3.send(new PutBucketVersioningCommand({ Bucket: VERSIONED, VersioningConfiguration }));
}

/** Checks that incomplete files are removed, and deleted ones, too, by jobs that survived the kill. */
async function filesAreSwept(folder: string, rows: readonly Row[]): Promise<void> {
  const blobs = join(folder, "blobs");
  const files = async () => {
    const entries = await readdir(blobs, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };
  await expect.poll(files, { timeout: 20_000, interval: 20 }).toBe(expectedRows(rows).files);
}
