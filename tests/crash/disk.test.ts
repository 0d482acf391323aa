import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { expect, onTestFinished, test } from "vitest";
import { launch } from "../e2e/harness.ts";
import { s3Of } from "./client.ts";
import { sha256 } from "./workload.ts";

const Bucket = "chaos";
const ROUNDS = 6;
const WRITERS = 8;
const BROKEN_MS = 250;
/** Bodies of the first two sizes are stored in records, those of the third in files. */
const SIZES = [300, 40_000, 200_000];

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "nube-disk-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The hashes of objects' contents, by key. */
interface Outcome {
  acknowledged: Map<string, string>;
  /** Objects whose writer got an error: each is either stored completely or does not exist. */
  refused: Map<string, string>;
}

/** Puts an object, which must be accepted or rejected with a clear error. @returns whether it was accepted */
async function put(
  s3: S3Client,
  { acknowledged, refused }: Outcome,
  Key: string,
  size: number,
): Promise<boolean> {
  const Body = randomBytes(size);
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    acknowledged.set(Key, sha256(Body));
    return true;
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } };
    expect([Key, $metadata?.httpStatusCode, name]).toEqual([Key, 503, "ServiceUnavailable"]);
    refused.set(Key, sha256(Body));
    return false;
  }
}

async function read(s3: S3Client, Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return sha256(await Body!.transformToByteArray());
}

/** Checks that all accepted objects exist, and that all others are complete if they exist. */
async function inspect(s3: S3Client, { acknowledged, refused }: Outcome): Promise<void> {
  const listed: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, ContinuationToken }));
    listed.push(...(page.Contents ?? []).map(({ Key }) => Key!));
    ContinuationToken = page.NextContinuationToken;
  } while (ContinuationToken !== undefined);
  for (const key of acknowledged.keys()) expect(listed).toContain(key);
  for (const key of listed)
    expect([key, await read(s3, key)]).toEqual([key, acknowledged.get(key) ?? refused.get(key)]);
}

test("with a disk that fails repeatedly, errors are clear, reads work, and no acknowledged object is lost", async () => {
  const folder = await temporary();
  const mark = join(await temporary(), "broken");
  const preload = {
    module: join(import.meta.dirname, "failing-disk.fixture.ts"),
    env: { FAILING_DISK: mark },
  };
  let server = await launch(["--data", folder], onTestFinished, preload);
  let s3 = s3Of(server);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const outcome: Outcome = { acknowledged: new Map(), refused: new Map() };

  for (let round = 0; round < ROUNDS; round++) {
    let isOver = false;
    const writing = Array.from({ length: WRITERS }, async (_, writer) => {
      for (let n = 0; !isOver; n++) {
        const size = SIZES[(n + writer) % SIZES.length]!;
        if (!(await put(s3, outcome, `${round}/${writer}/${n}`, size))) await sleep(10);
      }
    });
    await sleep(BROKEN_MS);
    const before = [...outcome.acknowledged];
    await writeFile(mark, "");
    for (const [key, hash] of before.slice(-20)) expect([key, await read(s3, key)]).toEqual([key, hash]);
    await sleep(BROKEN_MS);
    await rm(mark);
    await expect.poll(() => put(s3, outcome, `${round}/after`, 300), { timeout: 10_000 }).toBe(true);
    isOver = true;
    await Promise.all(writing);
  }
  expect(outcome.refused.size).toBeGreaterThan(0);
  await inspect(s3, outcome);

  await server.end("SIGKILL");
  server = await launch(["--data", folder], onTestFinished);
  s3 = s3Of(server);
  await inspect(s3, outcome);
  expect(await server.end("SIGTERM")).toBe(0);
}, 300_000);

const run = promisify(execFile);
const MB = 2 ** 20;

/** Mounts a file system of this size; `undefined` if the machine does not permit it. */
async function smallDisk(bytes: number): Promise<string | undefined> {
  const folder = await temporary();
  try {
    await run("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "nube-small", folder]);
  } catch {
    return undefined;
  }
  onTestFinished(async () => {
    await run("umount", ["-l", folder]);
  });
  return folder;
}

test("with a full disk, errors are clear, reads and deletes work, and writes work again once there is space", async ({
  skip,
}) => {
  const disk = await smallDisk(64 * MB);
  if (disk === undefined) return skip("this machine lets nobody mount a small file system");
  const folder = join(disk, "data");
  let server = await launch(["--data", folder], onTestFinished);
  let s3 = s3Of(server);
  await s3.send(new CreateBucketCommand({ Bucket }));
  const outcome: Outcome = { acknowledged: new Map(), refused: new Map() };

  let n = 0;
  while (await put(s3, outcome, `large/${n}`, MB)) n++;
  for (let small = 0; small < 500; small++) await put(s3, outcome, `small/${small}`, 40_000);
  expect(outcome.refused.size).toBeGreaterThan(1);
  await inspect(s3, outcome);

  // Deletions make room for new objects.
  const large = [...outcome.acknowledged.keys()].filter((key) => key.startsWith("large/"));
  for (const key of large.slice(0, 10)) {
    await expect
      .poll(
        () =>
          s3.send(new DeleteObjectCommand({ Bucket, Key: key })).then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
    outcome.acknowledged.delete(key);
  }
  await expect.poll(() => put(s3, outcome, "again", MB), { timeout: 20_000, interval: 100 }).toBe(true);
  await inspect(s3, outcome);

  await server.end("SIGKILL");
  server = await launch(["--data", folder], onTestFinished);
  s3 = s3Of(server);
  await inspect(s3, outcome);
  expect(await server.end("SIGTERM")).toBe(0);
}, 300_000);
