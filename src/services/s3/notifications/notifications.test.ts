import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Input } from "#kernel/service.ts";
import { TEST_START } from "#kernel/testing.ts";
import { bodyOf } from "#lib/body.ts";
import { overHttp } from "../objects/testing.ts";
import type { EventRecord } from "./message.ts";
import { FUNCTION, QUEUE, TOPIC, withDestinations } from "./testing.ts";

type Given = Input<"s3", "PutBucketNotificationConfiguration">["NotificationConfiguration"];
type Events = NonNullable<Given["QueueConfigurations"]>[number]["Events"];

let nube: Awaited<ReturnType<typeof withDestinations>>;
beforeEach(async () => {
  nube = await withDestinations();
});
afterEach(() => nube.close());

const configure = (NotificationConfiguration: Given, more = {}) =>
  nube.s3.PutBucketNotificationConfiguration({ Bucket: "photos", NotificationConfiguration, ...more });
const notify = (...events: string[]) =>
  configure({ QueueConfigurations: [{ Id: "all", QueueArn: QUEUE, Events: events as Events }] });
const put = (Key: string) => nube.s3.PutObject({ Bucket: "photos", Key, Body: bodyOf("hello") });
/** Returns the records that were delivered after the test event. */
async function records() {
  await nube.advance("1s");
  return nube.deliveries.flatMap(({ message }) => (message.Records ?? []) as EventRecord[]);
}

describe("a destination", () => {
  test("gets a test message from S3 on behalf of the bucket before the configuration is accepted", async () => {
    await configure({
      QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"] }],
      TopicConfigurations: [{ TopicArn: TOPIC, Events: ["s3:ObjectRemoved:*"] }],
      LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectTagging:*"] }],
    });
    const as = { id: "s3.amazonaws.com", sourceArn: "arn:aws:s3:::photos" };
    expect(nube.deliveries).toMatchObject([
      { to: TOPIC, as, message: { Event: "s3:TestEvent", Service: "Amazon S3", Bucket: "photos" } },
      { to: "https://sqs.us-east-1.amazonaws.com/000000000000/queue", as },
      { to: FUNCTION, as, message: "dry run" },
    ]);
    expect(nube.deliveries[0]!.message.Time).toBe(new Date(TEST_START).toISOString());
  });

  test("receives each event once, however many configurations match", async () => {
    const named = Array.from({ length: 100_000 }, () => "s3:ObjectCreated:Put");
    await notify(...named);
    const { QueueConfigurations } = await nube.s3.GetBucketNotificationConfiguration({ Bucket: "photos" });
    expect(QueueConfigurations).toMatchObject([{ Events: ["s3:ObjectCreated:Put"] }]);
  });

  test("that cannot be reached is reported with the reason, and nothing is stored", async () => {
    nube.missing.add("queue");
    nube.closed.add("function");
    const refused = configure({
      QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"] }],
      LambdaFunctionConfigurations: [{ LambdaFunctionArn: FUNCTION, Events: ["s3:ObjectRemoved:*"] }],
    });
    await expect(refused).rejects.toMatchObject({
      code: "InvalidArgument",
      message: "Unable to validate the following destination configurations",
      members: {
        ArgumentName1: `${QUEUE}, null`,
        ArgumentValue1: "The destination queue does not exist",
        ArgumentName2: `${FUNCTION}, null`,
        ArgumentValue2: `Not authorized to invoke function [${FUNCTION}]`,
      },
    });
    expect(await nube.s3.GetBucketNotificationConfiguration({ Bucket: "photos" })).toEqual({});
  });

  test("is not tested if validation is skipped", async () => {
    nube.missing.add("queue");
    const given = { QueueConfigurations: [{ QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"] as Events }] };
    await configure(given, { SkipDestinationValidation: true });
    expect(nube.deliveries).toEqual([]);
  });

  test("that fails is retried, and receives everything once it works again", async () => {
    await notify("s3:ObjectCreated:*");
    nube.missing.add("queue");
    await put("a");
    expect(await records()).toEqual([]);
    nube.missing.clear();
    await nube.advance("1m");
    expect(await records()).toHaveLength(1);
  });
});

describe("the record of an event", () => {
  test("has the members of S3's record", async () => {
    await notify("s3:ObjectCreated:*");
    await overHttp(nube, "PutObject", { Bucket: "photos", Key: "a b/ü(1).txt", Body: bodyOf("hello") });
    const [record] = await records();
    expect(record).toEqual({
      eventVersion: "2.1",
      eventSource: "aws:s3",
      awsRegion: "us-east-1",
      eventTime: new Date(TEST_START).toISOString(),
      eventName: "ObjectCreated:Put",
      userIdentity: { principalId: "AWS:000000000000" },
      requestParameters: { sourceIPAddress: "127.0.0.1" },
      responseElements: { "x-amz-request-id": "request", "x-amz-id-2": expect.any(String) },
      s3: {
        s3SchemaVersion: "1.0",
        configurationId: "all",
        bucket: {
          name: "photos",
          ownerIdentity: { principalId: expect.stringMatching(/^A[A-Z0-9]{13}$/) },
          arn: "arn:aws:s3:::photos",
        },
        object: {
          key: "a+b/%C3%BC%281%29.txt",
          size: 5,
          eTag: "5d41402abc4b2a76b9719d911017c592",
          sequencer: expect.stringMatching(/^[0-9A-F]{18}$/),
        },
      },
    });
  });

  test("names the operation, and the version if there is one", async () => {
    await nube.s3.PutBucketVersioning({ Bucket: "photos", VersioningConfiguration: { Status: "Enabled" } });
    await notify("s3:ObjectCreated:*", "s3:ObjectRemoved:*", "s3:ObjectTagging:*");
    const { VersionId } = await put("a");
    await nube.s3.CopyObject({ Bucket: "photos", Key: "b", CopySource: "photos/a" });
    const TagSet = [{ Key: "k", Value: "v" }];
    await nube.s3.PutObjectTagging({ Bucket: "photos", Key: "a", Tagging: { TagSet } });
    await nube.s3.DeleteObjectTagging({ Bucket: "photos", Key: "a" });
    await nube.s3.DeleteObject({ Bucket: "photos", Key: "a" });
    await nube.s3.DeleteObject({ Bucket: "photos", Key: "a", VersionId });
    const published = await records();
    expect(published.map(({ eventName }) => eventName)).toEqual([
      "ObjectCreated:Put",
      "ObjectCreated:Copy",
      "ObjectTagging:Put",
      "ObjectTagging:Delete",
      "ObjectRemoved:DeleteMarkerCreated",
      "ObjectRemoved:Delete",
    ]);
    const objects = published.map(({ s3 }) => s3.object);
    expect(objects[0]).toMatchObject({ versionId: VersionId });
    expect(Object.keys(objects[2]!)).toEqual(["key", "eTag", "versionId"]);
    expect(objects[4]).toMatchObject({ eTag: "d41d8cd98f00b204e9800998ecf8427e" });
    expect(Object.keys(objects[5]!)).toEqual(["key", "versionId", "sequencer"]);
    const sequencers = objects.flatMap((object) => ("sequencer" in object ? [object.sequencer] : []));
    expect(sequencers).toEqual([...sequencers].sort());
  });

  test("is sent for multipart uploads and for each entry of DeleteObjects", async () => {
    await notify("s3:ObjectCreated:CompleteMultipartUpload", "s3:ObjectRemoved:Delete");
    const named = { Bucket: "photos", Key: "a" };
    const { UploadId } = await nube.s3.CreateMultipartUpload(named);
    const part = { ...named, UploadId: UploadId!, PartNumber: 1 };
    const { ETag } = await nube.s3.UploadPart({ ...part, Body: bodyOf("part") });
    await nube.s3.CompleteMultipartUpload({
      ...named,
      UploadId: UploadId!,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] },
    });
    await nube.s3.DeleteObjects({ Bucket: "photos", Delete: { Objects: [{ Key: "a" }, { Key: "none" }] } });
    const published = await records();
    expect(published.map(({ eventName }) => eventName)).toEqual([
      "ObjectCreated:CompleteMultipartUpload",
      "ObjectRemoved:Delete",
    ]);
  });
});

test.each([
  [[{ Name: "prefix", Value: "in/" }], "in/a", true],
  [[{ Name: "Prefix", Value: "in/" }], "out/a", false],
  [[{ Name: "suffix", Value: ".jpg" }], "a.jpg", true],
  [[{ Name: "suffix", Value: ".jpg" }], "a.png", false],
  [
    [
      { Name: "prefix", Value: "in/" },
      { Name: "suffix", Value: ".jpg" },
    ],
    "in/a.jpg",
    true,
  ],
  [[{ Name: "prefix", Value: "a+b%2F" }], "a b/c", true],
])("filter %o and key %s: %s", async (rules, key, passes) => {
  await configure({
    QueueConfigurations: [
      { QueueArn: QUEUE, Events: ["s3:ObjectCreated:*"], Filter: { Key: { FilterRules: rules as never } } },
    ],
  });
  await put(key);
  expect(await records()).toHaveLength(passes ? 1 : 0);
});

describe("EventBridge", () => {
  test("receives all events, in the bucket's account and Region", async () => {
    await configure({ EventBridgeConfiguration: {} });
    await put("a b");
    await nube.s3.DeleteObject({ Bucket: "photos", Key: "a b" });
    await nube.advance("1s");
    expect(nube.events).toMatchObject([
      {
        account: "000000000000",
        region: "us-east-1",
        source: "aws.s3",
        detailType: "Object Created",
        resources: ["arn:aws:s3:::photos"],
      },
      { detailType: "Object Deleted" },
    ]);
    expect(nube.events[0]!.detail).toEqual({
      version: "0",
      bucket: { name: "photos" },
      object: {
        key: "a b",
        size: 5,
        etag: "5d41402abc4b2a76b9719d911017c592",
        sequencer: expect.any(String),
      },
      "request-id": expect.any(String),
      requester: "000000000000",
      reason: "PutObject",
    });
    expect(nube.events[1]!.detail).toMatchObject({
      reason: "DeleteObject",
      "deletion-type": "Permanently Deleted",
    });
  });

  test("receives nothing unless it is enabled", async () => {
    await notify("s3:ObjectCreated:*");
    await put("a");
    await nube.advance("1s");
    expect(nube.events).toEqual([]);
  });
});

test("an empty configuration disables all notifications", async () => {
  await notify("s3:ObjectCreated:*");
  await configure({});
  expect(await nube.s3.GetBucketNotificationConfiguration({ Bucket: "photos" })).toEqual({});
  await put("a");
  expect(await records()).toEqual([]);
});

test("an event that is listed thousands of times is evaluated once", async () => {
  const named = (event: Events[number]) => Array.from({ length: 20_000 }, () => event);
  await configure({
    QueueConfigurations: [{ QueueArn: QUEUE, Events: named("s3:ObjectCreated:Put") }],
    TopicConfigurations: [{ TopicArn: TOPIC, Events: named("s3:ObjectCreated:Copy") }],
  });
  expect(nube.deliveries).toHaveLength(2);
});
