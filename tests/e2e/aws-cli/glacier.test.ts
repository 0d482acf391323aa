import { hash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nube, startServer, temporaryFolder } from "../harness.ts";
import { highestMegabytes, ownMegabytes } from "../memory/watch.ts";
import { cli } from "./cli.ts";

const MIB = 1_048_576;
/** Three parts, the last one short. `NUBE_ARCHIVE_MIB=1024` tests a larger archive. */
const SIZE = process.env.NUBE_ARCHIVE_MIB ? Number(process.env.NUBE_ARCHIVE_MIB) * MIB : 5.5 * MIB;
const PART_SIZE = SIZE > 100 * MIB ? 64 * MIB : 2 * MIB;
/** Independent of the size of the archive. */
const MAX_MB = 100;

function treeHash(data: Uint8Array): string {
  let level = Array.from({ length: Math.ceil(data.length / MIB) }, (_, n) =>
    hash("sha256", data.subarray(n * MIB, (n + 1) * MIB), "hex"),
  );
  while (level.length > 1) {
    const pairs = Array.from({ length: Math.ceil(level.length / 2) }, (_, n) =>
      level.slice(2 * n, 2 * n + 2),
    );
    level = pairs.map((pair) =>
      pair.length === 1 ? pair[0]! : hash("sha256", Buffer.from(pair.join(""), "hex"), "hex"),
    );
  }
  return level[0]!;
}

test("an archive is uploaded in parts and retrieved", { timeout: 900_000 }, async ({ annotate }) => {
  const folder = await temporaryFolder();
  const data = join(folder, "data");
  const server = await startServer("--data", data);
  const aws = cli(server, folder);
  const on = ["--account-id", "-", "--vault-name", "photos"];
  const call = (operation: string, ...more: string[]) => aws.json("glacier", operation, ...on, ...more);
  const archive = Buffer.alloc(SIZE);
  for (let at = 0; at < SIZE; at += MIB) archive.write(hash("sha512", `${at}`, "hex"), at);

  expect(await call("create-vault")).toEqual({ location: "/000000000000/vaults/photos" });
  const { uploadId } = await call(
    "initiate-multipart-upload",
    ...["--part-size", `${PART_SIZE}`, "--archive-description", "all of them"],
  );
  const watched = <T>(work: Promise<T>) => watchedAt(server.process.pid!, work, annotate);
  async function sendParts() {
    for (let at = 0; at < SIZE; at += PART_SIZE) {
      const part = archive.subarray(at, at + PART_SIZE);
      await writeFile(join(folder, "part"), part);
      const range = `bytes ${at}-${at + part.length - 1}/*`;
      const sent = await call(
        "upload-multipart-part",
        "--upload-id",
        uploadId,
        "--body",
        "part",
        "--range",
        range,
      );
      expect(sent.checksum).toBe(treeHash(part));
    }
  }
  await watched(sendParts());
  const { archiveId } = await watched(
    call(
      "complete-multipart-upload",
      ...["--upload-id", uploadId, "--archive-size", `${SIZE}`, "--checksum", treeHash(archive)],
    ),
  );

  const parameters = JSON.stringify({ Type: "archive-retrieval", ArchiveId: archiveId, Tier: "Expedited" });
  const { jobId } = await call("initiate-job", "--job-parameters", parameters);
  const early = await aws.refused("glacier", "get-job-output", ...on, "--job-id", jobId, "back");
  expect(early).toContain("(InvalidParameterValueException)");
  expect((await nube("clock", "advance", "5m", "--data", data)).code).toBe(0);
  const output = await watched(call("get-job-output", "--job-id", jobId, "back"));
  expect(output).toMatchObject({
    status: 200,
    checksum: treeHash(archive),
    archiveDescription: "all of them",
  });
  expect((await readFile(join(folder, "back"))).equals(archive)).toBe(true);

  expect((await nube("clock", "advance", "24h", "--data", data)).code).toBe(0);
  expect(await call("describe-vault")).toMatchObject({ NumberOfArchives: 1, SizeInBytes: SIZE + 32_768 });
});

async function watchedAt<T>(pid: number, work: Promise<T>, annotate: (text: string) => unknown): Promise<T> {
  if (process.platform !== "linux") return work;
  const before = await ownMegabytes(pid);
  const more = (await highestMegabytes(pid, work)) - before;
  await annotate(`${Math.round(more)} MB more`);
  expect(more).toBeLessThan(MAX_MB);
  return work;
}
