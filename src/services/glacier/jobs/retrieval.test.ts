import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Principal, rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { defineService } from "#kernel/service.ts";
import { TEST_PLACE, type TestCloud, testCloud } from "#kernel/testing.ts";
import { MIB } from "../archives/tree-hash.ts";
import { glacier } from "../service.ts";
import { archiveOf, bytesOf, treeHashOfBytes, upload } from "../testing.ts";

const vault = { accountId: "-", vaultName: "v" };
const arn = "arn:aws:glacier:us-east-1:000000000000:vaults/v";
const topic = (name: string) => `arn:aws:sns:us-east-1:000000000000:${name}`;

let nube: TestCloud;
let published: { topic: string | undefined; message: string; by: Principal }[];
let isSnsDown: boolean;

/** A stub of SNS that records what is published. */
const sns = defineService({
  id: "sns",
  operations: [
    {
      async Publish(ctx: Context, { TopicArn, Message }) {
        if (isSnsDown) throw new Error("down");
        published.push({ topic: TopicArn, message: Message, by: ctx.principal });
        return { MessageId: "1" };
      },
    },
  ],
  access: { Publish: () => [] },
});

beforeEach(async () => {
  published = [];
  isSnsDown = false;
  nube = await testCloud([glacier, sns]);
  await nube.aws.glacier.CreateVault(vault);
});
afterEach(() => nube.close());

const initiate = async (jobParameters: object) => {
  const { jobId } = await nube.aws.glacier.InitiateJob({ ...vault, jobParameters });
  return { ...vault, jobId: jobId! };
};

describe("a range of a multipart archive", () => {
  const bytes = archiveOf(6.5 * MIB);
  let archiveId: string;
  beforeEach(async () => {
    const { uploadId } = await nube.aws.glacier.InitiateMultipartUpload({ ...vault, partSize: `${2 * MIB}` });
    const to = { ...vault, uploadId: uploadId! };
    for (let at = 0; at < bytes.length; at += 2 * MIB) {
      const piece = bytes.subarray(at, at + 2 * MIB);
      const range = `bytes ${at}-${at + piece.length - 1}/*`;
      await nube.aws.glacier.UploadMultipartPart({ ...to, ...upload(piece), range });
    }
    const whole = { checksum: treeHashOfBytes(bytes), archiveSize: `${bytes.length}` };
    archiveId = (await nube.aws.glacier.CompleteMultipartUpload({ ...to, ...whole })).archiveId!;
  });

  // [first MiB, end in MiB (exclusive), whether it is a node of the tree]
  test.each([
    [0, 1, true],
    [1, 2, true],
    [0, 2, true],
    [1, 3, false],
    [0, 4, true],
    [4, 6, true],
    [4, 6.5, true],
    [6, 6.5, true],
    [3, 6.5, false],
    [0, 6.5, true],
  ])("from MiB %f to %f", async (first, behind, aligned) => {
    const [start, end] = [first * MIB, behind * MIB];
    const job = await initiate({
      Type: "archive-retrieval",
      ArchiveId: archiveId,
      RetrievalByteRange: `${start}-${end - 1}`,
      Tier: "Expedited",
    });
    await nube.advance("5m");
    const expected = aligned ? treeHashOfBytes(bytes.subarray(start, end)) : undefined;
    const described = await nube.aws.glacier.DescribeJob(job);
    expect(described.SHA256TreeHash).toBe(expected);
    const output = await nube.aws.glacier.GetJobOutput(job);
    expect(output.checksum).toBe(expected);
    expect((await bytesOf(output.body)).equals(bytes.subarray(start, end))).toBe(true);
    const part = await nube.aws.glacier.GetJobOutput({ ...job, range: "bytes=5-10" });
    expect(part).toMatchObject({ status: 206, contentRange: `bytes 5-10/${end - start}` });
    expect(part.checksum).toBeUndefined();
    expect((await bytesOf(part.body)).equals(bytes.subarray(start + 5, start + 11))).toBe(true);
  });
});

describe("a notification", () => {
  let archiveId: string;
  beforeEach(async () => {
    archiveId = (await nube.aws.glacier.UploadArchive({ ...vault, ...upload(archiveOf(10)) })).archiveId!;
  });
  const retrieval = () => ({ Type: "archive-retrieval", ArchiveId: archiveId, Tier: "Expedited" });

  test("is sent to the topics of the job and of the vault with DescribeJob's description", async () => {
    const vaultNotificationConfig = { SNSTopic: topic("all"), Events: ["ArchiveRetrievalCompleted"] };
    await nube.aws.glacier.SetVaultNotifications({ ...vault, vaultNotificationConfig });
    const job = await initiate({ ...retrieval(), SNSTopic: topic("one") });
    expect(published).toEqual([]);
    await nube.advance("5m");
    expect(published.map((one) => one.topic).sort()).toEqual([topic("all"), topic("one")]);
    const described = await nube.aws.glacier.DescribeJob(job);
    for (const { message, by } of published) {
      expect(JSON.parse(message)).toMatchObject({ ...described, InventorySizeInBytes: null });
      expect(by).toMatchObject({ type: "service", id: "glacier.amazonaws.com", sourceArn: arn });
    }
  });

  test("is not sent for an event that the vault has not enabled", async () => {
    const vaultNotificationConfig = { SNSTopic: topic("all"), Events: ["InventoryRetrievalCompleted"] };
    await nube.aws.glacier.SetVaultNotifications({ ...vault, vaultNotificationConfig });
    await initiate(retrieval());
    await nube.advance("5m");
    expect(published).toEqual([]);
  });

  test("is sent once its deleted topic exists again", async () => {
    await initiate({ ...retrieval(), SNSTopic: topic("one") });
    isSnsDown = true;
    await nube.advance("5m");
    expect(published).toEqual([]);
    isSnsDown = false;
    await nube.advance("10m");
    expect(published).toHaveLength(1);
  });
});

describe("an inventory of several pages", () => {
  const count = 2_100;
  beforeEach(async () => {
    const one = archiveOf(1);
    for (let n = 0; n < count; n++) {
      await nube.aws.glacier.UploadArchive({ ...vault, ...upload(one), archiveDescription: `${n}` });
    }
    await nube.advance("24h");
  });

  test("is complete in one or several retrievals", async () => {
    const descriptions = async (InventoryRetrievalParameters: object) => {
      const job = await initiate({ Type: "inventory-retrieval", InventoryRetrievalParameters });
      await nube.advance("5h");
      const { body } = await nube.aws.glacier.GetJobOutput(job);
      const list = JSON.parse((await bytesOf(body)).toString()).ArchiveList;
      const { InventoryRetrievalParameters: told } = await nube.aws.glacier.DescribeJob(job);
      return {
        list: list.map((one: { ArchiveDescription: string }) => one.ArchiveDescription),
        next: told!.Marker,
      };
    };
    const all = Array.from({ length: count }, (_, n) => `${n}`);
    expect(await descriptions({})).toEqual({ list: all, next: undefined });
    const found: string[] = [];
    for (let Marker: string | undefined; ; ) {
      const { list, next } = await descriptions({ Limit: "1000", ...(Marker && { Marker }) });
      found.push(...list);
      if (!next) break;
      Marker = next;
    }
    expect(found).toEqual(all);
    expect((await descriptions({ Limit: `${count}` })).next).toBeUndefined();
  });
});

describe("authorization", () => {
  const other = rootOf("111111111111");

  test("another account has access only through the vault policy", async () => {
    const theirs = nube.as(other);
    const read = () => theirs.glacier.DescribeVault({ ...vault, accountId: TEST_PLACE.account });
    await expect(read()).rejects.toMatchObject({ status: 403 });
    const statement = { Effect: "Allow", Principal: "*", Action: "glacier:*", Resource: arn };
    const policy = { Policy: JSON.stringify({ Version: "2012-10-17", Statement: [statement] }) };
    await nube.aws.glacier.SetVaultAccessPolicy({ ...vault, policy });
    expect(await read()).toMatchObject({ VaultARN: arn });
    await expect(theirs.glacier.DescribeVault(vault)).rejects.toMatchObject({
      code: "ResourceNotFoundException",
    });
  });

  test("a lock policy applies in addition to the vault policy, with archive age and vault tags", async () => {
    const { archiveId } = await nube.aws.glacier.UploadArchive({ ...vault, ...upload(archiveOf(1)) });
    const said = { Principal: "*", Action: "glacier:DeleteArchive", Resource: arn };
    const policy = (statement: object) => ({
      Policy: JSON.stringify({ Version: "2012-10-17", Statement: statement }),
    });
    await nube.aws.glacier.SetVaultAccessPolicy({ ...vault, policy: policy({ ...said, Effect: "Allow" }) });
    const Condition = {
      NumericLessThan: { "glacier:ArchiveAgeInDays": "365" },
      StringEquals: { "glacier:ResourceTag/hold": "true" },
    };
    await nube.aws.glacier.InitiateVaultLock({
      ...vault,
      policy: policy({ ...said, Effect: "Deny", Condition }),
    });
    await nube.aws.glacier.AddTagsToVault({ ...vault, Tags: { hold: "true" } });
    await nube.advance("23h");
    const remove = () =>
      nube
        .as(other)
        .glacier.DeleteArchive({ ...vault, accountId: TEST_PLACE.account, archiveId: archiveId! });
    await expect(remove()).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining("explicit deny"),
    });
    await nube.advance("1h");
    await remove();
  });

  test("every operation declares its IAM action", () => {
    expect([...glacier.access.keys()].sort()).toEqual([...glacier.operations.keys()].sort());
    expect([...glacier.operations.keys()].sort()).toEqual([...glacier.contract.operationNames].sort());
  });
});
