import { randomUUID } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketIntelligentTieringConfigurationCommand,
  DeleteBucketLifecycleCommand,
  DeleteObjectCommand,
  GetBucketIntelligentTieringConfigurationCommand,
  GetObjectCommand,
  HeadObjectCommand,
  type IntelligentTieringConfiguration,
  type LifecycleRule,
  ListBucketIntelligentTieringConfigurationsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketIntelligentTieringConfigurationCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const cloud = conformanceCloud();
let client: S3Client | undefined;
const s3 = () => (client ??= new S3Client({ ...cloud.client(), forcePathStyle: true }));

const api = (name: string) => doc(`AmazonS3/latest/API/API_${name}.html`);
const ELEMENTS = doc("AmazonS3/latest/userguide/intro-lifecycle-rules.html");
const EXPIRING = doc("AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html");
const TRANSITIONS = doc("AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html");
const CONFLICTS = doc("AmazonS3/latest/userguide/lifecycle-conflicts.html");
const UPLOADS = doc("AmazonS3/latest/userguide/mpu-abort-incomplete-mpu-lifecycle-config.html");
const TIERING = doc("AmazonS3/latest/userguide/intelligent-tiering-overview.html");

const large = "x".repeat(128 * 1_024);

async function bucket(rules: Partial<LifecycleRule>[], versioning = false): Promise<string> {
  const Bucket = `time-${randomUUID()}`;
  await s3().send(new CreateBucketCommand({ Bucket }));
  if (versioning) {
    const VersioningConfiguration = { Status: "Enabled" } as const;
    await s3().send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
  if (rules.length > 0) await rule(Bucket, rules);
  return Bucket;
}

const rule = (Bucket: string, rules: Partial<LifecycleRule>[]) =>
  s3().send(
    new PutBucketLifecycleConfigurationCommand({
      Bucket,
      LifecycleConfiguration: {
        Rules: rules.map((given, n) => ({
          ID: `rule-${n}`,
          Filter: { Prefix: "" },
          Status: "Enabled" as const,
          ...given,
        })),
      },
    }),
  );

const put = (Bucket: string, Key = "k", more: Partial<PutObjectCommandInput> = {}) =>
  s3().send(new PutObjectCommand({ Bucket, Key, Body: "x", ...more }));
const head = (Bucket: string, Key = "k") => s3().send(new HeadObjectCommand({ Bucket, Key }));
const isThere = (Bucket: string, Key = "k") =>
  head(Bucket, Key).then(
    () => true,
    () => false,
  );
async function versions(Bucket: string) {
  const { Versions = [], DeleteMarkers = [] } = await s3().send(new ListObjectVersionsCommand({ Bucket }));
  return { versions: Versions.length, markers: DeleteMarkers.length };
}

// The header

const midnightAfter = (time: number) => new Date((Math.floor(time / DAY) + 1) * DAY);
const header = (date: Date, id: string) => `expiry-date="${date.toUTCString()}", rule-id="${id}"`;

behaviour("PUT, HEAD and GET tell when an object expires, and by which rule", api("HeadObject"), async () => {
  const Bucket = await bucket([{ ID: "after 3 days", Expiration: { Days: 3 } }]);
  const { Expiration } = await put(Bucket);
  const { LastModified, ...told } = await head(Bucket);
  expect(Expiration).toBe(header(midnightAfter(LastModified!.getTime() + 3 * DAY), "after 3 days"));
  expect(told.Expiration).toBe(Expiration);
  const read = await s3().send(new GetObjectCommand({ Bucket, Key: "k" }));
  expect(read.Expiration).toBe(Expiration);
  await read.Body!.transformToString();
});

behaviour("a copy tells when it expires", api("CopyObject"), async () => {
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

behaviour("a completed upload tells when it expires", api("CompleteMultipartUpload"), async () => {
  const Bucket = await bucket([{ Expiration: { Days: 1 } }]);
  const at = { Bucket, Key: "k" };
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand(at));
  const done = await completeOnePart({ ...at, UploadId });
  expect(done.Expiration).toContain('rule-id="rule-0"');
});

behaviour("of several rules, the one that expires first is told", CONFLICTS, async () => {
  const Bucket = await bucket([
    { Expiration: { Days: 9 } },
    { Filter: { Prefix: "k" }, Expiration: { Days: 2 } },
  ]);
  expect((await put(Bucket)).Expiration).toContain('rule-id="rule-1"');
});

behaviour("a date is told as it is", api("PutObject"), async () => {
  const date = new Date("2099-05-01T00:00:00Z");
  const Bucket = await bucket([{ Expiration: { Date: date } }]);
  expect((await put(Bucket)).Expiration).toBe(header(date, "rule-0"));
});

for (const [what, rules] of [
  ["a disabled rule", [{ Status: "Disabled", Expiration: { Days: 1 } }]],
  ["a rule about other tags", [{ Filter: { Tag: { Key: "a", Value: "1" } }, Expiration: { Days: 1 } }]],
  ["a rule about delete markers", [{ Expiration: { ExpiredObjectDeleteMarker: true } }]],
  ["a transition", [{ Transitions: [{ Days: 30, StorageClass: "GLACIER" }] }]],
] as [string, Partial<LifecycleRule>[]][]) {
  behaviour(`${what} makes no expiration to tell`, api("HeadObject"), async () => {
    const Bucket = await bucket(rules);
    await put(Bucket);
    expect((await head(Bucket)).Expiration).toBeUndefined();
  });
}

behaviour("a rule by tag is told of an object that has the tag", api("HeadObject"), async () => {
  const Bucket = await bucket([{ Filter: { Tag: { Key: "a", Value: "1" } }, Expiration: { Days: 1 } }]);
  await put(Bucket);
  const Tagging = { TagSet: [{ Key: "a", Value: "1" }] };
  await s3().send(new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging }));
  expect((await head(Bucket)).Expiration).toContain('rule-id="rule-0"');
});

// Expiration

behaviour("an object is gone at the midnight after its days, and no sooner", ELEMENTS, async () => {
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
  "rules apply to objects that were there before them",
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
  "what came in parts is as old as its upload, also where that was completed late",
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

behaviour("without its rules, a bucket keeps what it has", api("DeleteBucketLifecycle"), async () => {
  const Bucket = await bucket([{ Expiration: { Days: 1 } }]);
  await put(Bucket);
  await s3().send(new DeleteBucketLifecycleCommand({ Bucket }));
  await cloud.advance(5 * DAY);
  expect(await isThere(Bucket)).toBe(true);
});

behaviour("only what a filter matches expires", ELEMENTS, async () => {
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

behaviour("in a versioned bucket, an expired object gets a delete marker", EXPIRING, async () => {
  const Bucket = await bucket([{ Expiration: { Days: 1 } }], true);
  await put(Bucket);
  await cloud.advance(3 * DAY);
  expect(await isThere(Bucket)).toBe(false);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 1 });
});

behaviour("a delete marker that hides nothing is removed", ELEMENTS, async () => {
  const Bucket = await bucket([{ Expiration: { ExpiredObjectDeleteMarker: true } }], true);
  await put(Bucket, "kept");
  await s3().send(new DeleteObjectCommand({ Bucket, Key: "kept" }));
  await s3().send(new DeleteObjectCommand({ Bucket, Key: "gone" }));
  await cloud.advance(DAY);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 1 });
});

behaviour("noncurrent versions go so many days after another took their place", ELEMENTS, async () => {
  const Bucket = await bucket([{ NoncurrentVersionExpiration: { NoncurrentDays: 5 } }], true);
  await put(Bucket);
  await cloud.advance(30 * DAY);
  await put(Bucket);
  await cloud.advance(4 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 2, markers: 0 });
  await cloud.advance(2 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 1, markers: 0 });
});

behaviour("the newest noncurrent versions are spared", api("NoncurrentVersionExpiration"), async () => {
  const end = { NoncurrentDays: 1, NewerNoncurrentVersions: 2 };
  const Bucket = await bucket([{ NoncurrentVersionExpiration: end }], true);
  for (let n = 0; n < 6; n++) await put(Bucket);
  await cloud.advance(3 * DAY);
  expect(await versions(Bucket)).toEqual({ versions: 3, markers: 0 });
});

behaviour(
  "a locked version is not deleted by a rule",
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

behaviour("an object goes down, class by class", TRANSITIONS, async () => {
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

behaviour("objects below 128 KB stay where they are", TRANSITIONS, async () => {
  const Bucket = await bucket([{ Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] }]);
  await put(Bucket, "small");
  await put(Bucket, "large", { Body: large });
  await cloud.advance(DAY);
  expect((await head(Bucket, "small")).StorageClass).toBeUndefined();
  expect((await head(Bucket, "large")).StorageClass).toBe("GLACIER_IR");
});

behaviour("a filter by size moves small objects, too", TRANSITIONS, async () => {
  const Filter = { ObjectSizeGreaterThan: 0 };
  const Bucket = await bucket([{ Filter, Transitions: [{ Days: 0, StorageClass: "GLACIER_IR" }] }]);
  await put(Bucket);
  await cloud.advance(DAY);
  expect((await head(Bucket)).StorageClass).toBe("GLACIER_IR");
});

behaviour("of two transitions due at once, the colder is made", CONFLICTS, async () => {
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

behaviour("an expiration comes before a transition", CONFLICTS, async () => {
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

// Uploads in parts

behaviour("an upload tells when it is aborted, and by which rule", api("CreateMultipartUpload"), async () => {
  const Bucket = await bucket([{ AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 } }]);
  const at = { Bucket, Key: "k" };
  const { UploadId, AbortDate, AbortRuleId } = await s3().send(new CreateMultipartUploadCommand(at));
  expect(AbortRuleId).toBe("rule-0");
  expect(AbortDate!.getTime() % DAY).toBe(0);
  const parts = await s3().send(new ListPartsCommand({ ...at, UploadId }));
  expect(parts).toMatchObject({ AbortDate, AbortRuleId });
});

behaviour("an upload that is not completed in its days is aborted", UPLOADS, async () => {
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

// Intelligent tiering

const tiers = (Bucket: string, given: Partial<IntelligentTieringConfiguration> = {}) =>
  s3().send(
    new PutBucketIntelligentTieringConfigurationCommand({
      Bucket,
      Id: given.Id ?? "cold",
      IntelligentTieringConfiguration: {
        Id: "cold",
        Status: "Enabled",
        Tierings: [{ AccessTier: "ARCHIVE_ACCESS", Days: 90 }],
        ...given,
      },
    }),
  );

behaviour(
  "a tiering configuration is told as it was put",
  api("GetBucketIntelligentTieringConfiguration"),
  async () => {
    const Bucket = await bucket([]);
    const given: IntelligentTieringConfiguration = {
      Id: "cold",
      Filter: { And: { Prefix: "a", Tags: [{ Key: "k", Value: "v" }] } },
      Status: "Disabled",
      Tierings: [
        { AccessTier: "ARCHIVE_ACCESS", Days: 100 },
        { AccessTier: "DEEP_ARCHIVE_ACCESS", Days: 200 },
      ],
    };
    await tiers(Bucket, given);
    const get = new GetBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" });
    expect((await s3().send(get)).IntelligentTieringConfiguration).toEqual(given);
    const list = new ListBucketIntelligentTieringConfigurationsCommand({ Bucket });
    expect(await s3().send(list)).toMatchObject({
      IsTruncated: false,
      IntelligentTieringConfigurationList: [given],
    });
    await s3().send(new DeleteBucketIntelligentTieringConfigurationCommand({ Bucket, Id: "cold" }));
    await expect(s3().send(get)).rejects.toMatchObject({
      name: "NoSuchConfiguration",
      $metadata: { httpStatusCode: 404 },
    });
  },
);

for (const [what, Tierings] of [
  ["the archive tier before 90 days", [{ AccessTier: "ARCHIVE_ACCESS", Days: 89 }]],
  ["the deep archive tier before 180 days", [{ AccessTier: "DEEP_ARCHIVE_ACCESS", Days: 179 }]],
  ["a tier after two years", [{ AccessTier: "ARCHIVE_ACCESS", Days: 731 }]],
] as [string, IntelligentTieringConfiguration["Tierings"]][]) {
  behaviour(`a configuration with ${what} is refused`, api("Tiering"), async () => {
    const refused = tiers(await bucket([]), { Tierings });
    await expect(refused).rejects.toMatchObject({
      name: "InvalidArgument",
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour("what nobody reads goes to the archive tier, and comes back for good", TIERING, async () => {
  const Bucket = await bucket([]);
  await tiers(Bucket);
  for (const Key of ["quiet", "read"])
    await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
  await put(Bucket, "small", { StorageClass: "INTELLIGENT_TIERING" });
  const read = async (Key: string) => {
    const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key }));
    return (await Body!.transformToString()).length;
  };
  await cloud.advance(60 * DAY);
  await read("read");
  await cloud.advance(40 * DAY);
  expect((await head(Bucket, "small")).ArchiveStatus).toBeUndefined();
  expect(await read("read")).toBe(large.length);
  expect(await head(Bucket, "quiet")).toMatchObject({
    StorageClass: "INTELLIGENT_TIERING",
    ArchiveStatus: "ARCHIVE_ACCESS",
  });
  await expect(read("quiet")).rejects.toMatchObject({
    name: "InvalidObjectState",
    StorageClass: "INTELLIGENT_TIERING",
    AccessTier: "ARCHIVE_ACCESS",
  });
  const restore = { Bucket, Key: "quiet", RestoreRequest: {} };
  expect((await s3().send(new RestoreObjectCommand(restore))).$metadata.httpStatusCode).toBe(202);
  expect((await head(Bucket, "quiet")).Restore).toBe('ongoing-request="true"');
  await cloud.advance(5 * HOUR);
  expect(await read("quiet")).toBe(large.length);
  const { Restore, ArchiveStatus } = await head(Bucket, "quiet");
  expect({ Restore, ArchiveStatus }).toEqual({ Restore: undefined, ArchiveStatus: undefined });
  await cloud.advance(60 * DAY);
  expect(await read("quiet")).toBe(large.length);
});

behaviour("a read counts that was before anybody asked for archive tiers", TIERING, async () => {
  const Bucket = await bucket([]);
  for (const Key of ["quiet", "read"])
    await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
  await cloud.advance(60 * DAY);
  const { Body } = await s3().send(new GetObjectCommand({ Bucket, Key: "read" }));
  await Body!.transformToString();
  await cloud.advance(40 * DAY);
  await tiers(Bucket);
  await cloud.advance(DAY);
  expect((await head(Bucket, "quiet")).ArchiveStatus).toBe("ARCHIVE_ACCESS");
  expect((await head(Bucket, "read")).ArchiveStatus).toBeUndefined();
});

behaviour("whoever copies an object, or a part of it, has read it", TIERING, async () => {
  const Bucket = await bucket([]);
  await tiers(Bucket);
  for (const Key of ["copied", "copied in part", "quiet"])
    await put(Bucket, Key, { Body: large, StorageClass: "INTELLIGENT_TIERING" });
  await cloud.advance(60 * DAY);
  await s3().send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource: `${Bucket}/copied` }));
  const to = { Bucket, Key: "parts" };
  const { UploadId } = await s3().send(new CreateMultipartUploadCommand(to));
  const CopySource = `${Bucket}/copied%20in%20part`;
  await s3().send(new UploadPartCopyCommand({ ...to, UploadId, PartNumber: 1, CopySource }));
  await cloud.advance(40 * DAY);
  const tierOf = async (key: string) => (await head(Bucket, key)).ArchiveStatus;
  expect(await tierOf("copied")).toBeUndefined();
  expect(await tierOf("copied in part")).toBeUndefined();
  expect(await tierOf("quiet")).toBe("ARCHIVE_ACCESS");
});

behaviour(
  "an object that a lifecycle moves to INTELLIGENT_TIERING begins in its frequent tier",
  TIERING,
  async () => {
    const Bucket = await bucket([{ Transitions: [{ Days: 60, StorageClass: "INTELLIGENT_TIERING" }] }]);
    await tiers(Bucket);
    await put(Bucket, "k", { Body: large });
    await cloud.advance(100 * DAY);
    const { StorageClass, ArchiveStatus } = await head(Bucket);
    expect({ StorageClass, ArchiveStatus }).toEqual({
      StorageClass: "INTELLIGENT_TIERING",
      ArchiveStatus: undefined,
    });
    await cloud.advance(60 * DAY);
    expect((await head(Bucket)).ArchiveStatus).toBe("ARCHIVE_ACCESS");
  },
);
