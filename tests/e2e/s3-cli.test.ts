import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startPostgres } from "../../tools/postgres.ts";
import { awsCli, type Server, startServer, temporaryFolder } from "./harness.ts";

/** Sizes on both sides of each border: empty, inside a record, in a blob, in parts. */
const SIZES = {
  "empty.bin": 0,
  "deep/er/small.txt": 1_000,
  "ümlaut & space.bin": 100_000,
  "parts.bin": 20_000_000,
};

async function folderOfFiles(): Promise<string> {
  const folder = await temporaryFolder();
  await mkdir(join(folder, "deep/er"), { recursive: true });
  for (const [name, size] of Object.entries(SIZES)) {
    await writeFile(join(folder, name), Buffer.alloc(size, `${name} `));
  }
  return folder;
}

/** What a person does first: make a bucket, sync a folder up, list it, sync it down, compare. */
async function syncThere(server: Server): Promise<void> {
  const files = await folderOfFiles();
  const aws = awsCli(server, files);
  const ok = async (...args: string[]) => {
    const { code, stdout, stderr } = await aws(...args);
    expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: "" });
    return stdout;
  };
  expect(await ok("s3", "mb", "s3://photos")).toBe("make_bucket: photos\n");
  await ok("s3", "sync", ".", "s3://photos", "--no-progress");
  const listed = await ok("s3", "ls", "--recursive", "s3://photos");
  for (const [name, size] of Object.entries(SIZES)) expect(listed).toContain(`${size} ${name}\n`);
  expect(await ok("s3", "sync", ".", "s3://photos", "--no-progress")).toBe("");
}

async function syncBack(server: Server): Promise<void> {
  const copy = await temporaryFolder();
  const { code } = await awsCli(server)("s3", "sync", "s3://photos", copy, "--no-progress");
  expect(code).toBe(0);
  for (const [name, size] of Object.entries(SIZES)) {
    const bytes = await readFile(join(copy, name));
    expect(bytes.equals(Buffer.alloc(size, `${name} `)), name).toBe(true);
  }
}

test("a folder goes up and comes down the same, over a restart", async () => {
  const data = await temporaryFolder();
  const first = await startServer("--data", data);
  await syncThere(first);
  await first.end("SIGTERM");
  await syncBack(await startServer("--data", data));
});

test("the same with records in PostgreSQL", async () => {
  const postgres = await startPostgres();
  try {
    const flags = ["--data", await temporaryFolder(), "--store", postgres.url];
    const first = await startServer(...flags);
    await syncThere(first);
    await first.end("SIGTERM");
    const second = await startServer(...flags);
    await syncBack(second);
    await second.end("SIGTERM");
  } finally {
    await postgres.stop();
  }
});

test("a large file is cut off from neither end: ranges, and what is not there", async () => {
  const server = await startServer("--ephemeral");
  const folder = await temporaryFolder();
  const aws = awsCli(server, folder);
  await writeFile(join(folder, "letters"), "abcdefghij".repeat(10_000));
  await aws("s3", "mb", "s3://big");
  await aws("s3", "cp", "letters", "s3://big/letters");
  await aws("s3api", "get-object", "--bucket", "big", "--key", "letters", "--range", "bytes=99995-", "end");
  expect(await readFile(join(folder, "end"), "utf8")).toBe("fghij");
  const missing = await aws("s3api", "get-object", "--bucket", "big", "--key", "none", "none");
  expect(missing.code).not.toBe(0);
  expect(missing.stderr).toContain(
    "(NoSuchKey) when calling the GetObject operation: The specified key does not exist.",
  );
});
