import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patterned } from "../sdk-js/client.ts";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

const ODD_NAMES = [
  "a b",
  "a+b",
  "%41%2F",
  "ä名🙂",
  "quo'te\"s",
  "semi;colon&and=equals?mark#hash",
  "back\\slash",
  "[brackets]{braces}^`|~",
  "-dash",
  ".hidden",
  "tab\tand\nline",
  "…",
];

/** About 2,000 files with names of many kinds, in all sizes that are stored differently. */
async function fill(folder: string): Promise<void> {
  const sizes = [0, 1, 100, 5_000, 65_536, 65_537];
  const files = ODD_NAMES.map((name, n) => [join(name, `${name}.txt`), n * 10] as const)
    .concat(Array.from({ length: 1_980 }, (_, n) => [`d${n % 40}/e${n % 9}/f${n}`, sizes[n % 5]!] as const))
    .concat([
      ["empty", 0],
      ["edge", 65_537],
      ["part/just", 8 * 2 ** 20],
      ["part/over", 10 * 2 ** 20 + 1],
    ]);
  for (const [name, size] of files) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await write(path, patterned(size));
  }
}

/**
 * S3 truncates times to seconds, so an object uploaded in the second of the file's modification looks older
 * than the file.
 */
const A_MINUTE_AGO = new Date(Date.now() - 60_000);

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content);
  await utimes(path, A_MINUTE_AGO, A_MINUTE_AGO);
}

const differences = async (one: string, other: string) =>
  (await promisify(execFile)("diff", ["-r", one, other]).catch((error) => error)).stdout;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nube-sync-"));
  await fill(join(folder, "up"));
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

onStores(DURABLE, (cloud) => {
  let aws: Cli;
  beforeAll(() => {
    aws = cli(cloud(), folder);
  });

  test("a folder that is synced up and down again is unchanged", async () => {
    await aws("s3", "mb", "s3://folder");
    await aws("s3", "sync", "--quiet", "up", "s3://folder/prefix");
    expect(await aws("s3", "sync", "up", "s3://folder/prefix")).toBe("");
    await aws("s3", "sync", "--quiet", "s3://folder/prefix", "down");
    expect(await differences(join(folder, "up"), join(folder, "down"))).toBe("");
    expect(await aws("s3", "sync", "s3://folder/prefix", "down")).toBe("");
    await rm(join(folder, "down"), { recursive: true });
  });

  test("only changes are transferred, and --delete removes deleted files", async () => {
    const path = join(folder, "small");
    await mkdir(path);
    for (const name of ["same", "changed", "gone"]) await write(join(path, name), name);
    await aws("s3", "mb", "s3://small");
    await aws("s3", "sync", "--quiet", "small", "s3://small");
    await writeFile(join(path, "changed"), "another");
    await rm(join(path, "gone"));
    const lines = (await aws("s3", "sync", "--delete", "--no-progress", "small", "s3://small"))
      .trim()
      .split("\n");
    expect(lines.sort()).toEqual(["delete: s3://small/gone", "upload: small/changed to s3://small/changed"]);
    await rm(path, { recursive: true });
  });
});
