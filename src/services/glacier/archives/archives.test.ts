import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type TestCloud, testCloud } from "#kernel/testing.ts";
import { openMemoryBlobs } from "#storage/blobs/memory.ts";
import { glacier } from "../service.ts";
import { archiveOf, bytesOf, treeHashOfBytes, upload } from "../testing.ts";
import { MIB } from "./tree-hash.ts";

const vault = { accountId: "-", vaultName: "v" };
const files = new Set<string>();
let nube: TestCloud;
let made = 0;

beforeEach(async () => {
  const blobs = openMemoryBlobs();
  files.clear();
  const counted = {
    ...blobs,
    create(...call: Parameters<typeof blobs.create>) {
      files.add(call[0]);
      return blobs.create(...call);
    },
    remove(id: string) {
      files.delete(id);
      return blobs.remove(id);
    },
  };
  nube = await testCloud([glacier], { blobs: counted, seed: ++made });
  await nube.aws.glacier.CreateVault(vault);
});
afterEach(() => nube.close());

const retrieve = async (archiveId: string, tier = "Expedited") => {
  const jobParameters = { Type: "archive-retrieval", ArchiveId: archiveId, Tier: tier };
  const { jobId } = await nube.aws.glacier.InitiateJob({ ...vault, jobParameters });
  await nube.advance(tier === "Expedited" ? "5m" : "12h");
  return { ...vault, jobId: jobId! };
};

describe.each([1, 70_000, MIB, 2.5 * MIB])("an archive of %i bytes", (size) => {
  const bytes = archiveOf(size);

  test("is returned unchanged", async () => {
    const { archiveId, checksum } = await nube.aws.glacier.UploadArchive({ ...vault, ...upload(bytes) });
    expect(checksum).toBe(treeHashOfBytes(bytes));
    const output = await nube.aws.glacier.GetJobOutput(await retrieve(archiveId!));
    expect((await bytesOf(output.body)).equals(bytes)).toBe(true);
    expect(output.checksum).toBe(checksum);
  });

  test("leaves no data behind after deletion", async () => {
    const { archiveId } = await nube.aws.glacier.UploadArchive({ ...vault, ...upload(bytes) });
    await nube.aws.glacier.DeleteArchive({ ...vault, archiveId: archiveId! });
    await nube.advance("1s");
    expect(files.size).toBe(0);
  });
});

test("an upload with a wrong tree hash is not stored", async () => {
  const { body } = upload(archiveOf(MIB));
  const { checksum } = upload(archiveOf(MIB, 1));
  await expect(nube.aws.glacier.UploadArchive({ ...vault, body, checksum })).rejects.toMatchObject({
    code: "InvalidParameterValueException",
    message: expect.stringContaining("Checksum mismatch: expected"),
  });
  await nube.advance("1s");
  expect(files.size).toBe(0);
});

describe("a deleted archive", () => {
  let archiveId: string;
  const bytes = archiveOf(MIB);
  beforeEach(async () => {
    archiveId = (await nube.aws.glacier.UploadArchive({ ...vault, ...upload(bytes) })).archiveId!;
  });

  test("is available from a completed job until the job expires", async () => {
    const job = await retrieve(archiveId);
    await nube.aws.glacier.DeleteArchive({ ...vault, archiveId });
    await nube.advance("1h");
    expect((await bytesOf((await nube.aws.glacier.GetJobOutput(job)).body)).equals(bytes)).toBe(true);
    await nube.advance("24h");
    await expect(nube.aws.glacier.GetJobOutput(job)).rejects.toMatchObject({
      code: "ResourceNotFoundException",
    });
    expect(files.size).toBe(0);
  });

  test("fails its pending retrieval jobs", async () => {
    const jobParameters = { Type: "archive-retrieval", ArchiveId: archiveId };
    const { jobId } = await nube.aws.glacier.InitiateJob({ ...vault, jobParameters });
    await nube.aws.glacier.DeleteArchive({ ...vault, archiveId });
    await nube.advance("5h");
    const job = await nube.aws.glacier.DescribeJob({ ...vault, jobId: jobId! });
    expect(job).toMatchObject({ Completed: true, StatusCode: "Failed" });
    expect(files.size).toBe(0);
  });

  test("is in the inventory until the next inventory", async () => {
    await nube.advance("24h");
    await nube.aws.glacier.DeleteArchive({ ...vault, archiveId });
    const listed = async () => {
      const jobParameters = { Type: "inventory-retrieval" };
      const { jobId } = await nube.aws.glacier.InitiateJob({ ...vault, jobParameters });
      await nube.advance("5h");
      const { body } = await nube.aws.glacier.GetJobOutput({ ...vault, jobId: jobId! });
      return JSON.parse((await bytesOf(body)).toString()).ArchiveList.length;
    };
    expect(await listed()).toBe(1);
    await nube.advance("24h");
    expect(await listed()).toBe(0);
  });
});

describe("a multipart upload", () => {
  const bytes = archiveOf(2.5 * MIB);
  const begin = async () => {
    const { uploadId } = await nube.aws.glacier.InitiateMultipartUpload({ ...vault, partSize: `${MIB}` });
    return { ...vault, uploadId: uploadId! };
  };
  const send = (to: Awaited<ReturnType<typeof begin>>, part: number) => {
    const piece = bytes.subarray(part * MIB, (part + 1) * MIB);
    const range = `bytes ${part * MIB}-${part * MIB + piece.length - 1}/*`;
    return nube.aws.glacier.UploadMultipartPart({ ...to, ...upload(piece), range });
  };

  test("becomes an archive even if parts arrive in any order and twice", async () => {
    const to = await begin();
    for (const part of [2, 0, 1, 0]) await send(to, part);
    const whole = { ...to, checksum: treeHashOfBytes(bytes), archiveSize: `${bytes.length}` };
    const { archiveId } = await nube.aws.glacier.CompleteMultipartUpload(whole);
    expect(await nube.aws.glacier.CompleteMultipartUpload(whole)).toMatchObject({ archiveId });
    const { body } = await nube.aws.glacier.GetJobOutput(await retrieve(archiveId!));
    expect((await bytesOf(body)).equals(bytes)).toBe(true);
    expect(files.size).toBe(3);
    await nube.advance("48h");
    await nube.aws.glacier.DeleteArchive({ ...vault, archiveId: archiveId! });
    await nube.advance("1s");
    expect(files.size).toBe(0);
  });

  test("leaves no data behind when it is aborted", async () => {
    const to = await begin();
    await send(to, 0);
    await nube.aws.glacier.AbortMultipartUpload(to);
    await nube.advance("1s");
    expect(files.size).toBe(0);
    await expect(send(to, 1)).rejects.toMatchObject({ code: "ResourceNotFoundException" });
  });

  test("expires after a day without a new part", async () => {
    const to = await begin();
    await nube.advance("23h");
    await send(to, 0);
    await nube.advance("23h");
    await send(to, 1);
    await nube.advance("24h");
    await expect(send(to, 2)).rejects.toMatchObject({ code: "ResourceNotFoundException" });
    expect(files.size).toBe(0);
  });

  test("is deleted with its vault", async () => {
    const to = await begin();
    await send(to, 0);
    await nube.aws.glacier.DeleteVault(vault);
    await nube.advance("1s");
    expect(files.size).toBe(0);
  });
});
