import {
  CreateBucketCommand,
  DeleteBucketReplicationCommand,
  GetBucketReplicationCommand,
  PutBucketReplicationCommand,
  PutBucketVersioningCommand,
  type ReplicationRule,
  S3Client,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const s3 = (options = {}) => new S3Client({ ...cloud.client(options), forcePathStyle: true });
const send: S3Client["send"] = ((command: never) => s3().send(command)) as never;

const PUT = doc("AmazonS3/latest/API/API_PutBucketReplication.html");
const GET = doc("AmazonS3/latest/API/API_GetBucketReplication.html");
const DELETE = doc("AmazonS3/latest/API/API_DeleteBucketReplication.html");
const ADD = doc("AmazonS3/latest/userguide/replication-add-config.html");
const MARKERS = doc("AmazonS3/latest/userguide/delete-marker-replication.html");
const RULE = doc("AmazonS3/latest/API/API_ReplicationRule.html");

const Role = "arn:aws:iam::000000000000:role/replication";
const on = { Status: "Enabled" } as const;
const off = { Status: "Disabled" } as const;
const arn = (bucket: string) => `arn:aws:s3:::${bucket}`;

beforeAll(async () => {
  for (const Bucket of ["rules", "copy"]) {
    await send(new CreateBucketCommand({ Bucket }));
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: on }));
  }
  await send(new CreateBucketCommand({ Bucket: "plain" }));
});

/**
 * A configuration of the second version of the schema; the first has a Prefix and neither Filter nor
 * Priority.
 */
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
const get = async (Bucket: string) =>
  (await send(new GetBucketReplicationCommand({ Bucket }))).ReplicationConfiguration!;

const withTag = { Filter: { Tag: { Key: "k", Value: "v" } } };
const kms = { SourceSelectionCriteria: { SseKmsEncryptedObjects: on } };
const REFUSED: [string, string, object[], string, string | RegExp][] = [
  ["a configuration without rules is refused", PUT, [], "MalformedXML", /not well-formed/],
  [
    "a rule without a prefix or a filter is refused",
    RULE,
    [first({ Prefix: undefined })],
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "a rule with both a prefix and a filter is refused",
    RULE,
    [second({ Prefix: "" })],
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "a status other than Enabled and Disabled is refused",
    RULE,
    [second({ Status: "On" })],
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "a missing destination bucket is refused",
    PUT,
    [second({}, { Bucket: arn("no-such-bucket-there") })],
    "InvalidRequest",
    "Destination bucket must have versioning enabled.",
  ],
  [
    "a destination bucket without versioning is refused",
    ADD,
    [second({}, { Bucket: arn("plain") })],
    "InvalidRequest",
    "Destination bucket must have versioning enabled.",
  ],
  [
    "the source bucket is refused as destination",
    ADD,
    [second({}, { Bucket: arn("rules") })],
    "InvalidRequest",
    /same as the source/,
  ],
  [
    "a destination that is not an ARN is refused",
    RULE,
    [second({}, { Bucket: "copy" })],
    "InvalidArgument",
    "Invalid bucket ARN",
  ],
  [
    "an unknown storage class is refused",
    RULE,
    [second({}, { Bucket: arn("copy"), StorageClass: "CELLAR" })],
    "InvalidStorageClass",
    /storage class/,
  ],
  [
    "a filter requires a priority",
    ADD,
    [second({ Priority: undefined })],
    "InvalidRequest",
    /^Priority must be specified for this version/,
  ],
  [
    "a filter requires DeleteMarkerReplication",
    ADD,
    [second({ DeleteMarkerReplication: undefined })],
    "InvalidRequest",
    /^DeleteMarkerReplication must be specified for this version/,
  ],
  [
    "DeleteMarkerReplication is refused in version 1 of the schema",
    ADD,
    [first({ DeleteMarkerReplication: off })],
    "InvalidRequest",
    /^DeleteMarkerReplication cannot be used for this version/,
  ],
  [
    "a priority is refused in version 1 of the schema",
    ADD,
    [first({ Priority: 1 })],
    "InvalidRequest",
    /^Priority cannot be used for this version/,
  ],
  ...[first({ ExistingObjectReplication: on }), second({ ExistingObjectReplication: on })].map(
    (rule, version): (typeof REFUSED)[number] => [
      `ExistingObjectReplication is refused in version ${version + 1} of the schema`,
      "https://github.com/hashicorp/terraform-provider-aws/issues/43746",
      [rule],
      "MalformedXML",
      /not well-formed/,
    ],
  ),
  [
    "several destinations are refused in version 1 of the schema",
    ADD,
    [first({ Prefix: "a" }), first({ Prefix: "b", Destination: { Bucket: arn("plain") } })],
    "InvalidRequest",
    /distinct destination bucket ARNs/,
  ],
  [
    "overlapping prefixes are refused in version 1 of the schema",
    ADD,
    [first({ Prefix: "a" }), first({ Prefix: "ab" })],
    "InvalidRequest",
    "Found overlapping prefixes 'a' and 'ab'",
  ],
  [
    "delete marker replication is refused with a tag filter",
    MARKERS,
    [second({ ...withTag, DeleteMarkerReplication: on })],
    "InvalidRequest",
    /not supported if any Tag filter/,
  ],
  [
    "duplicate priorities are refused",
    RULE,
    [second({ ID: "a" }), second({ ID: "b" })],
    "InvalidRequest",
    /same priority/,
  ],
  [
    "duplicate IDs are refused",
    RULE,
    [second({ ID: "a" }), second({ ID: "a", Priority: 2 })],
    "InvalidArgument",
    "Rule Id must be unique",
  ],
  [
    "an ID of more than 255 characters is refused",
    RULE,
    [second({ ID: "i".repeat(256) })],
    "InvalidArgument",
    /255/,
  ],
  [
    "a prefix of more than 1,024 bytes is refused",
    RULE,
    [second({ Filter: { Prefix: "p".repeat(1_025) } })],
    "InvalidRequest",
    /maximum size of a prefix/,
  ],
  [
    "an And of one condition is refused",
    doc("AmazonS3/latest/API/API_ReplicationRuleFilter.html"),
    [second({ Filter: { And: { Prefix: "a" } } })],
    "MalformedXML",
    /not well-formed/,
  ],
  [
    "a replication time other than 15 minutes is refused",
    doc("AmazonS3/latest/API/API_ReplicationTimeValue.html"),
    [second({}, { Bucket: arn("copy"), ReplicationTime: { ...on, Time: { Minutes: 10 } }, Metrics: on })],
    "InvalidRequest",
    /Minutes/,
  ],
  [
    "replication time control requires metrics",
    doc("AmazonS3/latest/API/API_ReplicationTime.html"),
    [second({}, { Bucket: arn("copy"), ReplicationTime: { ...on, Time: { Minutes: 15 } } })],
    "InvalidRequest",
    /Metrics/,
  ],
  [
    "a KMS key for replicas requires SseKmsEncryptedObjects",
    RULE,
    [second({}, { Bucket: arn("copy"), EncryptionConfiguration: { ReplicaKmsKeyID: "k" } })],
    "InvalidRequest",
    "SseKmsEncryptedObjects must be specified if EncryptionConfiguration is present.",
  ],
  [
    "SseKmsEncryptedObjects requires a KMS key for replicas",
    RULE,
    [second(kms)],
    "InvalidRequest",
    /ReplicaKmsKeyID/,
  ],
  [
    "an owner override requires the destination account",
    doc("AmazonS3/latest/API/API_AccessControlTranslation.html"),
    [second({}, { Bucket: arn("copy"), AccessControlTranslation: { Owner: "Destination" } })],
    "InvalidRequest",
    /Account/,
  ],
];

for (const [what, source, rules, code, message] of REFUSED) {
  behaviour(what, source, async () => {
    await expect(put("rules", rules)).rejects.toMatchObject({
      name: code,
      message: message instanceof RegExp ? expect.stringMatching(message) : message,
      $metadata: { httpStatusCode: 400 },
    });
  });
}

behaviour("the source bucket requires versioning", PUT, async () => {
  await expect(put("plain", [second()])).rejects.toMatchObject({
    name: "InvalidRequest",
    message: "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    BucketName: "plain",
  });
});

behaviour("the role must be an ARN", PUT, async () => {
  await expect(put("rules", [second()], "replication")).rejects.toMatchObject({ name: "InvalidArgument" });
});

behaviour("a configuration is returned as it was put, with IDs", GET, async () => {
  const rule = second(
    { ID: "r", Filter: { And: { Prefix: "in/", Tags: [{ Key: "k", Value: "v" }] } } },
    {
      Bucket: arn("copy"),
      StorageClass: "STANDARD_IA",
      ReplicationTime: { ...on, Time: { Minutes: 15 } },
      Metrics: { ...on, EventThreshold: { Minutes: 15 } },
    },
  );
  await put("rules", [rule, second({ Priority: 2 })]);
  const { Role: role, Rules } = await get("rules");
  expect(role).toBe(Role);
  expect(Rules![0]).toEqual(rule);
  expect(Rules![1]!.ID).toMatch(/^.{10,}$/);
});

behaviour("a configuration replaces the existing one", PUT, async () => {
  await put("rules", [second({ ID: "a" })]);
  await put("rules", [second({ ID: "b" })]);
  expect((await get("rules")).Rules!.map(({ ID }) => ID)).toEqual(["b"]);
});

behaviour("GetBucketReplication of a bucket without replication fails", GET, async () => {
  await expect(get("plain")).rejects.toMatchObject({
    name: "ReplicationConfigurationNotFoundError",
    message: "The replication configuration was not found",
    BucketName: "plain",
    $metadata: { httpStatusCode: 404 },
  });
});

behaviour("DeleteBucketReplication deletes the configuration and is idempotent", DELETE, async () => {
  await put("rules", [second()]);
  for (let i = 0; i < 2; i++) {
    const { $metadata } = await send(new DeleteBucketReplicationCommand({ Bucket: "rules" }));
    expect($metadata.httpStatusCode).toBe(204);
  }
  await expect(get("rules")).rejects.toMatchObject({ name: "ReplicationConfigurationNotFoundError" });
});

behaviour(
  "versioning cannot be suspended in a bucket with replication",
  doc("AmazonS3/latest/userguide/replication-and-other-bucket-configs.html"),
  async () => {
    await put("rules", [second()]);
    const command = new PutBucketVersioningCommand({
      Bucket: "rules",
      VersioningConfiguration: { Status: "Suspended" },
    });
    await expect(send(command)).rejects.toMatchObject({
      name: "InvalidBucketState",
      $metadata: { httpStatusCode: 409 },
    });
  },
);
