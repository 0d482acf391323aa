import { hash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Service } from "#kernel/service.ts";
import { testCloud } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { MAX_ANNOTATIONS } from "../annotations/store.ts";
import { bucketAt } from "../buckets/bucket.ts";
import { QUEUE, withDestinations } from "../notifications/testing.ts";
import { textOf } from "../objects/testing.ts";
import { s3 as service } from "../service.ts";
import { type Rule, replications } from "./store.ts";

const ROLE = "arn:aws:iam::000000000000:role/replication";
const on = { Status: "Enabled" } as const;
const off = { Status: "Disabled" } as const;

let nube: Awaited<ReturnType<typeof withDestinations>>;
beforeEach(async () => {
  nube = await withDestinations();
  for (const Bucket of ["source", "copy", "other"]) {
    await nube.s3.CreateBucket({ Bucket });
    await nube.s3.PutBucketVersioning({ Bucket, VersioningConfiguration: on });
  }
});
afterEach(() => nube.close());

const rule = (more: Partial<Rule> = {}, to = "copy"): Rule => ({
  ...on,
  Priority: 1,
  Filter: { Prefix: "" },
  DeleteMarkerReplication: off,
  Destination: { Bucket: `arn:aws:s3:::${to}` },
  ...more,
});
const replicate = (...Rules: Rule[]) =>
  nube.s3.PutBucketReplication({ Bucket: "source", ReplicationConfiguration: { Role: ROLE, Rules } });
const put = (Key: string, more = {}) =>
  nube.s3.PutObject({ Bucket: "source", Key, Body: bodyOf("hello"), ...more });
const head = async (Bucket: string, Key: string, VersionId?: string) => {
  await nube.advance("1s");
  return nube.s3.HeadObject({ Bucket, Key, VersionId });
};
const missing = { code: "NoSuchKey" };

describe("a new object", () => {
  test("is replicated with version, time, tags and headers", async () => {
    await replicate(rule());
    const Metadata = { author: "somebody" };
    const { VersionId } = await put("a", {
      Metadata,
      ContentType: "text/x",
      Tagging: "k=v",
      CacheControl: "no",
    });
    const source = await head("source", "a");
    expect(source.ReplicationStatus).toBe("COMPLETED");
    const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "a" });
    expect(await textOf(replica.Body)).toBe("hello");
    expect(replica).toMatchObject({
      VersionId,
      LastModified: source.LastModified,
      ETag: source.ETag,
      ContentType: "text/x",
      CacheControl: "no",
      Metadata,
      TagCount: 1,
      ReplicationStatus: "REPLICA",
    });
  });

  test("of large size is replicated completely", async () => {
    await replicate(rule());
    const Body = bodyOf(Buffer.alloc(300_000, "many "));
    await put("a", { Body });
    await head("copy", "a");
    const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "a" });
    expect(await textOf(replica.Body)).toBe("many ".repeat(60_000));
  });

  test("from a multipart upload keeps its parts", async () => {
    await replicate(rule());
    const named = { Bucket: "source", Key: "a" };
    const { UploadId } = await nube.s3.CreateMultipartUpload(named);
    const Parts = [];
    for (const [i, size] of [5 * 2 ** 20, 3].entries()) {
      const PartNumber = i + 1;
      const part = { ...named, UploadId: UploadId!, PartNumber, Body: bodyOf(Buffer.alloc(size, "p")) };
      Parts.push({ PartNumber, ETag: (await nube.s3.UploadPart(part)).ETag });
    }
    await nube.s3.CompleteMultipartUpload({ ...named, UploadId: UploadId!, MultipartUpload: { Parts } });
    await nube.advance("1s");
    const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "a", PartNumber: 2 });
    expect(replica).toMatchObject({ ETag: expect.stringMatching(/-2"$/), PartsCount: 2, ContentLength: 3 });
    expect(await textOf(replica.Body)).toBe("ppp");
  });

  test("is replicated by prefix and tags, by the rule of the highest priority", async () => {
    await replicate(
      rule({ Priority: 1, Filter: { Prefix: "in/" } }),
      rule({
        Priority: 2,
        Destination: { Bucket: "arn:aws:s3:::copy", StorageClass: "STANDARD_IA" },
        Filter: { And: { Prefix: "in/", Tags: [{ Key: "k", Value: "v" }] } },
      }),
      rule({ Priority: 3, Filter: { Tag: { Key: "k", Value: "v" } } }, "other"),
    );
    await put("in/plain");
    await put("in/tagged", { Tagging: "k=v" });
    await put("out");
    expect((await head("copy", "in/plain")).StorageClass).toBeUndefined();
    expect((await head("copy", "in/tagged")).StorageClass).toBe("STANDARD_IA");
    expect((await head("other", "in/tagged")).ReplicationStatus).toBe("REPLICA");
    await expect(head("other", "in/plain")).rejects.toMatchObject(missing);
    expect((await head("source", "out")).ReplicationStatus).toBeUndefined();
  });

  test("is replicated only if it is written after the configuration", async () => {
    await put("old");
    await replicate(rule());
    await nube.advance("1s");
    await expect(head("copy", "old")).rejects.toMatchObject(missing);
  });

  test("that is older than the destination's version goes below it", async () => {
    await replicate(rule());
    const first = await put("a");
    await nube.advance("1s");
    await nube.s3.PutObject({ Bucket: "copy", Key: "a", Body: bodyOf("its own") });
    const { Versions } = await nube.s3.ListObjectVersions({ Bucket: "copy" });
    expect(Versions!.map(({ IsLatest, VersionId }) => [IsLatest, VersionId === first.VersionId])).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});

describe("an object with a customer's key", () => {
  const keyOf = (letter: string) => {
    const key = Buffer.alloc(32, letter);
    return {
      SSECustomerAlgorithm: "AES256",
      SSECustomerKey: key.toString("base64"),
      SSECustomerKeyMD5: hash("md5", key, "base64"),
    };
  };
  const KEY = keyOf("k");
  test.each([0, 5, 300_000])(
    "of %i bytes is replicated, and the replica is read with the key",
    async (size) => {
      await replicate(rule());
      const { VersionId } = await put("a", { ...KEY, Body: bodyOf(Buffer.alloc(size, "many ")) });
      await nube.advance("1s");
      const source = await nube.s3.HeadObject({ Bucket: "source", Key: "a", ...KEY });
      expect(source.ReplicationStatus).toBe("COMPLETED");
      await nube.s3.DeleteObject({ Bucket: "source", Key: "a", VersionId });
      await nube.advance("1s");
      const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "a", ...KEY });
      expect(await textOf(replica.Body)).toBe("many ".repeat(size / 5));
      expect(replica).toMatchObject({
        VersionId,
        ETag: source.ETag,
        SSECustomerKeyMD5: KEY.SSECustomerKeyMD5,
      });
      await expect(nube.s3.GetObject({ Bucket: "copy", Key: "a" })).rejects.toMatchObject({
        code: "InvalidRequest",
      });
      await expect(nube.s3.GetObject({ Bucket: "copy", Key: "a", ...keyOf("w") })).rejects.toMatchObject({
        code: "AccessDenied",
      });
    },
  );

  test("from a multipart upload keeps its parts", async () => {
    await replicate(rule());
    const named = { Bucket: "source", Key: "a", ...KEY };
    const { UploadId } = await nube.s3.CreateMultipartUpload(named);
    const Parts = [];
    for (const [i, size] of [5 * 2 ** 20, 3].entries()) {
      const part = { ...named, UploadId: UploadId!, PartNumber: i + 1 };
      const { ETag } = await nube.s3.UploadPart({ ...part, Body: bodyOf(Buffer.alloc(size, "p")) });
      Parts.push({ PartNumber: i + 1, ETag });
    }
    await nube.s3.CompleteMultipartUpload({ ...named, UploadId: UploadId!, MultipartUpload: { Parts } });
    await nube.advance("1s");
    const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "a", ...KEY, Range: "bytes=5242878-" });
    expect(await textOf(replica.Body)).toBe("ppppp");
  });

  test("is replicated on from a copy of it with the same key", async () => {
    await replicate(rule());
    await put("a", KEY);
    await nube.advance("1s");
    await nube.s3.CopyObject({
      Bucket: "source",
      Key: "b",
      CopySource: "copy/a",
      CopySourceSSECustomerAlgorithm: KEY.SSECustomerAlgorithm,
      CopySourceSSECustomerKey: KEY.SSECustomerKey,
      CopySourceSSECustomerKeyMD5: KEY.SSECustomerKeyMD5,
      ...KEY,
    });
    await nube.advance("1s");
    const replica = await nube.s3.GetObject({ Bucket: "copy", Key: "b", ...KEY });
    expect(await textOf(replica.Body)).toBe("hello");
  });
});

test("a replica is not replicated again", async () => {
  await replicate(rule());
  await nube.s3.PutBucketReplication({
    Bucket: "copy",
    ReplicationConfiguration: { Role: ROLE, Rules: [rule({}, "other")] },
  });
  await put("a");
  await head("copy", "a");
  await expect(head("other", "a")).rejects.toMatchObject(missing);
});

describe("later changes", () => {
  test("of tags are replicated", async () => {
    await replicate(rule());
    await put("a");
    await nube.advance("1s");
    const TagSet = [{ Key: "k", Value: "v" }];
    await nube.s3.PutObjectTagging({ Bucket: "source", Key: "a", Tagging: { TagSet } });
    await nube.advance("1s");
    expect(await nube.s3.GetObjectTagging({ Bucket: "copy", Key: "a" })).toMatchObject({ TagSet });
  });

  test("of a replica's tags are replicated back if the rule enables it", async () => {
    await replicate(rule());
    const back = rule({ SourceSelectionCriteria: { ReplicaModifications: on } }, "source");
    const configuration = { Role: ROLE, Rules: [back] };
    await nube.s3.PutBucketReplication({ Bucket: "copy", ReplicationConfiguration: configuration });
    await put("a");
    await nube.advance("1s");
    const TagSet = [{ Key: "k", Value: "v" }];
    await nube.s3.PutObjectTagging({ Bucket: "copy", Key: "a", Tagging: { TagSet } });
    await nube.advance("1s");
    expect(await nube.s3.GetObjectTagging({ Bucket: "source", Key: "a" })).toMatchObject({ TagSet });
  });

  test.each([
    [on, true],
    [off, false],
  ])("by delete markers are replicated if replication is %o", async (DeleteMarkerReplication, follows) => {
    await replicate(rule({ DeleteMarkerReplication }));
    await put("a");
    await nube.s3.DeleteObject({ Bucket: "source", Key: "a" });
    await nube.advance("1s");
    const { DeleteMarkers = [] } = await nube.s3.ListObjectVersions({ Bucket: "copy" });
    expect(DeleteMarkers).toHaveLength(follows ? 1 : 0);
  });

  test("by permanent deletions are not replicated", async () => {
    await replicate(rule({ DeleteMarkerReplication: on }));
    const { VersionId } = await put("a");
    await nube.advance("1s");
    await nube.s3.DeleteObject({ Bucket: "source", Key: "a", VersionId });
    expect((await head("copy", "a")).VersionId).toBe(VersionId);
  });

  test("by delete markers are replicated under a rule of the first version", async () => {
    await replicate({ ...on, Prefix: "", Destination: { Bucket: "arn:aws:s3:::copy" } });
    await put("a");
    await nube.s3.DeleteObject({ Bucket: "source", Key: "a" });
    await nube.advance("1s");
    await expect(head("copy", "a")).rejects.toMatchObject(missing);
  });
});

test("an annotation that does not fit a full replica fails, and others are still replicated", async () => {
  await replicate(rule());
  await put("a");
  const annotate = (Bucket: string, AnnotationName: string, text: string) =>
    nube.s3.PutObjectAnnotation({ Bucket, Key: "a", AnnotationName, AnnotationPayload: bodyOf(text) });
  await annotate("source", "first", "one");
  await nube.advance("1s");
  for (let n = 1; n < MAX_ANNOTATIONS; n++) await annotate("copy", `own${n}`, "own");
  await annotate("source", "second", "two");
  await annotate("source", "first", "one again");
  await nube.advance("1s");
  const { Annotations } = await nube.s3.ListObjectAnnotations({ Bucket: "source", Key: "a" });
  expect(
    Annotations!.map(({ AnnotationName, ReplicationStatus }) => [AnnotationName, ReplicationStatus]),
  ).toEqual([
    ["first", "COMPLETED"],
    ["second", "FAILED"],
  ]);
  const named = { Bucket: "copy", Key: "a" };
  const replica = await nube.s3.ListObjectAnnotations(named);
  expect([replica.Annotations!.length, replica.NextContinuationToken]).toEqual([MAX_ANNOTATIONS, undefined]);
  const { AnnotationPayload } = await nube.s3.GetObjectAnnotation({ ...named, AnnotationName: "first" });
  expect(await textOf(AnnotationPayload)).toBe("one again");
});

test("a replica locked in compliance mode keeps an annotation that is deleted from the source", async () => {
  await nube.s3.CreateBucket({ Bucket: "locked", ObjectLockEnabledForBucket: true });
  await nube.s3.PutObjectLockConfiguration({
    Bucket: "locked",
    ObjectLockConfiguration: {
      ObjectLockEnabled: "Enabled",
      Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 30 } },
    },
  });
  await replicate(rule({}, "locked"));
  await put("a");
  const named = { Bucket: "source", Key: "a", AnnotationName: "note" };
  await nube.s3.PutObjectAnnotation({ ...named, AnnotationPayload: bodyOf("text") });
  await nube.advance("1s");
  await nube.s3.DeleteObjectAnnotation(named);
  await nube.advance("1s");
  const annotation = await nube.s3.GetObjectAnnotation({ ...named, Bucket: "locked" });
  expect(await textOf(annotation.AnnotationPayload)).toBe("text");
});

test("objects are replicated to another account's bucket in another Region, which owns them", async () => {
  const abroad = nube.as(rootOf("111122223333"), { region: "eu-west-1" }).s3;
  const CreateBucketConfiguration = { LocationConstraint: "eu-west-1" } as const;
  await abroad.CreateBucket({ Bucket: "abroad", CreateBucketConfiguration });
  await abroad.PutBucketVersioning({ Bucket: "abroad", VersioningConfiguration: on });
  const statement = { Effect: "Allow", Principal: { AWS: ROLE }, Action: "s3:ReplicateObject" };
  const Statement = [{ ...statement, Resource: "arn:aws:s3:::abroad/*" }];
  await abroad.PutBucketPolicy({
    Bucket: "abroad",
    Policy: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  await replicate(
    rule({
      Destination: {
        Bucket: "arn:aws:s3:::abroad",
        Account: "111122223333",
        AccessControlTranslation: { Owner: "Destination" },
      },
    }),
  );
  await put("a");
  await nube.advance("1s");
  expect(await abroad.HeadObject({ Bucket: "abroad", Key: "a" })).toMatchObject({
    ReplicationStatus: "REPLICA",
  });
});

describe("replication that is impossible", () => {
  beforeEach(async () => {
    await nube.s3.PutBucketNotificationConfiguration({
      Bucket: "source",
      NotificationConfiguration: { QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:Replication:*"] }] },
    });
    const Metrics = on;
    await replicate(rule({ ID: "r", Destination: { Bucket: "arn:aws:s3:::copy", Metrics } }));
  });
  const reasons = () =>
    nube.deliveries.flatMap(({ message }) =>
      ((message.Records ?? []) as { replicationEventData: object }[]).map(
        (each) => each.replicationEventData,
      ),
    );

  test("because of a missing bucket fails with an event", async () => {
    await nube.s3.DeleteBucket({ Bucket: "copy" });
    await put("a");
    expect((await head("source", "a")).ReplicationStatus).toBe("FAILED");
    expect(reasons()).toEqual([
      {
        replicationRuleId: "r",
        destinationBucket: "arn:aws:s3:::copy",
        s3Operation: "OBJECT_PUT",
        requestTime: expect.any(String),
        failureReason: "DstBucketNotFound",
      },
    ]);
  });

  test("because of missing versioning fails", async () => {
    await nube.s3.PutBucketVersioning({ Bucket: "copy", VersioningConfiguration: { Status: "Suspended" } });
    await put("a");
    await head("source", "a");
    expect(reasons()).toMatchObject([{ failureReason: "DstBucketUnversioned" }]);
  });
});

test("versioning cannot be suspended during replication", async () => {
  await replicate(rule());
  const suspend = () =>
    nube.s3.PutBucketVersioning({ Bucket: "source", VersioningConfiguration: { Status: "Suspended" } });
  await expect(suspend()).rejects.toMatchObject({ code: "InvalidBucketState", status: 409 });
  await nube.s3.DeleteBucketReplication({ Bucket: "source" });
  await suspend();
});

test("a returned configuration of the first version can be put again", async () => {
  const stored = { Role: ROLE, Rules: [rule({ ID: "r", ExistingObjectReplication: on })] };
  const earlier: Service = {
    ...service,
    operations: new Map(service.operations).set("DeleteBucketReplication", (ctx) =>
      ctx.transact(async (tx) => {
        replications.put(tx, await bucketAt(tx, "source"), stored);
        return {};
      }),
    ),
  };
  const cloud = await testCloud([earlier]);
  const { s3 } = cloud.aws;
  for (const Bucket of ["source", "copy"]) {
    await s3.CreateBucket({ Bucket });
    await s3.PutBucketVersioning({ Bucket, VersioningConfiguration: on });
  }
  await s3.DeleteBucketReplication({ Bucket: "source" });
  const { ReplicationConfiguration } = await s3.GetBucketReplication({ Bucket: "source" });
  expect(ReplicationConfiguration).toMatchObject({ Rules: [{ ID: "r" }] });
  await s3.PutBucketReplication({
    Bucket: "source",
    ReplicationConfiguration: ReplicationConfiguration as typeof stored,
  });
  await cloud.close();
});
