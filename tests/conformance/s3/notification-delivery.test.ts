import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  DeleteObjectTaggingCommand,
  type Event,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketVersioningCommand,
  PutObjectAclCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  type PutObjectCommandOutput,
  PutObjectLegalHoldCommand,
  PutObjectLockConfigurationCommand,
  PutObjectRetentionCommand,
  PutObjectTaggingCommand,
  RestoreObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import {
  CreateTopicCommand,
  SetTopicAttributesCommand,
  SNSClient,
  SubscribeCommand,
} from "@aws-sdk/client-sns";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const s3 = () => new S3Client({ ...cloud.client(), forcePathStyle: true });
const sqs = () => new SQSClient(cloud.client());
const sns = () => new SNSClient(cloud.client());
const send = ((command: never) => s3().send(command)) as S3Client["send"];

const STRUCTURE = doc("AmazonS3/latest/userguide/notification-content-structure.html");
const TYPES = doc("AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html");
const PERMISSIONS = doc("AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html");
const FILTERING = doc("AmazonS3/latest/userguide/notification-how-to-filtering.html");

const ACCOUNT = "000000000000";
const DAY_MS = 86_400_000;

/** The queue policy that allows S3 to send, as documented. */
const policy = (action: string) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "s3.amazonaws.com" }, Action: action, Resource: "*" },
    ],
  });

let names = 0;
async function queue(Policy = policy("SQS:SendMessage")) {
  const QueueName = `queue-${++names}`;
  const { QueueUrl } = await sqs().send(
    new CreateQueueCommand({ QueueName, Attributes: Policy === "" ? {} : { Policy } }),
  );
  return { url: QueueUrl!, arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}` };
}

async function bodies(QueueUrl: string): Promise<Record<string, unknown>[]> {
  await cloud.advance(1_000);
  const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 });
  const { Messages = [] } = await sqs().send(command);
  return Messages.map(({ Body }) => JSON.parse(Body!));
}

type Told = Record<string, never> & { eventName: string; s3: { object: Record<string, unknown> } };

/**
 * Creates a bucket that notifies a queue of these events. Returns the received messages without the test
 * message.
 */
async function recordsDuring(events: string[], act: (Bucket: string) => Promise<unknown>, more: object = {}) {
  const Bucket = `bucket-${++names}`;
  await send(new CreateBucketCommand({ Bucket }));
  const { url, arn } = await queue();
  await send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: {
        QueueConfigurations: [{ Id: "all", QueueArn: arn, Events: events as Event[], ...more }],
      },
    }),
  );
  expect(await bodies(url)).toMatchObject([{ Event: "s3:TestEvent", Bucket }]);
  await act(Bucket);
  // The test message may be received again meanwhile, because it was not deleted.
  return (await bodies(url)).flatMap(({ Records = [] }) => Records as Told[]);
}

const put = (Bucket: string, Key = "k", more: object = {}): Promise<PutObjectCommandOutput> =>
  send(new PutObjectCommand({ Bucket, Key, Body: "hello", ...more }));
const versioned = (Bucket: string) =>
  send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));

behaviour(
  "a queue receives a test message when it is configured",
  doc("AmazonS3/latest/userguide/notification-content-structure.html"),
  async () => {
    await send(new CreateBucketCommand({ Bucket: "tested" }));
    const { url, arn } = await queue();
    await send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "tested",
        NotificationConfiguration: {
          QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:*"] }],
        },
      }),
    );
    expect(await bodies(url)).toEqual([
      {
        Service: "Amazon S3",
        Event: "s3:TestEvent",
        Time: expect.stringMatching(/^\d{4}-.*Z$/),
        Bucket: "tested",
        RequestId: expect.any(String),
        HostId: expect.any(String),
      },
    ]);
  },
);

behaviour("a queue whose policy denies S3 is refused", PERMISSIONS, async () => {
  await send(new CreateBucketCommand({ Bucket: "kept-out" }));
  const { arn } = await queue("");
  const command = new PutBucketNotificationConfigurationCommand({
    Bucket: "kept-out",
    NotificationConfiguration: { QueueConfigurations: [{ QueueArn: arn, Events: ["s3:ObjectCreated:*"] }] },
  });
  await expect(send(command)).rejects.toMatchObject({
    name: "InvalidArgument",
    ArgumentName1: `${arn}, null`,
    ArgumentValue1:
      "Permissions on the destination queue do not allow S3 to publish notifications from this bucket",
  });
});

behaviour("a record has all documented fields", STRUCTURE, async () => {
  const [record] = await recordsDuring(["s3:ObjectCreated:*"], (bucket) => put(bucket, "a b/ü.txt"));
  expect(record).toMatchObject({
    eventVersion: expect.stringMatching(/^2\.\d$/),
    eventSource: "aws:s3",
    awsRegion: "us-east-1",
    eventTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    eventName: "ObjectCreated:Put",
    userIdentity: { principalId: expect.stringContaining(ACCOUNT) },
    requestParameters: { sourceIPAddress: expect.stringContaining("127.0.0.1") },
    responseElements: { "x-amz-request-id": expect.any(String), "x-amz-id-2": expect.any(String) },
    s3: {
      s3SchemaVersion: "1.0",
      configurationId: "all",
      bucket: {
        name: expect.stringMatching(/^bucket-/),
        ownerIdentity: { principalId: expect.stringMatching(/^A[A-Z0-9]{13}$/) },
        arn: expect.stringMatching(/^arn:aws:s3:::bucket-/),
      },
      object: {
        key: "a+b/%C3%BC.txt",
        size: 5,
        eTag: "5d41402abc4b2a76b9719d911017c592",
        sequencer: expect.stringMatching(/^[0-9A-F]+$/),
      },
    },
  });
});

behaviour("a record has the request IDs of the response", STRUCTURE, async () => {
  let requestId: string | undefined;
  const [record] = await recordsDuring(["s3:ObjectCreated:*"], async (bucket) => {
    requestId = (await put(bucket)).$metadata.requestId;
  });
  expect(record!.responseElements).toMatchObject({ "x-amz-request-id": requestId });
});

behaviour("a record has the version ID in a versioned bucket", STRUCTURE, async () => {
  let id: string | undefined;
  const [record] = await recordsDuring(["s3:ObjectCreated:*"], async (bucket) => {
    await versioned(bucket);
    id = (await put(bucket)).VersionId;
  });
  expect(record!.s3.object.versionId).toBe(id);
});

behaviour("of two events of a key, the later has the greater sequencer", STRUCTURE, async () => {
  const records = await recordsDuring(["s3:ObjectCreated:*", "s3:ObjectRemoved:*"], async (Bucket) => {
    await put(Bucket);
    await put(Bucket);
    await send(new DeleteObjectCommand({ Bucket, Key: "k" }));
  });
  const sequencers = records.map(({ s3: { object } }) => object.sequencer as string);
  expect(new Set(sequencers).size).toBe(3);
  expect(sequencers.every((text) => text.length === sequencers[0]!.length)).toBe(true);
});

async function parts(Bucket: string) {
  const named = { Bucket, Key: "k" };
  const { UploadId } = await send(new CreateMultipartUploadCommand(named));
  const { ETag } = await send(new UploadPartCommand({ ...named, UploadId, PartNumber: 1, Body: "part" }));
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await send(new CompleteMultipartUploadCommand({ ...named, UploadId, MultipartUpload }));
}

const tagObject = (Bucket: string) =>
  send(new PutObjectTaggingCommand({ Bucket, Key: "k", Tagging: { TagSet: [{ Key: "a", Value: "b" }] } }));
const deleteObject = (Bucket: string) => send(new DeleteObjectCommand({ Bucket, Key: "k" }));

const inTurn =
  (...acts: ((bucket: string) => Promise<unknown>)[]) =>
  async (bucket: string) => {
    for (const act of acts) await act(bucket);
  };
const copyObject = (Bucket: string) =>
  send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/k` }));
const untagObject = (Bucket: string) => send(new DeleteObjectTaggingCommand({ Bucket, Key: "k" }));
const note = { Key: "k", AnnotationName: "note" };
const annotateObject = (Bucket: string) =>
  send(new PutObjectAnnotationCommand({ Bucket, ...note, AnnotationPayload: "text" }));
const deleteAnnotation = (Bucket: string) => send(new DeleteObjectAnnotationCommand({ Bucket, ...note }));
const removeBoth = (Bucket: string) =>
  send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: "k" }, { Key: "c" }] } }));
const fail = (bucket: string) => put(bucket, "k", { IfMatch: '"none"' }).catch(() => {});

const enableAcls = (Bucket: string) =>
  send(
    new PutBucketOwnershipControlsCommand({
      Bucket,
      OwnershipControls: { Rules: [{ ObjectOwnership: "ObjectWriter" }] },
    }),
  );
const makePrivate = (Bucket: string) => send(new PutObjectAclCommand({ Bucket, Key: "k", ACL: "private" }));
const grantRead = (Bucket: string) =>
  send(new PutObjectAclCommand({ Bucket, Key: "k", GrantRead: `id="${"a".repeat(64)}"` }));

const EVENTS: [string, string[], (bucket: string) => Promise<unknown>, string[]][] = [
  [
    "a copy sends its own event type",
    ["s3:ObjectCreated:Copy"],
    inTurn(put, copyObject),
    ["ObjectCreated:Copy"],
  ],
  [
    "the completion of a multipart upload sends an event",
    ["s3:ObjectCreated:*"],
    parts,
    ["ObjectCreated:CompleteMultipartUpload"],
  ],
  ["a deletion sends an event", ["s3:ObjectRemoved:*"], inTurn(put, deleteObject), ["ObjectRemoved:Delete"]],
  [
    "a delete marker sends its own event type",
    ["s3:ObjectRemoved:*"],
    inTurn(versioned, put, deleteObject),
    ["ObjectRemoved:DeleteMarkerCreated"],
  ],
  [
    "a delete marker does not send ObjectRemoved:Delete",
    ["s3:ObjectRemoved:Delete"],
    inTurn(versioned, put, deleteObject),
    [],
  ],
  [
    "DeleteObjects sends an event for each key",
    ["s3:ObjectRemoved:*"],
    inTurn(put, copyObject, removeBoth),
    ["ObjectRemoved:Delete", "ObjectRemoved:Delete"],
  ],
  ["PutObjectTagging sends an event", ["s3:ObjectTagging:*"], inTurn(put, tagObject), ["ObjectTagging:Put"]],
  [
    "DeleteObjectTagging sends an event",
    ["s3:ObjectTagging:Delete"],
    inTurn(put, tagObject, untagObject),
    ["ObjectTagging:Delete"],
  ],
  [
    "putting and deleting an annotation each send one event",
    ["s3:ObjectAnnotation:*"],
    inTurn(put, annotateObject, deleteAnnotation, deleteAnnotation),
    ["ObjectAnnotation:Put", "ObjectAnnotation:Delete"],
  ],
  ["a failed write sends no event", ["s3:ObjectCreated:*"], fail, []],
  [
    "PutObjectAcl sends an event only if the ACL changes",
    ["s3:ObjectAcl:Put"],
    inTurn(enableAcls, put, makePrivate, grantRead, grantRead),
    ["ObjectAcl:Put"],
  ],
];
for (const [what, events, act, expected] of EVENTS) {
  behaviour(what, TYPES, async () => {
    expect((await recordsDuring(events, act)).map(({ eventName }) => eventName)).toEqual(expected);
  });
}

behaviour("the start and the end of a restore are notified, with the expiry", STRUCTURE, async () => {
  const records = await recordsDuring(["s3:ObjectRestore:*"], async (Bucket) => {
    await put(Bucket, "k", { StorageClass: "GLACIER" });
    await send(new RestoreObjectCommand({ Bucket, Key: "k", RestoreRequest: { Days: 1 } }));
    await cloud.advance(6 * 3_600_000);
  });
  expect(records.map(({ eventName }) => eventName)).toEqual([
    "ObjectRestore:Post",
    "ObjectRestore:Completed",
  ]);
  expect(records[1]!.glacierEventData).toEqual({
    restoreEventData: {
      lifecycleRestorationExpiryTime: expect.stringMatching(/Z$/),
      lifecycleRestoreStorageClass: "GLACIER",
    },
  });
});

behaviour("events of lifecycle expiration name S3 as principal", TYPES, async () => {
  const records = await recordsDuring(["s3:LifecycleExpiration:*"], async (Bucket) => {
    await put(Bucket);
    await send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket,
        LifecycleConfiguration: {
          Rules: [{ ID: "r", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
        },
      }),
    );
    await cloud.advance(3 * DAY_MS);
  });
  expect(records).toMatchObject([
    {
      eventName: "LifecycleExpiration:Delete",
      userIdentity: { principalId: "s3.amazonaws.com" },
      requestParameters: { sourceIPAddress: "s3.amazonaws.com" },
    },
  ]);
});

const filter = (...rules: [string, string][]) => ({
  Filter: { Key: { FilterRules: rules.map(([Name, Value]) => ({ Name, Value })) } },
});
const FILTERS: [string, object, string, boolean][] = [
  ["a prefix", filter(["prefix", "in/"]), "in/k", true],
  ["another prefix", filter(["prefix", "in/"]), "out/k", false],
  ["a suffix", filter(["suffix", ".jpg"]), "k.jpg", true],
  ["a prefix and a suffix", filter(["prefix", "in/"], ["suffix", ".jpg"]), "in/k.png", false],
];
for (const [what, rules, key, passes] of FILTERS) {
  behaviour(`a filter by ${what} ${passes ? "accepts" : "rejects"} ${key}`, FILTERING, async () => {
    const records = await recordsDuring(["s3:ObjectCreated:*"], (bucket) => put(bucket, key), rules);
    expect(records).toHaveLength(passes ? 1 : 0);
  });
}

behaviour("a topic forwards events to its subscribers", PERMISSIONS, async () => {
  const { TopicArn } = await sns().send(new CreateTopicCommand({ Name: "from-s3" }));
  const allowed = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "SNS:Publish",
        Resource: TopicArn,
      },
    ],
  });
  const { url, arn } = await queue(
    policy("SQS:SendMessage").replace("s3.amazonaws.com", "sns.amazonaws.com"),
  );
  await sns().send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }));
  await send(new CreateBucketCommand({ Bucket: "to-topic" }));
  const configure = () =>
    send(
      new PutBucketNotificationConfigurationCommand({
        Bucket: "to-topic",
        NotificationConfiguration: {
          TopicConfigurations: [{ TopicArn, Events: ["s3:ObjectCreated:*"] }],
        },
      }),
    );
  await expect(configure()).rejects.toMatchObject({
    ArgumentValue1:
      "Permissions on the destination topic do not allow S3 to publish notifications from this bucket",
  });
  await sns().send(
    new SetTopicAttributesCommand({ TopicArn, AttributeName: "Policy", AttributeValue: allowed }),
  );
  await configure();
  await put("to-topic");
  const messages = await bodies(url);
  expect(messages).toMatchObject([
    { Type: "Notification", Subject: "Amazon S3 Notification" },
    { Type: "Notification", Subject: "Amazon S3 Notification" },
  ]);
  const events = messages.map(({ Message }) => JSON.parse(Message as string));
  expect(events.find(({ Records }) => Records).Records[0].eventName).toBe("ObjectCreated:Put");
});

behaviour(
  "PutObjectRetention sends an event with mode and date",
  doc("AmazonS3/latest/API/API_QueueConfiguration.html"),
  async () => {
    const RetainUntilDate = new Date(Date.now() + 10 * DAY_MS);
    RetainUntilDate.setMilliseconds(0);
    const records = await recordsDuring(["s3:ObjectRetention:Put"], async (Bucket) => {
      await versioned(Bucket);
      await send(
        new PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: "Enabled" },
        }),
      );
      await put(Bucket, "k");
      const hold = { LegalHold: { Status: "ON" as const } };
      await send(new PutObjectLegalHoldCommand({ Bucket, Key: "k", ...hold }));
      const Retention = { Mode: "GOVERNANCE" as const, RetainUntilDate };
      await send(new PutObjectRetentionCommand({ Bucket, Key: "k", Retention }));
    });
    expect(records).toMatchObject([
      {
        eventName: "ObjectRetention:Put",
        s3: { object: { key: "k", versionId: expect.any(String) } },
        // The shape that the SDKs' own event message classes expect.
        objectRetentionEventData: { mode: "GOVERNANCE", retainUntilDate: RetainUntilDate.toISOString() },
      },
    ]);
  },
);
