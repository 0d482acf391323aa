import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LifecycleRule } from "#aws/contract/types/s3.ts";
import { TEST_START, testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { openMemory } from "#storage/kv/memory.ts";
import { DAY_MS } from "../days.ts";
import type { EventRecord } from "../notifications/message.ts";
import { QUEUE, withDestinations } from "../notifications/testing.ts";
import { s3 } from "../service.ts";

const Bucket = "photos";
let nube: Awaited<ReturnType<typeof withDestinations>>;
beforeEach(async () => {
  nube = await withDestinations();
  await nube.s3.PutBucketNotificationConfiguration({
    Bucket,
    NotificationConfiguration: {
      QueueConfigurations: [
        { QueueArn: QUEUE, Events: ["s3:LifecycleExpiration:*", "s3:LifecycleTransition"] },
      ],
    },
  });
});
afterEach(() => nube.close());

const rule = (given: Partial<LifecycleRule>): LifecycleRule => ({
  ID: "rule",
  Filter: { Prefix: "" },
  Status: "Enabled",
  ...given,
});
const setRules = (...rules: Partial<LifecycleRule>[]) =>
  nube.s3.PutBucketLifecycleConfiguration({
    Bucket,
    LifecycleConfiguration: { Rules: rules.map((given, n) => rule({ ID: `rule-${n}`, ...given })) },
  });
const put = (Key: string, body = "hello", more = {}) =>
  nube.s3.PutObject({ Bucket, Key, Body: bodyOf(body), ...more });
const large = "x".repeat(128 * 1_024);
const version = (Status: "Enabled" | "Suspended") =>
  nube.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: { Status } });
async function keys() {
  const { Contents = [] } = await nube.s3.ListObjectsV2({ Bucket });
  return Contents.map(({ Key, StorageClass }) =>
    StorageClass === "STANDARD" ? Key : `${Key} ${StorageClass}`,
  );
}
async function versions() {
  const { Versions = [], DeleteMarkers = [] } = await nube.s3.ListObjectVersions({ Bucket });
  return { versions: Versions.length, markers: DeleteMarkers.length };
}
const events = () =>
  nube.deliveries
    .flatMap(({ message }) => (message.Records ?? []) as EventRecord[])
    .map((record) => [
      record.eventName,
      record.s3.object.key,
      (Date.parse(record.eventTime) - TEST_START) / DAY_MS,
    ]);

describe("expiration", () => {
  test("happens at the midnight after its days, and is reported in headers", async () => {
    await nube.advance("10h");
    await setRules({ Expiration: { Days: 3 } });
    await put("a");
    await nube.advance("85h");
    expect(await keys()).toEqual(["a"]);
    await nube.advance("1h");
    expect(await keys()).toEqual([]);
    expect(events()).toEqual([["LifecycleExpiration:Delete", "a", 4]]);
  });

  test("filters by prefix, tags and size", async () => {
    await setRules({
      Filter: {
        And: { Prefix: "logs/", Tags: [{ Key: "temp", Value: "yes" }], ObjectSizeGreaterThan: 2 },
      },
      Expiration: { Days: 1 },
    });
    const Tagging = "temp=yes&other=1";
    await put("logs/a", "hello", { Tagging });
    await put("logs/small", "x", { Tagging });
    await put("logs/untagged");
    await put("b", "hello", { Tagging });
    await nube.advance("3d");
    expect(await keys()).toEqual(["b", "logs/small", "logs/untagged"]);
  });

  test("happens on a date and every day after it", async () => {
    await setRules({ Expiration: { Date: new Date(TEST_START + 5 * DAY_MS) } });
    await put("early");
    await nube.advance("4d");
    expect(await keys()).toEqual(["early"]);
    await nube.advance("30d");
    await put("late");
    await nube.advance("1d");
    expect(await keys()).toEqual([]);
  });

  test("ignores disabled rules, and applies enabled ones to existing objects", async () => {
    await put("a");
    await setRules({ Status: "Disabled", Expiration: { Days: 1 } });
    await nube.advance("9d");
    expect(await keys()).toEqual(["a"]);
    await setRules({ Expiration: { Days: 1 } });
    await nube.advance("1d");
    expect(await keys()).toEqual([]);
  });

  test("adds a delete marker in a versioned bucket, and removes an expired delete marker", async () => {
    await version("Enabled");
    await setRules({ Expiration: { Days: 2 }, NoncurrentVersionExpiration: { NoncurrentDays: 2 } });
    await put("a");
    await nube.advance("3d");
    expect(await versions()).toEqual({ versions: 1, markers: 1 });
    await nube.advance("9d");
    expect(await versions()).toEqual({ versions: 0, markers: 0 });
    expect(events()).toEqual([
      ["LifecycleExpiration:DeleteMarkerCreated", "a", 3],
      ["LifecycleExpiration:Delete", "a", 6],
      ["LifecycleExpiration:Delete", "a", 7],
    ]);
  });

  test("stops when the configuration is deleted, and resumes with another", async () => {
    await setRules({ Expiration: { Days: 2 } });
    await nube.s3.DeleteBucketLifecycle({ Bucket });
    await put("a");
    await nube.advance("9d");
    expect(await keys()).toEqual(["a"]);
    await setRules({ Expiration: { Days: 2 } });
    await nube.advance("1d");
    expect(await keys()).toEqual([]);
  });

  test("of objects that become due by a tag or a deletion happens at the next midnight", async () => {
    await version("Enabled");
    await setRules(
      { Filter: { Tag: { Key: "t", Value: "1" } }, Expiration: { Days: 30 } },
      { Expiration: { ExpiredObjectDeleteMarker: true } },
    );
    await put("a");
    const { VersionId } = await put("b");
    await nube.s3.DeleteObject({ Bucket, Key: "b" });
    await nube.advance("60d");
    expect(await versions()).toEqual({ versions: 2, markers: 1 });
    await nube.s3.PutObjectTagging({ Bucket, Key: "a", Tagging: { TagSet: [{ Key: "t", Value: "1" }] } });
    await nube.s3.DeleteObject({ Bucket, Key: "b", VersionId });
    await nube.advance("1d");
    expect(await versions()).toEqual({ versions: 1, markers: 1 });
    expect(await keys()).toEqual([]);
  });
});

describe("noncurrent versions", () => {
  test("expire after their days, except the newest retained ones", async () => {
    await version("Enabled");
    await setRules({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 2 } });
    for (const body of ["1", "2", "3", "4", "5"]) await put("a", body);
    await nube.advance("4d");
    expect(await versions()).toEqual({ versions: 3, markers: 0 });
    await put("a", "6");
    await nube.advance("1d");
    expect(await versions()).toEqual({ versions: 3, markers: 0 });
  });

  test("that are locked expire once the lock ends", async () => {
    await nube.s3.CreateBucket({ Bucket: "locked", ObjectLockEnabledForBucket: true });
    await nube.s3.PutBucketLifecycleConfiguration({
      Bucket: "locked",
      LifecycleConfiguration: { Rules: [rule({ NoncurrentVersionExpiration: { NoncurrentDays: 1 } })] },
    });
    const at = { Bucket: "locked", Key: "a" };
    await nube.s3.PutObject({
      ...at,
      Body: bodyOf("1"),
      ObjectLockMode: "COMPLIANCE",
      ObjectLockRetainUntilDate: new Date(TEST_START + 20 * DAY_MS).toISOString(),
    });
    await nube.s3.PutObject({ ...at, Body: bodyOf("2"), ObjectLockLegalHoldStatus: "ON" });
    await nube.s3.PutObject({ ...at, Body: bodyOf("3") });
    const left = async () => (await nube.s3.ListObjectVersions({ Bucket: "locked" })).Versions!;
    await nube.advance("19d");
    expect(await left()).toHaveLength(3);
    await nube.advance("1d");
    expect(await left()).toHaveLength(2);
    const { VersionId } = (await left())[1]!;
    await nube.s3.PutObjectLegalHold({ ...at, VersionId, LegalHold: { Status: "OFF" } });
    await nube.advance("1d");
    expect(await left()).toHaveLength(1);
  });

  test("are transitioned to a colder class", async () => {
    await version("Enabled");
    await setRules({ NoncurrentVersionTransitions: [{ NoncurrentDays: 30, StorageClass: "STANDARD_IA" }] });
    await put("a", large);
    await put("a", large);
    await nube.advance("31d");
    const { Versions = [] } = await nube.s3.ListObjectVersions({ Bucket });
    expect(Versions.map(({ StorageClass }) => StorageClass)).toEqual(["STANDARD", "STANDARD_IA"]);
  });
});

describe("transitions", () => {
  test("go from class to class, and are reported", async () => {
    await setRules({
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 90, StorageClass: "GLACIER" },
      ],
      Expiration: { Days: 120 },
    });
    await put("a", large);
    for (const expected of [["a"], ["a STANDARD_IA"], ["a STANDARD_IA"], ["a GLACIER"], []]) {
      expect(await keys()).toEqual(expected);
      await nube.advance("31d");
    }
    expect(events()).toEqual([
      ["LifecycleTransition", "a", 31],
      ["LifecycleTransition", "a", 91],
      ["LifecycleExpiration:Delete", "a", 121],
    ]);
  });

  test("skip small objects unless the rule filters by size", async () => {
    await setRules(
      { Transitions: [{ Days: 0, StorageClass: "GLACIER" }] },
      {
        Filter: { And: { Prefix: "b", ObjectSizeGreaterThan: 0 } },
        Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }],
      },
    );
    await put("a");
    await put("b");
    await put("c", large);
    await nube.advance("1d");
    expect(await keys()).toEqual(["a", "b GLACIER_IR", "c GLACIER"]);
  });

  test("include small objects in archive classes with the earlier default", async () => {
    await nube.s3.PutBucketLifecycleConfiguration({
      Bucket,
      TransitionDefaultMinimumObjectSize: "varies_by_storage_class",
      LifecycleConfiguration: { Rules: [rule({ Transitions: [{ Days: 0, StorageClass: "DEEP_ARCHIVE" }] })] },
    });
    await put("a");
    await nube.advance("1d");
    expect(await keys()).toEqual(["a DEEP_ARCHIVE"]);
  });

  test("never go to a warmer class", async () => {
    await setRules({ Transitions: [{ Days: 30, StorageClass: "STANDARD_IA" }] });
    await put("a", large, { StorageClass: "GLACIER" });
    await nube.advance("40d");
    expect(await keys()).toEqual(["a GLACIER"]);
  });

  test("go to the coldest of several due classes", async () => {
    await put("a", large);
    await nube.advance("100d");
    await setRules({
      Transitions: [
        { Days: 30, StorageClass: "STANDARD_IA" },
        { Days: 60, StorageClass: "GLACIER" },
      ],
    });
    await nube.advance("1d");
    expect(events().map(([name]) => name)).toEqual(["LifecycleTransition"]);
    expect(await keys()).toEqual(["a GLACIER"]);
  });

  test("precede a delete marker, which is added the day after", async () => {
    await version("Enabled");
    await put("a", large);
    await nube.advance("100d");
    await setRules({ Transitions: [{ Days: 30, StorageClass: "GLACIER" }], Expiration: { Days: 60 } });
    await nube.advance("3d");
    expect(events()).toEqual([
      ["LifecycleTransition", "a", 101],
      ["LifecycleExpiration:DeleteMarkerCreated", "a", 102],
    ]);
  });
});

test("uploads are aborted with all their parts", async () => {
  await setRules({ Filter: { Prefix: "up/" }, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } });
  const begun = await nube.s3.CreateMultipartUpload({ Bucket, Key: "up/a" });
  expect(begun).toMatchObject({ AbortDate: new Date(TEST_START + 3 * DAY_MS), AbortRuleId: "rule-0" });
  await nube.s3.CreateMultipartUpload({ Bucket, Key: "b" });
  const UploadId = begun.UploadId!;
  await nube.s3.UploadPart({ Bucket, Key: "up/a", UploadId, PartNumber: 1, Body: bodyOf("x") });
  await nube.advance("2d");
  expect((await nube.s3.ListMultipartUploads({ Bucket })).Uploads).toHaveLength(2);
  await nube.advance("1d");
  expect((await nube.s3.ListMultipartUploads({ Bucket })).Uploads).toMatchObject([{ Key: "b" }]);
});

test("a recreated bucket is not scanned for the rules of the deleted one", async () => {
  await setRules({ Expiration: { Days: 1 } });
  await nube.s3.DeleteBucket({ Bucket });
  await nube.s3.CreateBucket({ Bucket });
  await put("a");
  await nube.advance("9d");
  expect(await keys()).toEqual(["a"]);
});

test("a delete marker that replaces a null version cancels its due actions", async () => {
  await put("k", large);
  await version("Enabled");
  await put("k");
  await version("Suspended");
  await setRules({
    Expiration: { Days: 1 },
    NoncurrentVersionTransitions: [{ NoncurrentDays: 1, StorageClass: "GLACIER" }],
  });
  await nube.advance("3d");
  const { Versions, DeleteMarkers } = await nube.s3.ListObjectVersions({ Bucket });
  expect(Versions).toMatchObject([{ Size: 5, IsLatest: false }]);
  expect(DeleteMarkers).toMatchObject([{ VersionId: "null", IsLatest: true }]);
});

test("a run handles more versions than a page holds, also across page boundaries", async () => {
  await version("Enabled");
  for (let n = 0; n < 1_500; n++) await put(`k${n % 3}`, "x");
  await setRules({ NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 10 } });
  await nube.advance("4d");
  expect(await versions()).toEqual({ versions: 33, markers: 0 });
});

test("a midnight without due actions reads no object", async () => {
  const store = openMemory();
  let reads = 0;
  const cloud = await testCloud([s3], {
    store: {
      ...store,
      range(asked) {
        if (Buffer.from(asked.start).includes("s3/object")) reads++;
        return store.range(asked);
      },
    },
  });
  const { s3: api } = cloud.aws;
  await api.CreateBucket({ Bucket });
  await api.PutBucketLifecycleConfiguration({
    Bucket,
    LifecycleConfiguration: { Rules: [rule({ Expiration: { Days: 100 } })] },
  });
  const write = (Key: string) => api.PutObject({ Bucket, Key, Body: bodyOf("x") });
  await write("a");
  await cloud.advance("2d");
  expect(reads).toBeGreaterThan(0);
  reads = 0;
  await write("b");
  await cloud.advance("90d");
  expect(reads).toBe(0);
  await cloud.advance("20d");
  expect(reads).toBeGreaterThan(0);
  expect((await api.ListObjectsV2({ Bucket })).KeyCount).toBe(0);
  await cloud.close();
});
