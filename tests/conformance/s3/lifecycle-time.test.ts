import { randomUUID } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type LifecycleRule,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectTaggingCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, doc } from "../cloud.ts";
import { api, bucket, cloud, DAY, HOUR, head, large, put, rule, s3 } from "./aging.ts";

const ELEMENTS = doc("AmazonS3/latest/userguide/intro-lifecycle-rules.html");
const EXPIRING = doc("AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html");
const TRANSITIONS = doc("AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html");
const CONFLICTS = doc("AmazonS3/latest/userguide/lifecycle-conflicts.html");
const UPLOADS = doc("AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html");

const isThere = (Bucket: string, Key = "k") =>
  head(Bucket, Key).then(
    () => true,
    () => false,
  );
async function versions(Bucket: string) {
  const { Versions = [], DeleteMarkers = [] } = await s3().send(new ListObjectVersionsCommand({ Bucket }));
  return { versions: Versions.length, markers: DeleteMarkers.length };
}

// x-amz-expiration

const midnightAfter = (time: number) => new Date((Math.floor(time / DAY) + 1) * DAY);
const header = (date: Date, id: string) => `expiry-date="${date.toUTCString()}", rule-id="${id}"`;

behaviour(
  "PUT, HEAD and GET report when an object expires, and by which rule",
  api("HeadObject"),
  async () => {
    const Bucket = await bucket([{ ID: "after 3 days", Expiration: { Days: 3 } }]);
    const { Expiration } = await put(Bucket);
    const { LastModified, ...response } = await head(Bucket);
    expect(Expiration).toBe(header(midnightAfter(LastModified!.getTime() + 3 * DAY), "after 3 days"));
    expect(response.Expiration).toBe(Expiration);
    const read = await s3().send(new GetObjectCommand({ Bucket, Key: "k" }));
    expect(read.Expiration).toBe(Expiration);
    await read.Body!.transformToString();
  },
);

behaviour("CopyObject reports when the copy expires", api("CopyObject"), async () => {
  const Bucket = await bucket([{ Filter: { Prefix: "copy" }, Expiration: { Days: 1 } }]);
  expect((await put(Bucket)).Expiration).toBeUndefined();
  const copy = new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/k` });
  expect((await s3().send(copy)).Expiration).toContain('rule-id="rule-0"');
});

async function completeOnePart(at: { Bucket: string; Key: string; UploadId: string | undefined }) {
  const { ETag } = await s3().send(new UploadPartCommand({ ...at, PartNumber: 1, Body: "x" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  return s3().send(new CompleteMultipartUploadCommand({ ...at, MultipartUpload }));
}

behaviour(
  "CompleteMultipartUpload reports when the object expires",
  api("CompleteMultipartUpload"),
  async () => {
    const Bucket = await bucket([{ Expiration: { Days: 1 } }]);
    const at = { Bucket, Key: "k" };
    const { UploadId } = await s3().send(new CreateMultipartUploadCommand(at));
    const done = await completeOnePart({ ...at, UploadId });
    expect(done.Expiration).toContain('rule-id="rule-0"');
  },
);

behaviour("of several matching rules, the earliest expiration is reported", CONFLICTS, async () => {
  const Bucket = await bucket([
    { Expiration: { Days: 9 } },
    { Filter: { Prefix: "k" }, Expiration: { Days: 2 } },
  ]);
  expect((await put(Bucket)).Expiration).toContain('rule-id="rule-1"');
});

behaviour("an expiration date is reported as configured", api("PutObject"), async () => {
  const date = new Date("2099-05-01T00:00:00Z");
  const Bucket = await bucket([{ Expiration: { Date: date } }]);
  expect((await put(Bucket)).Expiration).toBe(header(date, "rule-0"));
});

for (const [what, rules] of [
  ["a disabled rule", [{ Status: "Disabled", Expiration: { Days: 1 } }]],
  ["a rule for other tags", [{ Filter: { Tag: { Key: "a", Value: "1" } }, Expiration: { Days: 1 } }]],
  ["a rule for delete markers", [{ Expiration: { ExpiredObjectDeleteMarker: true } }]],
  ["a transition", [{ Transitions: [{ Days: 30, StorageClass: "GLACIER" }] }]],
] as [string, Partial<LifecycleRule>[]][]) {
  behaviour(`${what} yields no x-amz-expiration`, api("HeadObject"), async () => {
    const Bucket = await bucket(rules);
    await put(Bucket);
    expect((await head(Bucket)).Expiration).toBeUndefined();
  });
}

behaviour("a rule by tag is reported for an object that has the tag", api("HeadObject"), async () => {
  const Bucket = await bucket([{ Filter: { Tag: { Key: "a", Value: "1" } }, Expiration: { Days: 1 } }]);
  await put(Bucket);
  const Tagging = { TagSet: [{ Key: "a", Value: "1" }] };
  await s3().send(new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging }));
  expect((await head(Bucket)).Expiration).toContain('rule-id="rule-0"');
});

// Expiration

behaviour("an object expires at the midnight after its days, and not earlier", ELEMENTS, async () => {
  const Bucket = await bucket([{ Expiration: { Days: 2 } }]);
  const { Expiration } = await put(Bucket);
  const { LastModified } = await head(Bucket);
  const wait = Date.parse(/expiry-date="(.*?)"/.exec(Expiration!)![1]!) - LastModified!.getTime();
  await cloud.advance(wait - 2 * HOUR);
  expect(await isThere(Bucket)).toBe(true);
  await cloud.advance(2 * HOUR);
  expect(await isThere(Bucket)).toBe(false);
});

behaviour(
  "rules apply to objects that existed before them",
  api("PutBucketLifecycleConfiguration"),
  async () => {
    const Bucket = await bucket([]);
    await put(Bucket);
    await cloud.advance(10 * DAY);
    await rule(Bucket, [{ Expiration: { Days: 5 } }]);
    await cloud.advance(DAY);
    expect(await isThere(Bucket)).toBe(false);
  },
);

behaviour(
  "the age of a multipart object counts from the start of its upload",
  doc("AmazonS3/latest/userguide/UsingMetadata.html"),
  async () => {
    const Bucket = await bucket([{ Expiration: { Days: 2 } }]);
    const at = { Bucket, Key: "k" };
    const { UploadId } = await s3().send(new CreateMultipartUploadCommand(at));
    await cloud.advance(6 * DAY);
    await completeOnePart({ ...at, UploadId });
    expect(await isThere(Bucket)).toBe(true);
    await cloud.advance(DAY);
    expect(await isThere(Bucket)).toBe(false);
  },
);

behaviour(
  "objects of a bucket whose rules were deleted do not expire",
  api("DeleteBucketLifecycle"),
  async () => {
    const Bucket = await bucket([{ Expiration: { Days: 1 } }]);
    await put(Bucket);
    await s3().send(new DeleteBucketLifecycleCommand({ Bucket }));
    await cloud.advance(5 * DAY);
    expect(await isThere(Bucket)).toBe(true);
  },
);

behaviour("only objects that match the filter expire", ELEMENTS, async () => {
  const Filter = { And: { Prefix: "logs/", Tags: [{ Key: "a", Value: "1" }], ObjectSizeGreaterThan: 3 } };
  const Bucket = await bucket([{ Filter, Expiration: { Days: 1 } }]);
  const more = { Tagging: "a=1&b=2", Body: "1234" };
  await put(Bucket, "logs/all", more);
  await put(Bucket, "logs/small", { ...more, Body: "123" });
  await put(Bucket, "logs/untagged", { Body: "1234" });
  await put(Bucket, "other", more);
  await cloud.advance(3 * DAY);
  const left = await Promise.all(["all", "small", "untagged"].map((name) => isThere(Bucket, `logs/${name}`)));
  expect([...left, await isThere(Bucket, "other")]).toEqual([false, true, true, true]);
});

behaviour("in a versioned bucket, expiration adds a delete marker", EXPIRING, async () => {
  const Bucket = await bucket([{ Expiration: { Days: 1 } }], true);
  await put(Bucket);
  await cloud.advance(3 * DAY);
  expect(await isThere(Bucket)).toBe(false);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 1 });
});

behaviour("an expired object delete marker is removed", ELEMENTS, async () => {
  const Bucket = await bucket([{ Expiration: { ExpiredObjectDeleteMarker: true } }], true);
  await put(Bucket, "kept");
  await s3().send(new DeleteObjectCommand({ Bucket, Key: "kept" }));
  await s3().send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
  await cloud.advance(DAY);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 1 });
});

behaviour("a noncurrent version expires a number of days after it became noncurrent", ELEMENTS, async () => {
  const Bucket = await bucket([{ NoncurrentVersionExpiration: { NoncurrentDays: 5 } }], true);
  await put(Bucket);
  await cloud.advance(30 * DAY);
  await put(Bucket);
  await cloud.advance(4 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 2, markers: 0 });
  await cloud.advance(2 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 0 });
});

behaviour(
  "NewerNoncurrentVersions retains the newest noncurrent versions",
  api("NoncurrentVersionExpiration"),
  async () => {
    const end = { NoncurrentDays: 1, NewerNoncurrentVersions: 2 };
    const Bucket = await bucket([{ NoncurrentVersionExpiration: end }], true);
    for (let n = 0; n < 6; n++) await put(Bucket);
    await cloud.advance(3 * DAY);
    expect(await versions(Bucket)).toEqual({ versions: 3, markers: 0 });
  },
);

behaviour("delete markers do not count as retained noncurrent versions", ELEMENTS, async () => {
  const end = { NoncurrentDays: 1, NewerNoncurrentVersions: 2 };
  const Bucket = await bucket([{ NoncurrentVersionExpiration: end }], true);
  for (let n = 0; n < 3; n++) {
    await put(Bucket);
    await s3().send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  }
  await put(Bucket);
  await cloud.advance(3 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 3, markers: 2 });
});

behaviour(
  "a rule does not delete a locked version",
  doc("AmazonS3/latest/userguide/object-lock-managing.html"),
  async () => {
    const Bucket = `time-${randomUUID()}`;
    await s3().send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    await rule(Bucket, [{ NoncurrentVersionExpiration: { NoncurrentDays: 1 } }]);
    await put(Bucket, "k", { ObjectLockLegalHoldStatus: "ON" });
    await put(Bucket);
    await put(Bucket);
    await cloud.advance(5 * DAY);
    expect(await versions(Bucket)).toEqual({ versions: 2, markers: 0 });
  },
);

// Transitions

behaviour("an object is transitioned from class to class", TRANSITIONS, async () => {
  const Transitions: LifecycleRule["Transitions"] = [
    { Days: 30, StorageClass: "STANDARD_IA" },
    { Days: 90, StorageClass: "GLACIER" },
  ];
  const Bucket = await bucket([{ Transitions, Expiration: { Days: 365 } }]);
  const { ETag } = await put(Bucket, "k", { Body: large });
  const { LastModified } = await head(Bucket);
  for (const [days, StorageClass] of [
    [29, undefined],
    [2, "STANDARD_IA"],
    [58, "STANDARD_IA"],
    [2, "GLACIER"],
  ] as const) {
    await cloud.advance(days * DAY);
    const now = await head(Bucket);
    expect([now.StorageClass, now.ETag, now.LastModified]).toEqual([StorageClass, ETag, LastModified]);
  }
  await cloud.advance(300 * DAY);
  expect(await isThere(Bucket)).toBe(false);
});

behaviour("objects below 128 KB are not transitioned", TRANSITIONS, async () => {
  const Bucket = await bucket([{ Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] }]);
  await put(Bucket, "small");
  await put(Bucket, "large", { Body: large });
  await cloud.advance(DAY);
  expect((await head(Bucket, "small")).StorageClass).toBeUndefined();
  expect((await head(Bucket, "large")).StorageClass).toBe("GLACIER_IR");
});

behaviour("a filter by size transitions small objects, too", TRANSITIONS, async () => {
  const Filter = { ObjectSizeGreaterThan: 0 };
  const Bucket = await bucket([{ Filter, Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] }]);
  await put(Bucket);
  await cloud.advance(DAY);
  expect((await head(Bucket)).StorageClass).toBe("GLACIER_IR");
});

behaviour("of two transitions due at the same time, the colder class applies", CONFLICTS, async () => {
  const Bucket = await bucket([]);
  await put(Bucket, "k", { Body: large });
  await cloud.advance(40 * DAY);
  await rule(Bucket, [
    { Transitions: [{ Days: 10, StorageClass: "GLACIER_IR" }] },
    { Transitions: [{ Days: 10, StorageClass: "DEEP_ARCHIVE" }] },
  ]);
  await cloud.advance(DAY);
  expect((await head(Bucket)).StorageClass).toBe("DEEP_ARCHIVE");
});

behaviour("INTELLIGENT_TIERING takes precedence over all classes but archives", CONFLICTS, async () => {
  const rulesTo = (...classes: ("INTELLIGENT_TIERING" | "ONEZONE_IA" | "GLACIER_IR" | "GLACIER")[]) =>
    classes.map((StorageClass) => ({ Transitions: [{ Days: 30, StorageClass }] }));
  for (const [rules, expected] of [
    [rulesTo("ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"), "INTELLIGENT_TIERING"],
    [rulesTo("INTELLIGENT_TIERING", "GLACIER"), "GLACIER"],
  ] as const) {
    const Bucket = await bucket(rules);
    await put(Bucket, "k", { Body: large });
    await cloud.advance(31 * DAY);
    expect((await head(Bucket)).StorageClass).toBe(expected);
  }
});

behaviour("expiration takes precedence over a transition", CONFLICTS, async () => {
  const Bucket = await bucket([]);
  await put(Bucket, "k", { Body: large });
  await cloud.advance(40 * DAY);
  await rule(Bucket, [
    { Transitions: [{ Days: 10, StorageClass: "GLACIER" }] },
    { Expiration: { Days: 10 } },
  ]);
  await cloud.advance(DAY);
  expect(await isThere(Bucket)).toBe(false);
});

// Multipart uploads

behaviour(
  "responses of an upload report when it will be aborted, and by which rule",
  api("CreateMultipartUpload"),
  async () => {
    const Bucket = await bucket([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }]);
    const at = { Bucket, Key: "k" };
    const { UploadId, AbortDate, AbortRuleId } = await s3().send(new CreateMultipartUploadCommand(at));
    expect(AbortRuleId).toBe("rule-0");
    expect(AbortDate!.getTime() % DAY).toBe(0);
    const parts = await s3().send(new ListPartsCommand({ ...at, UploadId }));
    expect(parts).toMatchObject({ AbortDate, AbortRuleId });
  },
);

behaviour("an upload that is not completed within its days is aborted", UPLOADS, async () => {
  const Filter = { Prefix: "a/" };
  const Bucket = await bucket([{ Filter, AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }]);
  const begin = (Key: string) => s3().send(new CreateMultipartUploadCommand({ Bucket, Key }));
  const { UploadId } = await begin("a/k");
  await begin("b/k");
  await s3().send(new UploadPartCommand({ Bucket, Key: "a/k", UploadId, PartNumber: 1, Body: "x" }));
  await cloud.advance(4 * DAY);
  const { Uploads } = await s3().send(new ListMultipartUploadsCommand({ Bucket }));
  expect(Uploads!.map(({ Key }) => Key)).toEqual(["b/k"]);
  const part = { Bucket, Key: "a/k", UploadId, PartNumber: 2, Body: "x" };
  await expect(s3().send(new UploadPartCommand(part))).rejects.toMatchObject({ name: "NoSuchUpload" });
});
