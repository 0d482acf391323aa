import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from "@aws-sdk/client-eventbridge";
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectAnnotationCommand,
  DeleteObjectCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketVersioningCommand,
  PutObjectAnnotationCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";

const cloud = conformanceCloud();
const sqs = () => new SQSClient(cloud.client());
const send = ((command: never) =>
  new S3Client({ ...cloud.client(), forcePathStyle: true }).send(command)) as S3Client["send"];

const STRUCTURE = doc("AmazonS3/latest/userguide/ev-events.html");
const MAPPING = doc("AmazonS3/latest/userguide/ev-mapping-troubleshooting.html");

const ACCOUNT = "000000000000";
let url: string;

beforeAll(async () => {
  const events = new EventBridgeClient(cloud.client());
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: "*",
      },
    ],
  });
  const made = await sqs().send(new CreateQueueCommand({ QueueName: "events", Attributes: { Policy } }));
  url = made.QueueUrl!;
  await events.send(new PutRuleCommand({ Name: "s3", EventPattern: '{"source":["aws.s3"]}' }));
  const Targets = [{ Id: "queue", Arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:events` }];
  await events.send(new PutTargetsCommand({ Rule: "s3", Targets }));
});

interface BusEvent {
  "detail-type": string;
  detail: Record<string, unknown> & { object: Record<string, unknown> };
}

let names = 0;
/** The events on the default bus of a bucket with EventBridge enabled. */
async function eventsDuring(act: (Bucket: string) => Promise<unknown>): Promise<BusEvent[]> {
  const Bucket = `bridged-${++names}`;
  await send(new CreateBucketCommand({ Bucket }));
  await send(
    new PutBucketNotificationConfigurationCommand({
      Bucket,
      NotificationConfiguration: { EventBridgeConfiguration: {} },
    }),
  );
  await act(Bucket);
  await cloud.advance(5_000);
  const { Messages = [] } = await sqs().send(
    new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }),
  );
  const events = Messages.map(({ Body }) => JSON.parse(Body!));
  return events.filter(({ resources }) => resources[0] === `arn:aws:s3:::${Bucket}`);
}

const put = (Bucket: string) => send(new PutObjectCommand({ Bucket, Key: "a b", Body: "hello" }));
const remove = (Bucket: string) => send(new DeleteObjectCommand({ Bucket, Key: "a b" }));

behaviour("creating an object sends an Object Created event", STRUCTURE, async () => {
  const [event] = await eventsDuring(put);
  expect(event).toMatchObject({
    version: "0",
    "detail-type": "Object Created",
    source: "aws.s3",
    account: ACCOUNT,
    region: "us-east-1",
    detail: {
      version: "0",
      bucket: { name: expect.stringMatching(/^bridged-/) },
      object: {
        key: "a b",
        size: 5,
        etag: "5d41402abc4b2a76b9719d911017c592",
        sequencer: expect.stringMatching(/^[0-9A-F]+$/),
      },
      "request-id": expect.any(String),
      requester: ACCOUNT,
      "source-ip-address": expect.stringContaining("127.0.0.1"),
      reason: "PutObject",
    },
  });
});

behaviour("deleting an object sends an event with the deletion type", MAPPING, async () => {
  const events = await eventsDuring(async (bucket) => {
    await put(bucket);
    await remove(bucket);
  });
  const deleted = events.find((event) => event["detail-type"] === "Object Deleted");
  expect(deleted!.detail).toMatchObject({
    reason: "DeleteObject",
    "deletion-type": "Permanently Deleted",
  });
});

behaviour("creating a delete marker sends an event", MAPPING, async () => {
  const events = await eventsDuring(async (Bucket) => {
    await send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    await put(Bucket);
    await remove(Bucket);
  });
  const deleted = events.find((event) => event["detail-type"] === "Object Deleted");
  expect(deleted!.detail).toMatchObject({
    "deletion-type": "Delete Marker Created",
    object: { key: "a b", etag: "d41d8cd98f00b204e9800998ecf8427e", "version-id": expect.any(String) },
  });
});

behaviour("changing tags sends events", MAPPING, async () => {
  const events = await eventsDuring(async (Bucket) => {
    await put(Bucket);
    const Tagging = { TagSet: [{ Key: "k", Value: "v" }] };
    await send(new PutObjectTaggingCommand({ Bucket, Key: "a b", Tagging }));
  });
  expect(events.map((event) => event["detail-type"]).sort()).toEqual(["Object Created", "Object Tags Added"]);
});

behaviour(
  "changing annotations sends events, and a copy's event says whether it has annotations",
  STRUCTURE,
  async () => {
    const events = await eventsDuring(async (Bucket) => {
      await put(Bucket);
      const note = { Bucket, Key: "a b", AnnotationName: "note" };
      await send(new PutObjectAnnotationCommand({ ...note, AnnotationPayload: "text" }));
      await send(new CopyObjectCommand({ Bucket, Key: "c", CopySource: `${Bucket}/a%20b` }));
      await send(new DeleteObjectAnnotationCommand(note));
      await send(new CopyObjectCommand({ Bucket, Key: "d", CopySource: `${Bucket}/a%20b` }));
    });
    const of = (type: string) => events.find((event) => event["detail-type"] === type)!.detail;
    const object = {
      key: "a b",
      etag: "5d41402abc4b2a76b9719d911017c592",
      sequencer: expect.stringMatching(/^[0-9A-F]+$/),
    };
    expect(of("Object Annotation Created")).toMatchObject({
      reason: "PutObjectAnnotation",
      "object-annotation": { name: "note", size: 4, etag: "1cb251ec0d568de6a929b520c4aed8d1" },
    });
    expect(of("Object Annotation Created").object).toEqual(object);
    expect(of("Object Annotation Removed")).toMatchObject({
      object,
      reason: "DeleteObjectAnnotation",
      "object-annotation": { name: "note" },
    });
    const copies = events.filter(({ detail }) => detail.reason === "CopyObject");
    const annotated = copies.map(({ detail }) => [detail.object.key, detail.object["has-object-annotation"]]);
    expect(annotated.sort()).toEqual([
      ["c", true],
      ["d", false],
    ]);
  },
);
