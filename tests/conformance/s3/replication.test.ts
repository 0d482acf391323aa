import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketReplicationCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  type ReplicationRule,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const s3 = (options = {}) => new S3Client({ ...cloud.client(options), forcePathStyle: true });
const send: S3Client["send"] = ((command: never) => s3().send(command)) as never;

const WHAT = doc("AmazonS3/latest/userguide/replication-what-is-isnot-replicated.html");
const STATUS = doc("AmazonS3/latest/userguide/replication-status.html");
const MARKERS = doc("AmazonS3/latest/userguide/delete-marker-replication.html");
const RULE = doc("AmazonS3/latest/API/API_ReplicationRule.html");

const Role = "arn:aws:iam::000000000000:role/replication";
const DAY = 86_400_000;
const on = { Status: "Enabled" } as const;
const off = { Status: "Disabled" } as const;
const arn = (bucket: string) => `arn:aws:s3:::${bucket}`;

async function versioned(Bucket: string, client = s3(), region?: "eu-west-1") {
  await client.send(
    new CreateBucketCommand({
      Bucket,
      ...(region && { CreateBucketConfiguration: { LocationConstraint: region } }),
    }),
  );
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: on }));
}

beforeAll(() => versioned("copy"));

/** A configuration of schema version 2; version 1 has a Prefix and neither Filter nor Priority. */
const second = (more: object = {}, Destination: object = { Bucket: arn("copy") }) =>
  ({
    ...on,
    Priority: 1,
    Filter: { Prefix: "" },
    DeleteMarkerReplication: off,
    Destination,
    ...more,
  }) as ReplicationRule;
const first = (more: object = {}) =>
  ({ ...on, Prefix: "", Destination: { Bucket: arn("copy") }, ...more }) as ReplicationRule;

const put = (Bucket: string, Rules: object[], role = Role) =>
  send(
    new PutBucketReplicationCommand({
      Bucket,
      ReplicationConfiguration: { Role: role, Rules: Rules as ReplicationRule[] },
    }),
  );
const withTag = { Filter: { Tag: { Key: "k", Value: "v" } } };

/** The policy by which another account's bucket allows the role to replicate. */
const replicaPolicy = (bucket: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { AWS: Role },
        Action: ["s3:ReplicateObject", "s3:ReplicateDelete"],
        Resource: `${arn(bucket)}/*`,
      },
    ],
  });

/** Creates a source and a destination for one test. */
let pairs = 0;
async function pair(more: object = {}, destination: object = {}) {
  const [from, to] = [`from-${++pairs}`, `to-${pairs}`];
  await versioned(from);
  await versioned(to);
  await put(from, [second(more, { Bucket: arn(to), ...destination })]);
  const at = (Bucket: string, Key = "k", VersionId?: string) =>
    send(new HeadObjectCommand({ Bucket, Key, VersionId }));
  const write = async (Key = "k", extra: object = {}) => {
    const made = await send(new PutObjectCommand({ Bucket: from, Key, Body: "hello", ...extra }));
    await cloud.advance(1_000);
    return made;
  };
  return { from, to, write, source: (key?: string) => at(from, key), replica: (key?: string) => at(to, key) };
}
const notThere = { $metadata: { httpStatusCode: 404 } };

behaviour("a new object is replicated with its bytes", WHAT, async () => {
  const { to, write } = await pair();
  await write();
  const { Body } = await send(new GetObjectCommand({ Bucket: to, Key: "k" }));
  expect(await Body!.transformToString()).toBe("hello");
});

behaviour("a replica has the version ID of its source", WHAT, async () => {
  const { write, replica } = await pair();
  const { VersionId } = await write();
  expect((await replica()).VersionId).toBe(VersionId);
});

behaviour(
  "a replica has the creation time of its source",
  doc("AmazonS3/latest/userguide/replication.html"),
  async () => {
    const { write, source, replica } = await pair();
    await write();
    await cloud.advance(60_000);
    expect((await replica()).LastModified).toEqual((await source()).LastModified);
  },
);

behaviour("metadata is replicated", WHAT, async () => {
  const { write, replica } = await pair();
  await write("k", { Metadata: { author: "me" }, ContentType: "text/x", CacheControl: "no-cache" });
  expect(await replica()).toMatchObject({
    Metadata: { author: "me" },
    ContentType: "text/x",
    CacheControl: "no-cache",
  });
});

behaviour("tags are replicated", WHAT, async () => {
  const { to, write } = await pair();
  await write("k", { Tagging: "a=1&b=2" });
  const { TagSet } = await send(new GetObjectTaggingCommand({ Bucket: to, Key: "k" }));
  expect(TagSet).toEqual([
    { Key: "a", Value: "1" },
    { Key: "b", Value: "2" },
  ]);
});

behaviour("the source's status is COMPLETED once the replica exists", STATUS, async () => {
  const { write, source } = await pair();
  await write();
  expect((await source()).ReplicationStatus).toBe("COMPLETED");
});

behaviour("the status of a replica is REPLICA", STATUS, async () => {
  const { write, replica } = await pair();
  await write();
  expect((await replica()).ReplicationStatus).toBe("REPLICA");
});

behaviour("an object that matches no rule has no status", STATUS, async () => {
  const { write, source } = await pair({ Filter: { Prefix: "in/" } });
  await write("out");
  expect((await source("out")).ReplicationStatus).toBeUndefined();
});

behaviour("with two destinations the status is FAILED if one fails", STATUS, async () => {
  const { from, to, write, source } = await pair();
  await versioned("gone-soon");
  await put(from, [second({}, { Bucket: arn(to) }), second({ Priority: 2 }, { Bucket: arn("gone-soon") })]);
  await send(
    new PutBucketVersioningCommand({ Bucket: "gone-soon", VersioningConfiguration: { Status: "Suspended" } }),
  );
  await write();
  expect((await source()).ReplicationStatus).toBe("FAILED");
});

behaviour("existing objects are not replicated", WHAT, async () => {
  const { from, to, write, replica } = await pair();
  await send(new DeleteBucketReplicationCommand({ Bucket: from }));
  await write("old");
  await put(from, [second({}, { Bucket: arn(to) })]);
  await cloud.advance(1_000);
  await expect(replica("old")).rejects.toMatchObject(notThere);
});

behaviour("a disabled rule replicates nothing", RULE, async () => {
  const { write, replica } = await pair(off);
  await write();
  await expect(replica()).rejects.toMatchObject(notThere);
});

behaviour("rules filter by prefix", doc("AmazonS3/latest/API/API_ReplicationRuleFilter.html"), async () => {
  const { write, replica } = await pair({ Filter: { Prefix: "in/" } });
  await write("in/a");
  await write("out/a");
  expect((await replica("in/a")).ReplicationStatus).toBe("REPLICA");
  await expect(replica("out/a")).rejects.toMatchObject(notThere);
});

behaviour("rules filter by tag", doc("AmazonS3/latest/API/API_ReplicationRuleFilter.html"), async () => {
  const { write, replica } = await pair(withTag);
  await write("tagged", { Tagging: "k=v" });
  await write("other", { Tagging: "k=w" });
  expect((await replica("tagged")).ReplicationStatus).toBe("REPLICA");
  await expect(replica("other")).rejects.toMatchObject(notThere);
});

behaviour(
  "And requires the prefix and all tags",
  doc("AmazonS3/latest/API/API_ReplicationRuleAndOperator.html"),
  async () => {
    const Tags = [
      { Key: "a", Value: "1" },
      { Key: "b", Value: "2" },
    ];
    const { write, replica } = await pair({ Filter: { And: { Prefix: "in/", Tags } } });
    await write("in/both", { Tagging: "a=1&b=2" });
    await write("in/one", { Tagging: "a=1" });
    await write("both", { Tagging: "a=1&b=2" });
    expect((await replica("in/both")).ReplicationStatus).toBe("REPLICA");
    await expect(replica("in/one")).rejects.toMatchObject(notThere);
    await expect(replica("both")).rejects.toMatchObject(notThere);
  },
);

behaviour("of two rules for one destination, the one with the higher priority applies", RULE, async () => {
  const { from, to, write, replica } = await pair();
  await put(from, [
    second({ Priority: 1 }, { Bucket: arn(to), StorageClass: "GLACIER_IR" }),
    second({ Priority: 2 }, { Bucket: arn(to), StorageClass: "STANDARD_IA" }),
  ]);
  await write();
  expect((await replica()).StorageClass).toBe("STANDARD_IA");
});

behaviour(
  "a replica has the source's storage class by default",
  doc("AmazonS3/latest/API/API_Destination.html"),
  async () => {
    const { write, replica } = await pair();
    await write("k", { StorageClass: "ONEZONE_IA" });
    expect((await replica()).StorageClass).toBe("ONEZONE_IA");
  },
);

behaviour(
  "a rule may set the replica's storage class",
  doc("AmazonS3/latest/API/API_Destination.html"),
  async () => {
    const { write, replica } = await pair({}, { StorageClass: "GLACIER" });
    await write();
    expect((await replica()).StorageClass).toBe("GLACIER");
  },
);

behaviour("an archived object is not replicated", WHAT, async () => {
  const { write, replica } = await pair();
  await write("k", { StorageClass: "GLACIER" });
  await expect(replica()).rejects.toMatchObject(notThere);
});

behaviour("a replica is not replicated again", WHAT, async () => {
  const { to, write, replica } = await pair();
  await versioned("third");
  await put(to, [second({}, { Bucket: arn("third") })]);
  await write();
  expect((await replica()).ReplicationStatus).toBe("REPLICA");
  await expect(send(new HeadObjectCommand({ Bucket: "third", Key: "k" }))).rejects.toMatchObject(notThere);
});

behaviour("a replica of a multipart object keeps its parts and ETag", WHAT, async () => {
  const { from, source, replica } = await pair();
  const named = { Bucket: from, Key: "k" };
  const { UploadId } = await send(new CreateMultipartUploadCommand(named));
  const { ETag } = await send(new UploadPartCommand({ ...named, UploadId, PartNumber: 1, Body: "part" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await send(new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload }));
  await cloud.advance(1_000);
  expect((await replica()).ETag).toBe((await source()).ETag);
});

behaviour("tag changes are replicated", WHAT, async () => {
  const { from, to, write } = await pair();
  await write("k", { Tagging: "a=1" });
  const tags = async () => (await send(new GetObjectTaggingCommand({ Bucket: to, Key: "k" }))).TagSet;
  const TagSet = [{ Key: "b", Value: "2" }];
  await send(new PutObjectTaggingCommand({ Bucket: from, Key: "k", Tagging: { TagSet } }));
  await cloud.advance(1_000);
  expect(await tags()).toEqual(TagSet);
  await send(new DeleteObjectTaggingCommand({ Bucket: from, Key: "k" }));
  await cloud.advance(1_000);
  expect(await tags()).toEqual([]);
});

behaviour(
  "replica modification sync replicates changes of the replica back",
  doc("AmazonS3/latest/userguide/replication-for-metadata-changes.html"),
  async () => {
    const { from, to, write } = await pair();
    await put(to, [second({ SourceSelectionCriteria: { ReplicaModifications: on } }, { Bucket: arn(from) })]);
    await write();
    const TagSet = [{ Key: "from", Value: "replica" }];
    await send(new PutObjectTaggingCommand({ Bucket: to, Key: "k", Tagging: { TagSet } }));
    await cloud.advance(1_000);
    const back = await send(new GetObjectTaggingCommand({ Bucket: from, Key: "k" }));
    expect(back.TagSet).toEqual(TagSet);
  },
);

const markersIn = async (Bucket: string) =>
  (await send(new ListObjectVersionsCommand({ Bucket }))).DeleteMarkers ?? [];

behaviour("delete markers are replicated if the rule enables it", MARKERS, async () => {
  const { from, to, write } = await pair({ DeleteMarkerReplication: on });
  await write();
  const { VersionId } = await send(new DeleteObjectCommand({ Bucket: from, Key: "k" }));
  await cloud.advance(1_000);
  expect((await markersIn(to)).map((marker) => marker.VersionId)).toEqual([VersionId]);
});

behaviour("delete markers are not replicated if the rule disables it", MARKERS, async () => {
  const { from, to, write } = await pair();
  await write();
  await send(new DeleteObjectCommand({ Bucket: from, Key: "k" }));
  await cloud.advance(1_000);
  expect(await markersIn(to)).toEqual([]);
});

behaviour(
  "a rule of the first schema version replicates delete markers",
  doc("AmazonS3/latest/userguide/replication-add-config.html#replication-backward-compat-considerations"),
  async () => {
    const { from, to, write } = await pair();
    await put(from, [first({ Destination: { Bucket: arn(to) } })]);
    await write();
    await send(new DeleteObjectCommand({ Bucket: from, Key: "k" }));
    await cloud.advance(1_000);
    expect(await markersIn(to)).toHaveLength(1);
  },
);

behaviour("deleting a version is not replicated", WHAT, async () => {
  const { from, write, replica } = await pair({ DeleteMarkerReplication: on });
  const { VersionId } = await write();
  await send(new DeleteObjectCommand({ Bucket: from, Key: "k", VersionId }));
  await cloud.advance(1_000);
  expect((await replica()).VersionId).toBe(VersionId);
});

behaviour(
  "a replica expires by the lifecycle rules of its own bucket",
  doc("AmazonS3/latest/userguide/replication-and-other-bucket-configs.html"),
  async () => {
    const { to, write, replica } = await pair();
    const Rules = [{ ID: "rule", ...on, Filter: { Prefix: "" }, Expiration: { Days: 1 } }];
    await send(new PutBucketLifecycleConfigurationCommand({ Bucket: to, LifecycleConfiguration: { Rules } }));
    await cloud.advance(2 * DAY);
    await write();
    await replica();
    await cloud.advance(2 * DAY);
    const { DeleteMarkers } = await send(new ListObjectVersionsCommand({ Bucket: to }));
    expect(DeleteMarkers).toMatchObject([{ Key: "k", IsLatest: true }]);
  },
);

behaviour("replicas keep the order of versions", WHAT, async () => {
  const { to, write } = await pair();
  const made = [await write(), await write(), await write()];
  const { Versions = [] } = await send(new ListObjectVersionsCommand({ Bucket: to }));
  expect(Versions.map(({ VersionId }) => VersionId)).toEqual(
    made.map(({ VersionId }) => VersionId).reverse(),
  );
});

behaviour(
  "objects are replicated to another Region and another account, which then owns them",
  doc("AmazonS3/latest/userguide/replication-change-owner.html"),
  async () => {
    const abroad = s3({ account: "111122223333", region: "eu-west-1" });
    await versioned("abroad", abroad, "eu-west-1");
    await abroad.send(new PutBucketPolicyCommand({ Bucket: "abroad", Policy: replicaPolicy("abroad") }));
    const { from, write, source } = await pair();
    const Destination = {
      Bucket: arn("abroad"),
      Account: "111122223333",
      AccessControlTranslation: { Owner: "Destination" },
    };
    await put(from, [second({}, Destination)]);
    await write();
    expect((await source()).ReplicationStatus).toBe("COMPLETED");
    const { Body } = await abroad.send(new GetObjectCommand({ Bucket: "abroad", Key: "k" }));
    expect(await Body!.transformToString()).toBe("hello");
  },
);

async function locked(Bucket: string) {
  await send(new CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
}

behaviour("retention and legal holds are replicated, also when they change", WHAT, async () => {
  for (const bucket of ["locked-from", "locked-to"]) await locked(bucket);
  await put("locked-from", [second({}, { Bucket: arn("locked-to") })]);
  const named = { Bucket: "locked-from", Key: "k" };
  const ObjectLockRetainUntilDate = new Date(Date.UTC(2199, 0, 1));
  const retained = { ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate } as const;
  await send(new PutObjectCommand({ ...named, Body: "hello", ChecksumAlgorithm: "CRC32", ...retained }));
  await cloud.advance(1_000);
  expect(await send(new HeadObjectCommand({ Bucket: "locked-to", Key: "k" }))).toMatchObject(retained);
  await send(new PutObjectLegalHoldCommand({ ...named, LegalHold: { Status: "ON" } }));
  await cloud.advance(1_000);
  const replica = await send(new HeadObjectCommand({ Bucket: "locked-to", Key: "k" }));
  expect(replica.ObjectLockLegalHoldStatus).toBe("ON");
  expect(replica).toMatchObject(retained);
  await send(new PutObjectRetentionCommand({ ...named, Retention: {}, BypassGovernanceRetention: true }));
  await cloud.advance(1_000);
  const freed = await send(new HeadObjectCommand({ Bucket: "locked-to", Key: "k" }));
  expect([freed.ObjectLockMode, freed.ObjectLockLegalHoldStatus]).toEqual([undefined, "ON"]);
});

/** Creates a bucket with a default retention of one month. */
async function retaining(Bucket: string) {
  await locked(Bucket);
  await send(
    new PutObjectLockConfigurationCommand({
      Bucket,
      ObjectLockConfiguration: {
        ObjectLockEnabled: "Enabled",
        Rule: { DefaultRetention: { Mode: "COMPLIANCE", Days: 30 } },
      },
    }),
  );
}

behaviour("the destination's default retention is kept when tags are replicated", WHAT, async () => {
  await versioned("free-from");
  await retaining("retaining-to");
  await put("free-from", [second({}, { Bucket: arn("retaining-to") })]);
  const named = { Bucket: "free-from", Key: "k" };
  await send(new PutObjectCommand({ ...named, Body: "hello" }));
  await cloud.advance(1_000);
  const replica = () => send(new HeadObjectCommand({ Bucket: "retaining-to", Key: "k" }));
  const { ObjectLockMode, ObjectLockRetainUntilDate } = await replica();
  expect(ObjectLockMode).toBe("COMPLIANCE");
  await send(new PutObjectTaggingCommand({ ...named, Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }));
  await cloud.advance(1_000);
  expect(await replica()).toMatchObject({ TagCount: 1, ObjectLockMode, ObjectLockRetainUntilDate });
});

behaviour(
  "replication never shortens a retention in compliance mode",
  doc("AmazonS3/latest/userguide/object-lock.html"),
  async () => {
    await locked("lenient-from");
    await retaining("strict-to");
    await put("lenient-from", [second({}, { Bucket: arn("strict-to") })]);
    const named = { Bucket: "lenient-from", Key: "k" };
    await send(new PutObjectCommand({ ...named, Body: "hello", ChecksumAlgorithm: "CRC32" }));
    await cloud.advance(1_000);
    const replica = () => send(new HeadObjectCommand({ Bucket: "strict-to", Key: "k" }));
    const { ObjectLockMode, ObjectLockRetainUntilDate } = await replica();
    expect(ObjectLockMode).toBe("COMPLIANCE");
    const retain = async (Mode: "GOVERNANCE" | "COMPLIANCE", RetainUntilDate: Date) => {
      await send(new PutObjectRetentionCommand({ ...named, Retention: { Mode, RetainUntilDate } }));
      await cloud.advance(1_000);
    };
    await retain("GOVERNANCE", new Date(Date.UTC(2199, 0, 1)));
    expect(await replica()).toMatchObject({ ObjectLockMode, ObjectLockRetainUntilDate });
  },
);

behaviour(
  "a locked object is not replicated to a bucket without Object Lock",
  doc("AmazonS3/latest/userguide/replication-failure-codes.html"),
  async () => {
    await locked("locked-alone");
    await put("locked-alone", [second()]);
    await send(new PutObjectCommand({ Bucket: "locked-alone", Key: "k", Body: "hello" }));
    await cloud.advance(1_000);
    const { ReplicationStatus } = await send(new HeadObjectCommand({ Bucket: "locked-alone", Key: "k" }));
    expect(ReplicationStatus).toBe("FAILED");
  },
);

behaviour(
  "replication to another account's bucket requires its bucket policy",
  doc("AmazonS3/latest/userguide/setting-repl-config-perm-overview.html"),
  async () => {
    await versioned("uninvited", s3({ account: "111122223333" }));
    const { from, write, source } = await pair();
    await put(from, [second({}, { Bucket: arn("uninvited"), Account: "111122223333" })]);
    await write();
    expect((await source()).ReplicationStatus).toBe("FAILED");
  },
);
