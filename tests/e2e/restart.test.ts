import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startPostgres } from "../../tools/postgres.ts";
import { awsCli, startServer, temporaryFolder } from "./harness.ts";

/** Sizes around each storage boundary: empty, in a record, in a blob, in parts. */
const SIZES = { "empty.bin": 0, "deep/er/small.txt": 1_000, "blob.bin": 100_000, "parts.bin": 20_000_000 };

const contentOf = (name: string, size: number) => Buffer.alloc(size, `${name} `);

/** Syncs a folder up, restarts the cloud, and syncs the folder down. */
async function keepsOverRestart(...flags: string[]): Promise<void> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "deep/er"), { recursive: true });
  for (const [name, size] of Object.entries(SIZES))
    await writeFile(join(folder, name), contentOf(name, size));

  const first = await startServer(...flags);
  const up = awsCli(first, folder);
  expect(await up("sts", "get-caller-identity")).toMatchObject({ code: 0, stderr: "" });
  expect((await up("s3", "mb", "s3://photos")).stdout).toBe("make_bucket: photos\n");
  expect(await up("s3", "sync", ".", "s3://photos", "--no-progress")).toMatchObject({ code: 0, stderr: "" });
  expect(await first.end("SIGTERM")).toBe(0);

  const second = await startServer(...flags);
  const copy = await temporaryFolder();
  expect((await awsCli(second, copy)("s3", "sync", "s3://photos", ".", "--no-progress")).code).toBe(0);
  for (const [name, size] of Object.entries(SIZES)) {
    expect((await readFile(join(copy, name))).equals(contentOf(name, size)), name).toBe(true);
  }
  expect(await second.end("SIGTERM")).toBe(0);
}

test("stored objects are available after a restart", async () => {
  await keepsOverRestart("--data", await temporaryFolder());
});

test("stored objects are available after a restart with records in PostgreSQL", async () => {
  const postgres = await startPostgres();
  try {
    await keepsOverRestart("--data", await temporaryFolder(), "--store", postgres.url);
  } finally {
    await postgres.stop();
  }
});
