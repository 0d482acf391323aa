import {
  DeleteArchiveCommand,
  DescribeJobCommand,
  type JobParameters,
  ListJobsCommand,
} from "@aws-sdk/client-glacier";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { bytes, glacierOf, HOUR, MIB, MINUTE, page, treeHash } from "./glacier.ts";

const cloud = conformanceCloud();
const { client, vault, upload, job, output } = glacierOf(cloud);
const invalid = { name: "InvalidParameterValueException", $metadata: { httpStatusCode: 400 } };
const arn = (name: string) => `arn:aws:glacier:us-east-1:000000000000:vaults/${name}`;

const expedited = (ArchiveId: string, more: JobParameters = {}): JobParameters => ({
  Type: "archive-retrieval",
  ArchiveId,
  Tier: "Expedited",
  ...more,
});
const describeJob = (of: Awaited<ReturnType<typeof job>>) => client().send(new DescribeJobCommand(of));

/** Creates a vault with one archive. */
async function stored(body = bytes(10), description?: string) {
  const on = await vault();
  return { on, body, archiveId: await upload(on, body, description) };
}

/** Completes a retrieval of an archive. */
async function retrieved(body: Uint8Array, more: JobParameters = {}) {
  const { on, archiveId } = await stored(Buffer.from(body), "the description");
  const of = await job(on, expedited(archiveId, more));
  await cloud.advance(5 * MINUTE);
  return of;
}

behaviour("InitiateJob returns the job's ID and path", page("api-initiate-job-post"), async () => {
  const { on, archiveId } = await stored();
  const { jobId } = await job(on, expedited(archiveId));
  expect(jobId).toMatch(/^[\w-]{92}$/);
});

behaviour("DescribeJob describes a retrieval in progress", page("api-describe-job-get"), async () => {
  const { on, archiveId, body } = await stored(bytes(2 * MIB));
  const of = await job(on, {
    Type: "archive-retrieval",
    ArchiveId: archiveId,
    Description: "My ArchiveRetrieval Job",
    SNSTopic: "arn:aws:sns:us-east-1:000000000000:mytopic",
    Tier: "Bulk",
  });
  const jobDescription = await describeJob(of);
  expect(jobDescription).toMatchObject({
    Action: "ArchiveRetrieval",
    ArchiveId: archiveId,
    ArchiveSizeInBytes: 2 * MIB,
    ArchiveSHA256TreeHash: treeHash(body),
    SHA256TreeHash: treeHash(body),
    Completed: false,
    CreationDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*\.\d{3}Z$/),
    JobDescription: "My ArchiveRetrieval Job",
    JobId: of.jobId,
    RetrievalByteRange: `0-${2 * MIB - 1}`,
    SNSTopic: "arn:aws:sns:us-east-1:000000000000:mytopic",
    StatusCode: "InProgress",
    Tier: "Bulk",
    VaultARN: arn(on.vaultName),
  });
  for (const member of ["CompletionDate", "InventorySizeInBytes", "InventoryRetrievalParameters"])
    expect(jobDescription).not.toHaveProperty(member);
});

behaviour("DescribeJob describes a completed retrieval", page("api-describe-job-get"), async () => {
  const jobDescription = await describeJob(await retrieved(bytes(10)));
  expect(jobDescription).toMatchObject({
    Completed: true,
    StatusCode: "Succeeded",
    StatusMessage: "Succeeded",
  });
  expect(jobDescription.CompletionDate! > jobDescription.CreationDate!).toBe(true);
});

for (const [tier, soonest, latest] of [
  ["Expedited", MINUTE, 5 * MINUTE],
  ["Standard", 3 * HOUR, 5 * HOUR],
  ["Bulk", 5 * HOUR, 12 * HOUR],
  [undefined, 3 * HOUR, 5 * HOUR],
] as const) {
  behaviour(
    `${tier ? `a ${tier} retrieval` : "a retrieval without a tier"} takes ${soonest / MINUTE} to ${latest / MINUTE} minutes`,
    page("downloading-an-archive-two-steps"),
    async () => {
      const { on, archiveId } = await stored();
      const of = await job(on, { Type: "archive-retrieval", ArchiveId: archiveId, Tier: tier });
      await cloud.advance(soonest - 1_000);
      expect(await describeJob(of)).toMatchObject({ Completed: false, Tier: tier ?? "Standard" });
      await cloud.advance(latest - soonest + 1_000);
      expect(await describeJob(of)).toMatchObject({ Completed: true });
    },
  );
}

behaviour("the output of a job in progress is not available", page("api-job-output-get"), async () => {
  const { on, archiveId } = await stored();
  const of = await job(on, expedited(archiveId));
  await expect(output(of)).rejects.toMatchObject({
    ...invalid,
    message: `The job is not currently available for download: ${of.jobId}`,
  });
});

behaviour(
  "GetJobOutput returns the archive with its length, tree hash and description",
  page("api-job-output-get"),
  async () => {
    const body = bytes(3.5 * MIB);
    const answer = await output(await retrieved(body));
    expect(answer.body.equals(body)).toBe(true);
    expect(answer).toMatchObject({
      status: 200,
      checksum: treeHash(body),
      contentType: "application/octet-stream",
      acceptRanges: "bytes",
      archiveDescription: "the description",
      $metadata: { httpStatusCode: 200 },
    });
    expect(answer.contentRange).toBeUndefined();
  },
);

for (const [range, start, end, isNode] of [
  ["bytes=0-1023", 0, 1_024, false],
  [`bytes=0-${MIB - 1}`, 0, MIB, true],
  [`bytes=${MIB}-${2 * MIB - 1}`, MIB, 2 * MIB, true],
  [`bytes=${MIB}-${3 * MIB - 1}`, MIB, 3 * MIB, false],
  [`bytes=${2 * MIB}-${3.5 * MIB - 1}`, 2 * MIB, 3.5 * MIB, true],
  [`bytes=0-${3.5 * MIB - 1}`, 0, 3.5 * MIB, true],
] as const) {
  behaviour(
    `GetJobOutput of ${range} ${isNode ? "has" : "has no"} tree hash`,
    page("checksum-calculations-range"),
    async () => {
      const body = bytes(3.5 * MIB);
      const answer = await output(await retrieved(body), range);
      expect(answer.body.equals(body.subarray(start, end))).toBe(true);
      expect(answer).toMatchObject({
        status: 206,
        contentRange: `bytes ${start}-${end - 1}/${3.5 * MIB}`,
        $metadata: { httpStatusCode: 206 },
      });
      expect(answer.checksum).toBe(isNode ? treeHash(body.subarray(start, end)) : undefined);
    },
  );
}

for (const range of ["bytes=10-20", "bytes=5-4", "0-4", "bytes=-1"]) {
  behaviour(`GetJobOutput refuses the range ${range} of ten bytes`, page("api-job-output-get"), async () => {
    await expect(output(await retrieved(bytes(10)), range)).rejects.toMatchObject(invalid);
  });
}

for (const [range, isNode] of [
  [`0-${MIB - 1}`, true],
  [`${2 * MIB}-${4 * MIB - 1}`, true],
  [`${MIB}-${4 * MIB - 1}`, false],
  [`${4 * MIB}-${4.5 * MIB - 1}`, true],
] as const) {
  behaviour(
    `a retrieval of ${range} ${isNode ? "has" : "has no"} tree hash`,
    page("api-describe-job-get"),
    async () => {
      const body = bytes(4.5 * MIB);
      const [first, last] = range.split("-").map(Number) as [number, number];
      const of = await retrieved(body, { RetrievalByteRange: range });
      const part = body.subarray(first, last + 1);
      const expected = isNode ? treeHash(part) : undefined;
      const jobDescription = await describeJob(of);
      expect(jobDescription).toMatchObject({
        RetrievalByteRange: range,
        ArchiveSHA256TreeHash: treeHash(body),
      });
      expect(jobDescription.SHA256TreeHash).toBe(expected);
      const answer = await output(of);
      expect(answer.body.equals(part)).toBe(true);
      expect(answer.checksum).toBe(expected);
    },
  );
}

behaviour(
  "a range of the output is relative to the retrieved range",
  page("api-job-output-get"),
  async () => {
    const body = bytes(4 * MIB);
    const of = await retrieved(body, { RetrievalByteRange: `${2 * MIB}-${4 * MIB - 1}` });
    const answer = await output(of, `bytes=0-${MIB - 1}`);
    expect(answer.contentRange).toBe(`bytes 0-${MIB - 1}/${2 * MIB}`);
    expect(answer.body.equals(body.subarray(2 * MIB, 3 * MIB))).toBe(true);
    expect(answer.checksum).toBe(treeHash(body.subarray(2 * MIB, 3 * MIB)));
  },
);

for (const range of [
  "1-1048575",
  "0-1048574",
  `0-${2 * MIB}`,
  "1048576-0",
  "all",
  `${2 * MIB}-${3 * MIB - 1}`,
]) {
  behaviour(
    `a retrieval of ${range}, not aligned or out of bounds, is refused`,
    page("api-initiate-job-post"),
    async () => {
      const { on, archiveId } = await stored(bytes(2 * MIB));
      await expect(job(on, expedited(archiveId, { RetrievalByteRange: range }))).rejects.toMatchObject(
        invalid,
      );
    },
  );
}

for (const [what, parameters, name] of [
  ["no type", {}, "MissingParameterValueException"],
  ["an unknown type", { Type: "burn" }, "InvalidParameterValueException"],
  ["no archive", { Type: "archive-retrieval" }, "MissingParameterValueException"],
  [
    "an unknown tier",
    { Type: "archive-retrieval", ArchiveId: "a", Tier: "Now" },
    "InvalidParameterValueException",
  ],
  ["an unknown format", { Type: "inventory-retrieval", Format: "XML" }, "InvalidParameterValueException"],
  [
    "an archive ID for an inventory",
    { Type: "inventory-retrieval", ArchiveId: "a" },
    "InvalidParameterValueException",
  ],
  ["a missing archive", { Type: "archive-retrieval", ArchiveId: "a" }, "ResourceNotFoundException"],
  [
    "an invalid topic",
    { Type: "archive-retrieval", ArchiveId: "a", SNSTopic: "mytopic" },
    "InvalidParameterValueException",
  ],
  [
    "a description of 1,025 characters",
    { Type: "archive-retrieval", ArchiveId: "a", Description: "x".repeat(1_025) },
    "InvalidParameterValueException",
  ],
  ["a query", { Type: "select", ArchiveId: "a" }, "NoLongerSupportedException"],
] as const) {
  behaviour(`InitiateJob refuses ${what}`, page("api-jobParameters"), async () => {
    await expect(job(await vault(), parameters)).rejects.toMatchObject({ name });
  });
}

behaviour(
  "DescribeJob of a missing job answers 404 with the job's ID",
  page("api-error-responses"),
  async () => {
    const of = { ...(await vault()), jobId: "no-such-job" };
    for (const operation of [describeJob, output]) {
      await expect(operation(of)).rejects.toMatchObject({
        name: "ResourceNotFoundException",
        message: "The job ID was not found: no-such-job",
        code: "ResourceNotFoundException",
        type: "Client",
        $metadata: { httpStatusCode: 404 },
      });
    }
  },
);

behaviour("a completed job is kept for 24 hours", page("api-job-output-get"), async () => {
  const { on, archiveId } = await stored();
  const of = await job(on, expedited(archiveId));
  await cloud.advance(23 * HOUR);
  await cloud.advance(30 * MINUTE);
  expect((await output(of)).body).toHaveLength(10);
  await cloud.advance(HOUR);
  await expect(describeJob(of)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  expect((await client().send(new ListJobsCommand(on))).JobList).toEqual([]);
});

behaviour(
  "an archive that is deleted after its retrieval can still be downloaded",
  page("deleting-an-archive"),
  async () => {
    const { on, archiveId, body } = await stored(bytes(MIB));
    const of = await job(on, expedited(archiveId));
    await cloud.advance(5 * MINUTE);
    await client().send(new DeleteArchiveCommand({ ...on, archiveId }));
    await cloud.advance(HOUR);
    expect((await output(of)).body.equals(body)).toBe(true);
  },
);

/** Creates three jobs of a vault: one completed, two in progress. */
async function threeJobs() {
  const { on, archiveId } = await stored();
  const done = await job(on, expedited(archiveId));
  await cloud.advance(5 * MINUTE);
  const slow = await job(on, { Type: "archive-retrieval", ArchiveId: archiveId, Tier: "Bulk" });
  const slower = await job(on, { Type: "archive-retrieval", ArchiveId: archiveId, Tier: "Bulk" });
  return { on, ids: [done, slow, slower].map((one) => one.jobId) };
}

behaviour("ListJobs returns the same descriptions as DescribeJob", page("api-jobs-get"), async () => {
  const { on, ids } = await threeJobs();
  const { JobList, Marker } = await client().send(new ListJobsCommand(on));
  expect(JobList!.map((one) => one.JobId)).toEqual(ids);
  const { $metadata: _, ...jobDescription } = await describeJob({ ...on, jobId: ids[0]! });
  expect(JobList![0]).toEqual(jobDescription);
  expect(Marker).toBeUndefined();
});

for (const [filter, wanted] of [
  [{ statuscode: "Succeeded" }, [0]],
  [{ statuscode: "InProgress" }, [1, 2]],
  [{ statuscode: "Failed" }, []],
  [{ completed: "true" }, [0]],
  [{ completed: "false" }, [1, 2]],
  [{ completed: "false", statuscode: "Succeeded" }, []],
] as const) {
  behaviour(`ListJobs filters by ${JSON.stringify(filter)}`, page("api-jobs-get"), async () => {
    const { on, ids } = await threeJobs();
    const { JobList } = await client().send(new ListJobsCommand({ ...on, ...filter }));
    expect(JobList!.map((one) => one.JobId)).toEqual(wanted.map((n) => ids[n]));
  });
}

behaviour("ListJobs continues at its marker", page("api-jobs-get"), async () => {
  const { on, ids } = await threeJobs();
  const first = await client().send(new ListJobsCommand({ ...on, limit: 2 }));
  const second = await client().send(new ListJobsCommand({ ...on, limit: 2, marker: first.Marker }));
  expect([...first.JobList!, ...second.JobList!].map((one) => one.JobId)).toEqual(ids);
  expect(second.Marker).toBeUndefined();
});

behaviour("ListJobs refuses an unknown status and names it", page("api-error-responses"), async () => {
  const on = await vault();
  await expect(client().send(new ListJobsCommand({ ...on, statuscode: "finished" }))).rejects.toMatchObject({
    ...invalid,
    message: "The job status code is not valid: finished",
  });
});

for (const input of [{ limit: 0 }, { limit: 51 }, { completed: "maybe" }, { marker: "somewhere" }]) {
  behaviour(`ListJobs refuses ${JSON.stringify(input)}`, page("api-jobs-get"), async () => {
    const on = await vault();
    await expect(client().send(new ListJobsCommand({ ...on, ...input }))).rejects.toMatchObject(invalid);
  });
}
