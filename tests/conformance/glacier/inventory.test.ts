import { DescribeJobCommand, type JobParameters } from "@aws-sdk/client-glacier";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { bytes, DAY, glacierOf, HOUR, page, treeHash } from "./glacier.ts";

const cloud = conformanceCloud();
const { client, vault, upload, job, output } = glacierOf(cloud);
const invalid = { name: "InvalidParameterValueException", $metadata: { httpStatusCode: 400 } };
const arn = (name: string) => `arn:aws:glacier:us-east-1:000000000000:vaults/${name}`;
const describeJob = (of: Awaited<ReturnType<typeof job>>) => client().send(new DescribeJobCommand(of));

const inventory = (more: JobParameters = {}): JobParameters => ({ Type: "inventory-retrieval", ...more });

/** Creates a vault with an inventory of archives that were uploaded an hour apart. */
async function inventoried(descriptions: string[]) {
  const on = await vault();
  const ids: string[] = [];
  for (const description of descriptions) {
    ids.push(await upload(on, bytes(20), description));
    await cloud.advance(HOUR);
  }
  await cloud.advance(DAY);
  return { on, ids };
}

async function inventoryOf(on: { vaultName: string }, more: JobParameters = {}) {
  const of = await job(on, inventory(more));
  await cloud.advance(5 * HOUR);
  const answer = await output(of);
  return { of, answer, text: answer.body.toString() };
}

behaviour("a vault without an inventory has none to retrieve", page("vault-inventory"), async () => {
  const on = await vault();
  await upload(on);
  await expect(job(on, inventory())).rejects.toMatchObject({
    name: "ResourceNotFoundException",
    message: `Inventory retrieval jobs for vault ${arn(on.vaultName)} cannot be initiated yet, as Amazon Glacier has not yet generated an initial inventory for this vault.`,
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour(
  "an inventory lists archives with description, date, size and tree hash",
  page("api-job-output-get"),
  async () => {
    const { on, ids } = await inventoried(["my archive1", ""]);
    const { answer, text } = await inventoryOf(on);
    expect(answer).toMatchObject({ status: 200, contentType: "application/json" });
    expect(answer.checksum).toBeUndefined();
    const seconds = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    const entry = { CreationDate: seconds, Size: 20, SHA256TreeHash: treeHash(bytes(20)) };
    expect(JSON.parse(text)).toEqual({
      VaultARN: arn(on.vaultName),
      InventoryDate: seconds,
      ArchiveList: [
        { ...entry, ArchiveId: ids[0], ArchiveDescription: "my archive1" },
        { ...entry, ArchiveId: ids[1], ArchiveDescription: "" },
      ],
    });
  },
);

behaviour("archives uploaded after the last inventory are not in it", page("vault-inventory"), async () => {
  const { on, ids } = await inventoried(["first"]);
  await upload(on);
  const { text } = await inventoryOf(on);
  expect(JSON.parse(text).ArchiveList.map((one: { ArchiveId: string }) => one.ArchiveId)).toEqual(ids);
});

behaviour("an inventory can be retrieved as quoted CSV", page("api-job-output-get"), async () => {
  const { on } = await inventoried(["my archive description,1", 'my archive description,1"2', "plain"]);
  const { answer, text } = await inventoryOf(on, { Format: "CSV" });
  expect(answer.contentType).toBe("text/csv");
  const lines = text.trimEnd().split(/\r?\n/);
  expect(lines[0]).toBe("ArchiveId,ArchiveDescription,CreationDate,Size,SHA256TreeHash");
  expect(lines[1]).toContain(',"my archive description,1",');
  expect(lines[2]).toContain(',"my archive description,1\\"2",');
  expect(lines[3]).toMatch(new RegExp(`^[\\w-]{138},plain,[^,]+Z,20,${treeHash(bytes(20))}$`));
});

behaviour(
  "DescribeJob returns the size and format of an inventory",
  page("api-describe-job-get"),
  async () => {
    const { on } = await inventoried(["a"]);
    const { of, answer } = await inventoryOf(on);
    const described = await describeJob(of);
    expect(described).toMatchObject({
      Action: "InventoryRetrieval",
      InventorySizeInBytes: answer.body.length,
      InventoryRetrievalParameters: { Format: "JSON" },
      StatusCode: "Succeeded",
    });
    for (const member of ["ArchiveId", "ArchiveSizeInBytes", "RetrievalByteRange", "SHA256TreeHash"])
      expect(described).not.toHaveProperty(member);
  },
);

behaviour("an inventory can be downloaded in ranges", page("api-job-output-get"), async () => {
  const { on } = await inventoried(["a"]);
  const { of, text } = await inventoryOf(on);
  const answer = await output(of, "bytes=0-9");
  expect(answer.body.toString()).toBe(text.slice(0, 10));
  expect(answer.contentRange).toBe(`bytes 0-9/${text.length}`);
});

const listed = async (
  on: { vaultName: string },
  parameters: JobParameters["InventoryRetrievalParameters"],
) => {
  const { of, text } = await inventoryOf(on, { InventoryRetrievalParameters: parameters });
  const list: { ArchiveDescription: string; CreationDate: string }[] = JSON.parse(text).ArchiveList;
  const { InventoryRetrievalParameters: described } = await describeJob(of);
  return { list, names: list.map((one) => one.ArchiveDescription), described: described! };
};

behaviour(
  "dates limit an inventory: the start is inclusive, the end exclusive",
  page("api-initiate-job-post"),
  async () => {
    const { on } = await inventoried(["a", "b", "c"]);
    const { list } = await listed(on, {});
    const [, StartDate, EndDate] = list.map((one) => one.CreationDate);
    // The dates of archives are truncated to seconds, but they were created some milliseconds later.
    expect((await listed(on, { StartDate })).names).toEqual(["b", "c"]);
    expect((await listed(on, { EndDate })).names).toEqual(["a", "b"]);
    const both = await listed(on, { StartDate, EndDate });
    expect(both.names).toEqual(["b"]);
    expect(both.described).toMatchObject({ StartDate, EndDate });
  },
);

behaviour(
  "a limit pages an inventory, and DescribeJob returns the marker",
  page("api-initiate-job-post"),
  async () => {
    const { on } = await inventoried(["a", "b", "c"]);
    const first = await listed(on, { Limit: "2" });
    expect(first.names).toEqual(["a", "b"]);
    expect(first.described).toMatchObject({ Limit: "2", Marker: expect.any(String) });
    const second = await listed(on, { Limit: "2", Marker: first.described.Marker });
    expect(second.names).toEqual(["c"]);
    expect(second.described.Marker).toBeUndefined();
  },
);

behaviour(
  "a page of an inventory is the last one if only filtered archives follow",
  page("api-initiate-job-post"),
  async () => {
    const { on } = await inventoried(["a"]);
    for (let sent = 0; sent < 1_001; sent += 77)
      await Promise.all(Array.from({ length: 77 }, () => upload(on)));
    await cloud.advance(DAY);
    const EndDate = (await listed(on, {})).list[1]!.CreationDate;
    const { names, described } = await listed(on, { Limit: "1", EndDate });
    expect(names).toEqual(["a"]);
    expect(described.Marker).toBeUndefined();
  },
);

for (const InventoryRetrievalParameters of [
  { StartDate: "yesterday" },
  { EndDate: "2013-13-45T00:00:00Z" },
  { Limit: "0" },
  { Limit: "many" },
  { Marker: "somewhere" },
]) {
  behaviour(
    `an inventory of ${JSON.stringify(InventoryRetrievalParameters)} is refused`,
    page("api-jobParameters"),
    async () => {
      const on = await vault();
      await expect(job(on, inventory({ InventoryRetrievalParameters }))).rejects.toMatchObject(invalid);
    },
  );
}
