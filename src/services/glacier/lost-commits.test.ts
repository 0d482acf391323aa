import { expect, test } from "vitest";
import { INLINE_BYTES } from "#kernel/blobs.ts";
import { testCloud } from "#kernel/testing.ts";
import { countedBlobs } from "#kernel/testing-blobs.ts";
import { testDisk } from "#kernel/testing-disk.ts";
import { glacier } from "./service.ts";
import { archiveOf, upload } from "./testing.ts";

const vault = { accountId: "-", vaultName: "v" };
const MAX_COMMITS = 15;
/** The number of archives whose inventory is large enough to be stored as a file. */
const ARCHIVES = Math.ceil(INLINE_BYTES / 1_024);

test("a failed commit leaves no inventory file behind", async () => {
  let refused = 0;
  for (let commit = 0; commit < MAX_COMMITS; commit++) {
    const disk = testDisk();
    const blobs = countedBlobs();
    const nube = await testCloud([glacier], { store: disk.store, blobs });
    const { glacier: client } = nube.aws;
    await client.CreateVault(vault);
    const archive = { ...upload(archiveOf(1)), archiveDescription: "d".repeat(1_024) };
    for (let n = 0; n < ARCHIVES; n++) await client.UploadArchive({ ...vault, ...archive });
    await nube.advance("24h");
    await client.InitiateJob({ ...vault, jobParameters: { Type: "inventory-retrieval" } });
    const next = disk.groups + commit;
    disk.failing((group) => group === next && ++refused > 0);
    // The failing commit may be that of the clock itself.
    await nube.advance("6h").catch(() => nube.advance("6h"));
    expect([commit, blobs.files.size]).toEqual([commit, 1]);
    await nube.close();
  }
  expect(refused).toBeGreaterThan(2);
});
