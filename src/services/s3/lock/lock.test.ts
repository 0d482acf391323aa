import { describe, expect, test } from "vitest";
import type { Input } from "#kernel/service.ts";
import { TEST_START } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { overHttp, withBucket } from "../objects/testing.ts";
import { canChange, isProtected, type Mode, retentionFrom } from "./retention.ts";

const DAY = 86_400_000;
const Bucket = "locked";
const at = { Bucket, Key: "k" };
const inDays = (days: number) => new Date(TEST_START + days * DAY);
const LOCKED = { code: "AccessDenied", message: "Access Denied because object protected by object lock." };

async function withLock(defaultRetention?: { Mode: Mode; Days?: number; Years?: number }) {
  const given = await withBucket();
  await given.s3.CreateBucket({ Bucket, ObjectLockEnabledForBucket: true });
  if (defaultRetention) {
    await given.s3.PutObjectLockConfiguration({
      Bucket,
      ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention: defaultRetention } },
    });
  }
  return given;
}

const retained = (Mode: Mode, days: number) => ({
  ...at,
  ObjectLockMode: Mode,
  ObjectLockRetainUntilDate: inDays(days).toISOString(),
});

describe("protection", () => {
  const now = 1_000;
  const until = (mode: Mode, time: number) => ({ retention: { mode, until: time } });

  test.each([
    [{}, false, false],
    [until("GOVERNANCE", 1_001), true, false],
    [until("GOVERNANCE", 1_000), false, false],
    [until("COMPLIANCE", 1_001), true, true],
    [{ legalHold: "ON" }, true, true],
    [{ legalHold: "OFF" }, false, false],
  ] as const)("%o: %s, with bypass %s", (lock, plain, bypassing) => {
    expect(isProtected(lock, now)).toBe(plain);
    expect(isProtected(lock, now, true)).toBe(bypassing);
  });

  test.each([
    ["GOVERNANCE", 10, "GOVERNANCE", 11, true, true],
    ["GOVERNANCE", 10, "GOVERNANCE", 9, false, true],
    ["GOVERNANCE", 10, "COMPLIANCE", 11, false, true],
    ["GOVERNANCE", 10, undefined, 0, false, true],
    ["COMPLIANCE", 10, "COMPLIANCE", 11, true, true],
    ["COMPLIANCE", 10, "COMPLIANCE", 9, false, false],
    ["COMPLIANCE", 10, "GOVERNANCE", 11, false, false],
    ["COMPLIANCE", 10, undefined, 0, false, false],
    ["COMPLIANCE", 4, undefined, 0, true, true],
  ] as const)("from %s %i to %s %i: %s, with bypass %s", (from, end, to, later, plain, bypassing) => {
    const change = (bypass: boolean) =>
      canChange({ mode: from, until: end }, to && { mode: to, until: later }, 5, bypass);
    expect([change(false), change(true)]).toEqual([plain, bypassing]);
  });

  test("a default retention of one year is 365 days", () => {
    expect(retentionFrom({ mode: "GOVERNANCE", years: 1 }, 0).until).toBe(365 * DAY);
  });
});

test("a default retention locks new objects until it ends", async () => {
  const { s3, advance, close } = await withLock({ Mode: "COMPLIANCE", Days: 2 });
  const { VersionId } = await s3.PutObject({ ...at, Body: bodyOf("x") });
  expect(await s3.HeadObject(at)).toMatchObject({
    ObjectLockMode: "COMPLIANCE",
    ObjectLockRetainUntilDate: inDays(2),
  });
  await expect(s3.DeleteObject({ ...at, VersionId, BypassGovernanceRetention: true })).rejects.toMatchObject(
    LOCKED,
  );
  await advance("2d");
  await s3.DeleteObject({ ...at, VersionId });
  await expect(s3.HeadObject(at)).rejects.toMatchObject({ code: "NoSuchKey" });
  await close();
});

test("a retention in the request overrides the default", async () => {
  const { s3, close } = await withLock({ Mode: "COMPLIANCE", Days: 2 });
  await s3.PutObject({ ...retained("GOVERNANCE", 9), Body: bodyOf("x") });
  expect(await s3.GetObjectRetention(at)).toEqual({
    Retention: { Mode: "GOVERNANCE", RetainUntilDate: inDays(9) },
  });
  await close();
});

test("the lock of an upload applies to its object", async () => {
  const { s3, close } = await withLock();
  const { UploadId } = await s3.CreateMultipartUpload({
    ...retained("GOVERNANCE", 3),
    ObjectLockLegalHoldStatus: "ON",
  });
  const { ETag } = await s3.UploadPart({ ...at, UploadId: UploadId!, PartNumber: 1, Body: bodyOf("x") });
  await s3.CompleteMultipartUpload({
    ...at,
    UploadId: UploadId!,
    MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
  });
  expect(await s3.HeadObject(at)).toMatchObject({
    ObjectLockMode: "GOVERNANCE",
    ObjectLockLegalHoldStatus: "ON",
  });
  await close();
});

test("a copy does not have its source's lock", async () => {
  const { s3, close } = await withLock();
  await s3.PutObject({ ...retained("GOVERNANCE", 3), Body: bodyOf("x") });
  await s3.CopyObject({ Bucket, Key: "copy", CopySource: `${Bucket}/k` });
  expect(await s3.HeadObject({ Bucket, Key: "copy" })).not.toHaveProperty("ObjectLockMode");
  await close();
});

test("in a batch, only the entry of a locked version fails, and the bypass deletes it", async () => {
  const { s3, close } = await withLock();
  const { VersionId } = await s3.PutObject({ ...retained("GOVERNANCE", 3), Body: bodyOf("x") });
  const batch = { Bucket, Delete: { Objects: [{ Key: "k", VersionId }, { Key: "other" }] } };
  expect(await s3.DeleteObjects(batch)).toMatchObject({
    Deleted: [{ Key: "other" }],
    Errors: [{ Key: "k", VersionId, Code: LOCKED.code, Message: LOCKED.message }],
  });
  const freed = await s3.DeleteObjects({ ...batch, BypassGovernanceRetention: true });
  expect(freed.Errors).toEqual([]);
  await close();
});

test.each([
  [
    {},
    "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
  ],
  [{ "content-md5": "nZ4/oPNZoMkFsm2k0S35Ng==" }, undefined],
  [{ "x-amz-checksum-crc32": "jNwlgw==" }, undefined],
  [{ "x-amz-trailer": "x-amz-checksum-crc32" }, undefined],
  [{ "x-amz-checksum-algorithm": "CRC32" }, "Content-MD5 OR x-amz-checksum-"],
])(
  "HTTP requests with lock settings require a digest: %o",
  async (headers: Record<string, string>, message) => {
    const cloud = await withLock();
    const input: Input<"s3", "PutObject"> = { ...at, ObjectLockLegalHoldStatus: "ON", Body: bodyOf("x") };
    const put = overHttp(cloud, "PutObject", input, headers);
    if (message === undefined) await put;
    else
      await expect(put).rejects.toMatchObject({
        code: "InvalidRequest",
        message: expect.stringContaining(message),
      });
    await cloud.close();
  },
);

test("a date in the past is printed in the error as S3 prints it", async () => {
  const { s3, close } = await withLock();
  await s3.PutObject({ ...at, Body: bodyOf("x") });
  const put = s3.PutObjectRetention({
    ...at,
    Retention: { Mode: "GOVERNANCE", RetainUntilDate: new Date(Date.UTC(2020, 6, 1)) },
  });
  await expect(put).rejects.toMatchObject({
    code: "InvalidArgument",
    members: { ArgumentName: "RetainUntilDate", ArgumentValue: "Tue Jun 30 17:00:00 PDT 2020" },
  });
  await close();
});
