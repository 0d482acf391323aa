import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  type ExtendedS3DestinationConfiguration,
  PutRecordBatchCommand,
  PutRecordCommand,
  UpdateDestinationCommand,
} from "@aws-sdk/client-firehose";
import {
  CreateStreamCommand,
  KinesisClient,
  PutRecordCommand as PutKinesisRecordCommand,
  PutRecordsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { CreateBucketCommand, DeleteBucketCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import {
  ACCOUNT,
  api,
  firehoseOf,
  guide,
  invalid,
  nowhere,
  processing,
  RoleARN,
  uniqueName,
} from "./firehose.ts";

const cloud = conformanceCloud();
const { send, s3, bucket, stream } = firehoseOf(cloud);
const kinesis = ((command: never) =>
  new KinesisClient(cloud.client()).send(command)) as KinesisClient["send"];

const BASIC = guide("basic-deliver");
const NAMES = guide("s3-object-name");
const PREFIXES = guide("s3-prefixes");

behaviour("PutRecord returns a record id", api("PutRecord"), async () => {
  const { put } = await stream();
  const [one, other] = [await put("a"), await put("b")];
  expect(one.RecordId!.length).toBeGreaterThan(20);
  expect(other.RecordId).not.toBe(one.RecordId);
});

behaviour("PutRecordBatch returns a result per record", api("PutRecordBatch"), async () => {
  const { DeliveryStreamName, delivered } = await stream();
  const output = await send(
    new PutRecordBatchCommand({
      DeliveryStreamName,
      Records: ["a", "b", "c"].map((text) => ({ Data: Buffer.from(text) })),
    }),
  );
  expect(output.FailedPutCount).toBe(0);
  expect(new Set(output.RequestResponses!.map(({ RecordId }) => RecordId)).size).toBe(3);
  expect([...(await delivered()).values()]).toEqual(["abc"]);
});

behaviour("records for a stream that does not exist are refused", api("PutRecord"), async () => {
  const DeliveryStreamName = "nowhere";
  const Data = Buffer.from("x");
  await expect(send(new PutRecordCommand({ DeliveryStreamName, Record: { Data } }))).rejects.toMatchObject(
    nowhere("nowhere"),
  );
  await expect(
    send(new PutRecordBatchCommand({ DeliveryStreamName, Records: [{ Data }] })),
  ).rejects.toMatchObject(nowhere("nowhere"));
});

behaviour("a record has at most 1,000 KiB", api("Record"), async () => {
  const { put, delivered } = await stream();
  await put(Buffer.alloc(1_024_000, "x"));
  await expect(put(Buffer.alloc(1_024_001))).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringContaining("Member must have length less than or equal to 1024000"),
  });
  expect([...(await delivered()).values()].map(({ length }) => length)).toEqual([1_024_000]);
});

behaviour("a batch has at most 4 MiB", api("PutRecordBatch"), async () => {
  const { DeliveryStreamName } = await stream();
  const Records = Array.from({ length: 5 }, () => ({ Data: Buffer.alloc(1_000_000) }));
  await expect(send(new PutRecordBatchCommand({ DeliveryStreamName, Records }))).rejects.toMatchObject(
    invalid("Records size exceeds 4 MB limit"),
  );
});

behaviour("a batch has at most 500 records", api("PutRecordBatch"), async () => {
  const { DeliveryStreamName } = await stream();
  const Records = Array.from({ length: 501 }, () => ({ Data: Buffer.from("x") }));
  await expect(send(new PutRecordBatchCommand({ DeliveryStreamName, Records }))).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringContaining("Member must have length less than or equal to 500"),
  });
});

behaviour("records are buffered for the interval and delivered together", BASIC, async () => {
  const { put, keys, delivered } = await stream();
  await put("first;");
  await cloud.advance(30_000);
  await put("second;");
  await cloud.advance(29_000);
  expect(await keys()).toEqual([]);
  expect([...(await delivered()).values()]).toEqual(["first;second;"]);
});

behaviour("a full buffer is delivered before the interval ends", BASIC, async () => {
  const { put, keys, object } = await stream();
  await put(Buffer.alloc(600_000, "a"));
  await put(Buffer.alloc(600_000, "b"));
  await put("next");
  await cloud.advance(1_000);
  const [key, ...more] = await keys();
  expect(more).toEqual([]);
  expect((await object(key!)).ContentLength).toBe(1_200_000);
});

behaviour("records after a delivery are delivered in another object", BASIC, async () => {
  const { put, delivered } = await stream();
  await put("one");
  await delivered();
  await put("two");
  expect([...(await delivered()).values()].sort()).toEqual(["one", "two"]);
});

behaviour(
  "an object name contains the hour, the stream, its version, the time and an id",
  NAMES,
  async () => {
    const { DeliveryStreamName, put, delivered } = await stream();
    await put("x");
    const [key] = (await delivered()).keys();
    expect(key).toMatch(
      new RegExp(
        `^\\d{4}/\\d\\d/\\d\\d/\\d\\d/${DeliveryStreamName}-1(-\\d\\d\\d\\d)(-\\d\\d){5}-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`,
      ),
    );
  },
);

behaviour("an object name contains the current version of the stream", NAMES, async () => {
  const { DeliveryStreamName, put, delivered } = await stream();
  await send(
    new UpdateDestinationCommand({
      DeliveryStreamName,
      CurrentDeliveryStreamVersionId: "1",
      DestinationId: "destinationId-000000000001",
      ExtendedS3DestinationUpdate: { Prefix: "later/" },
    }),
  );
  await put("x");
  const [key] = (await delivered()).keys();
  expect(key).toMatch(new RegExp(`^later/.*/${DeliveryStreamName}-2-`));
});

/** The part of an object's name before the name of the stream. */
const prefixOf = async (settings: Partial<ExtendedS3DestinationConfiguration>, data = "x") => {
  const { DeliveryStreamName, put, delivered } = await stream(settings);
  await put(data);
  const [key] = (await delivered()).keys();
  return key!.slice(0, key!.indexOf(DeliveryStreamName));
};

behaviour("the hour follows a prefix without expressions", PREFIXES, async () => {
  expect(await prefixOf({ Prefix: "mine/" })).toMatch(/^mine\/\d{4}\/\d\d\/\d\d\/\d\d\/$/);
  expect(await prefixOf({ Prefix: "mine" })).toMatch(/^mine\d{4}\/\d\d\/\d\d\/\d\d\/$/);
});

behaviour("the hour follows a prefix without a timestamp expression", PREFIXES, async () => {
  const prefix = await prefixOf({ Prefix: "a/!{firehose:random-string}/", ErrorOutputPrefix: "e/" });
  expect(prefix).toMatch(/^a\/[0-9a-z]{11}\/\d{4}\/\d\d\/\d\d\/\d\d\/$/);
});

behaviour("nothing follows a prefix with a timestamp expression", PREFIXES, async () => {
  const prefix = await prefixOf({
    Prefix: "year=!{timestamp:yyyy}/day=!{timestamp:dd}/",
    ErrorOutputPrefix: "e/",
  });
  expect(prefix).toMatch(/^year=\d{4}\/day=\d\d\/$/);
});

behaviour("quoted text in a timestamp pattern is copied", PREFIXES, async () => {
  const prefix = await prefixOf({ Prefix: "!{timestamp:yyyy'-at-'MM}/", ErrorOutputPrefix: "e/" });
  expect(prefix).toMatch(/^\d{4}-at-\d\d\/$/);
});

behaviour("each random string is different and has eleven characters", PREFIXES, async () => {
  const prefix = await prefixOf({
    Prefix: "!{firehose:random-string}/!{firehose:random-string}/",
    ErrorOutputPrefix: "e/",
  });
  const [one, other] = prefix.split("/");
  expect(one).toMatch(/^[0-9a-z]{11}$/);
  expect(other).toMatch(/^[0-9a-z]{11}$/);
  expect(other).not.toBe(one);
});

behaviour("timestamps are the arrival time of the oldest record", PREFIXES, async () => {
  const { put, delivered, DeliveryStreamName } = await stream({
    Prefix: "!{timestamp:yyyy/MM/dd/HH/mm/ss}/",
    ErrorOutputPrefix: "e/",
  });
  await put("old");
  await cloud.advance(20_000);
  await put("new");
  const [key] = (await delivered()).keys();
  const [prefix, name] = [key!.slice(0, 19), key!.slice(20)];
  expect(name.startsWith(`${DeliveryStreamName}-1-${prefix.replaceAll("/", "-")}-`)).toBe(true);
});

behaviour("prefix and name use the custom time zone", NAMES, async () => {
  const hour = async (zone?: string) =>
    Number(
      (
        await prefixOf({
          Prefix: "!{timestamp:HH}/",
          ErrorOutputPrefix: "e/",
          ...(zone && { CustomTimeZone: zone }),
        })
      ).slice(0, 2),
    );
  const [here, tokyo] = [await hour(), await hour("Asia/Tokyo")];
  // The clock advances by a minute between the two, so the hour may change.
  expect([9, 10]).toContain((tokyo - here + 24) % 24);
});

behaviour("GZIP compresses the whole object", api("ExtendedS3DestinationConfiguration"), async () => {
  const { put, keys, object } = await stream({ CompressionFormat: "GZIP" });
  await put("some ");
  await put("text");
  await cloud.advance(61_000);
  const [key] = await keys();
  expect(key).toMatch(/\.gz$/);
  const { bytes, ContentType, ContentEncoding } = await object(key!);
  expect(gunzipSync(bytes).toString()).toBe("some text");
  expect([ContentType, ContentEncoding]).toEqual(["application/octet-stream", "gzip"]);
});

for (const [CompressionFormat, extension, beginning] of [
  ["ZIP", "zip", "PK\x03\x04"],
  ["Snappy", "snappy", "\x82SNAPPY\0"],
  ["HADOOP_SNAPPY", "snappy", "\0\0\0\x09\0\0\0\x0b"],
  ["UNCOMPRESSED", undefined, "some text"],
] as const)
  behaviour(
    `an object is compressed as ${CompressionFormat}`,
    api("ExtendedS3DestinationConfiguration"),
    async () => {
      const { put, keys, object } = await stream({ CompressionFormat });
      await put("some text");
      await cloud.advance(61_000);
      const [key] = await keys();
      expect(/\.(\w+)$/.exec(key!)?.[1]).toBe(extension);
      expect((await object(key!)).bytes.toString("latin1")).toMatch(new RegExp(`^${beginning}`));
    },
  );

behaviour("FileExtension replaces the default extension", NAMES, async () => {
  const { put, delivered } = await stream({ CompressionFormat: "GZIP", FileExtension: ".json.gz" });
  await put("x");
  const [key] = (await delivered()).keys();
  expect(key).toMatch(/[0-9a-f]\.json\.gz$/);
});

behaviour("records are concatenated without a delimiter", BASIC, async () => {
  const { put, delivered } = await stream();
  for (const text of ['{"a":1}', '{"a":2}']) await put(text);
  expect([...(await delivered()).values()]).toEqual(['{"a":1}{"a":2}']);
});

behaviour("AppendDelimiterToRecord appends a delimiter to each record", api("Processor"), async () => {
  const { put, delivered } = await stream({
    ProcessingConfiguration: {
      Enabled: true,
      Processors: [processing("AppendDelimiterToRecord", { Delimiter: "\\n" })],
    },
  });
  for (const text of ["a", "b"]) await put(text);
  expect([...(await delivered()).values()]).toEqual(["a\nb\n"]);
});

behaviour("disabled processors are not applied", api("ProcessingConfiguration"), async () => {
  const { put, delivered } = await stream({
    ProcessingConfiguration: {
      Enabled: false,
      Processors: [processing("AppendDelimiterToRecord", { Delimiter: "\\n" })],
    },
  });
  await put("a");
  expect([...(await delivered()).values()]).toEqual(["a"]);
});

behaviour("source records are backed up unprocessed", api("ExtendedS3DestinationConfiguration"), async () => {
  const backup = await bucket();
  const { put, delivered } = await stream({
    S3BackupMode: "Enabled",
    S3BackupConfiguration: { RoleARN, BucketARN: backup.arn, Prefix: "raw/" },
    ProcessingConfiguration: { Enabled: true, Processors: [processing("AppendDelimiterToRecord")] },
  });
  await put("x");
  expect([...(await delivered()).values()]).toEqual(["x\n"]);
  const [key] = await backup.keys();
  expect(key).toMatch(/^raw\/\d{4}\//);
  expect((await backup.object(key!)).bytes.toString()).toBe("x");
});

behaviour("a disabled backup is not written", api("ExtendedS3DestinationConfiguration"), async () => {
  const backup = await bucket();
  const { put, delivered } = await stream({
    S3BackupMode: "Disabled",
    S3BackupConfiguration: { RoleARN, BucketARN: backup.arn },
  });
  await put("x");
  expect([...(await delivered()).values()]).toEqual(["x"]);
  expect(await backup.keys()).toEqual([]);
});

behaviour("a delivery to a missing bucket is retried", guide("retry"), async () => {
  const { put, Bucket, keys } = await stream();
  await s3(new DeleteBucketCommand({ Bucket }));
  await put("late");
  await cloud.advance(90_000);
  await s3(new CreateBucketCommand({ Bucket }));
  expect(await keys()).toEqual([]);
  await cloud.advance(3_600_000);
  expect(await keys()).toHaveLength(1);
});

async function source(ShardCount = 1) {
  const StreamName = uniqueName("source");
  await kinesis(new CreateStreamCommand({ StreamName, ShardCount }));
  const StreamARN = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${StreamName}`;
  return {
    StreamName,
    put: (...texts: string[]) =>
      kinesis(
        new PutRecordsCommand({
          StreamName,
          Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
        }),
      ),
    input: {
      DeliveryStreamType: "KinesisStreamAsSource" as const,
      KinesisStreamSourceConfiguration: { KinesisStreamARN: StreamARN, RoleARN },
    },
  };
}

behaviour(
  "a Kinesis stream is read from the creation of the delivery stream",
  guide("writing-with-kinesis-streams"),
  async () => {
    const from = await source();
    await from.put("before");
    await cloud.advance(1_000);
    const { delivered } = await stream({}, from.input);
    await from.put("a");
    await from.put("b", "c");
    await cloud.advance(2_000);
    expect([...(await delivered()).values()]).toEqual(["abc"]);
    await from.put("d");
    await cloud.advance(2_000);
    expect([...(await delivered()).values()].sort()).toEqual(["abc", "d"]);
  },
);

behaviour(
  "a Kinesis stream is read across a shard split",
  guide("writing-with-kinesis-streams"),
  async () => {
    const from = await source();
    await cloud.advance(1_000);
    const { delivered } = await stream({}, from.input);
    await from.put("1");
    await kinesis(
      new SplitShardCommand({
        StreamName: from.StreamName,
        ShardToSplit: "shardId-000000000000",
        NewStartingHashKey: String(2n ** 127n),
      }),
    );
    await from.put("2", "3", "4", "5");
    await cloud.advance(3_000);
    const [text] = (await delivered()).values();
    expect([...text!].sort().join("")).toBe("12345");
  },
);

/**
 * An aggregated record in the format of the Kinesis Producer Library: the key table, then each record's key index and
 * data.
 */
function aggregated(...texts: string[]): Buffer {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.of(number * 8 + 2, bytes.length), bytes]);
  const records = texts.map((text) =>
    field(3, Buffer.concat([Buffer.of(8, 0), field(3, Buffer.from(text))])),
  );
  const message = Buffer.concat([field(1, Buffer.from("key")), ...records]);
  return Buffer.concat([Buffer.from("f3899ac2", "hex"), message, createHash("md5").update(message).digest()]);
}

behaviour(
  "aggregated records of the Kinesis Producer Library are deaggregated",
  guide("writing-with-kinesis-streams"),
  async () => {
    const from = await source();
    const Processors = [processing("AppendDelimiterToRecord")];
    const to = await stream({ ProcessingConfiguration: { Enabled: true, Processors } }, from.input);
    const damaged = aggregated("c");
    damaged[damaged.length - 1]! ^= 1;
    for (const Data of [aggregated("a", "b"), damaged])
      await kinesis(new PutKinesisRecordCommand({ StreamName: from.StreamName, Data, PartitionKey: "k" }));
    await cloud.advance(61_000);
    await cloud.advance(2_000);
    const [key] = await to.keys();
    const { bytes } = await to.object(key!);
    expect(bytes).toEqual(Buffer.concat([Buffer.from("a\nb\n"), damaged, Buffer.from("\n")]));
  },
);

behaviour("PutRecord refuses a stream with a Kinesis source", api("PutRecord"), async () => {
  const { put } = await stream({}, (await source()).input);
  await expect(put("x")).rejects.toMatchObject(
    invalid("This operation is not permitted on KinesisStreamAsSource delivery stream type."),
  );
});
