import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import {
  CreatePipeCommand,
  type CreatePipeCommandInput,
  DeletePipeCommand,
  DescribePipeCommand,
  type PipeSourceKinesisStreamParameters,
  StartPipeCommand,
  StopPipeCommand,
  UpdatePipeCommand,
} from "@aws-sdk/client-pipes";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, name, queue } from "./client.ts";
import { api, endOf, guide, pipesOf, RoleArn } from "./piping.ts";

const cloud = conformanceCloud();
const pipes = pipesOf(cloud);
const kinesis = {
  send: ((command: never) =>
    new KinesisClient({ ...cloud.client(), requestHandler: new NodeHttpHandler() }).send(
      command,
    )) as KinesisClient["send"],
};
const streamArn = (stream: string) => `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/${stream}`;

async function newStream(ShardCount = 1) {
  const StreamName = name("stream");
  await kinesis.send(new CreateStreamCommand({ StreamName, ShardCount }));
  await cloud.advance(1_000);
  return {
    StreamName,
    put: (data: string, PartitionKey = "key") =>
      kinesis.send(new PutRecordCommand({ StreamName, PartitionKey, Data: Buffer.from(data) })),
  };
}

type OfStream = Partial<PipeSourceKinesisStreamParameters>;

/** Creates a pipe from a stream to a queue, or with other parameters. */
async function fromStream(
  StreamName: string,
  of: OfStream = {},
  { SourceParameters, ...more }: Partial<CreatePipeCommandInput> = {},
) {
  const to = await endOf(cloud);
  const Name = name("pipe");
  await pipes(
    new CreatePipeCommand({
      Name,
      RoleArn,
      Source: streamArn(StreamName),
      SourceParameters: {
        KinesisStreamParameters: { StartingPosition: "TRIM_HORIZON", ...of },
        ...SourceParameters,
      },
      Target: to.arn,
      ...more,
    }),
  );
  await cloud.advance(1_000);
  return { Name, to };
}

const DATA = { TargetParameters: { InputTemplate: "<$.data>" } };

behaviour("a stream record has the same form as in Lambda events", guide("eb-pipes-kinesis"), async () => {
  const { StreamName, put } = await newStream();
  const { to } = await fromStream(StreamName);
  const { SequenceNumber, ShardId } = await put("hello", "who");
  expect(await to.taken()).toEqual([
    {
      kinesisSchemaVersion: "1.0",
      partitionKey: "who",
      sequenceNumber: SequenceNumber,
      data: Buffer.from("hello").toString("base64"),
      approximateArrivalTimestamp: expect.any(Number),
      eventSource: "aws:kinesis",
      eventVersion: "1.0",
      eventID: `${ShardId}:${SequenceNumber}`,
      eventName: "aws:kinesis:record",
      invokeIdentityArn: RoleArn,
      awsRegion: "us-east-1",
      eventSourceARN: streamArn(StreamName),
    },
  ]);
});

behaviour("filters apply to a record's data", guide("eb-pipes-event-filtering"), async () => {
  const { StreamName, put } = await newStream();
  const Filters = [{ Pattern: '{"data":{"size":[{"numeric":[">",5]}]}}' }, { Pattern: '{"data":["plain"]}' }];
  const { to } = await fromStream(
    StreamName,
    {},
    { SourceParameters: { FilterCriteria: { Filters } }, ...DATA },
  );
  for (const data of ['{"size":5}', '{"size":6}', "plain", "other"]) await put(data);
  // A template that consists of only a placeholder would yield text that is not JSON, so the placeholder is
  // quoted.
  expect(await to.taken()).toEqual([{ size: 6 }, "plain"]);
});

behaviour(
  "TRIM_HORIZON reads all records of the stream",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName, put } = await newStream();
    await put('"before"');
    const { to } = await fromStream(StreamName, {}, DATA);
    await put('"after"');
    expect(await to.taken()).toEqual(["before", "after"]);
  },
);

behaviour(
  "LATEST reads the records after the start of the pipe",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName, put } = await newStream();
    await put('"before"');
    await cloud.advance(1_000);
    const { to } = await fromStream(StreamName, { StartingPosition: "LATEST" }, DATA);
    await put('"after"');
    expect(await to.taken()).toEqual(["after"]);
  },
);

behaviour(
  "AT_TIMESTAMP reads the records from that time on",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName, put } = await newStream();
    await put('"before"');
    await cloud.advance(10_000);
    const { SequenceNumber } = await put('"then"');
    const all = await fromStream(StreamName);
    const arrivals = (await all.to.taken()) as {
      sequenceNumber: string;
      approximateArrivalTimestamp: number;
    }[];
    const then = arrivals.find((one) => one.sequenceNumber === SequenceNumber)!.approximateArrivalTimestamp;
    const StartingPositionTimestamp = new Date(then * 1_000);
    const { to } = await fromStream(
      StreamName,
      { StartingPosition: "AT_TIMESTAMP", StartingPositionTimestamp },
      DATA,
    );
    expect(await to.taken()).toEqual(["then"]);
  },
);

behaviour("a pipe that was stopped continues at its position", api("StopPipe"), async () => {
  const { StreamName, put } = await newStream();
  const { Name, to } = await fromStream(StreamName, {}, DATA);
  await put("1");
  expect(await to.taken()).toEqual([1]);
  await pipes(new StopPipeCommand({ Name }));
  await cloud.advance(1_000);
  await put("2");
  expect(await to.taken()).toEqual([]);
  await pipes(new StartPipeCommand({ Name }));
  expect(await to.taken()).toEqual([2]);
});

behaviour("a recreated pipe starts at its starting position", api("CreatePipe"), async () => {
  const { StreamName, put } = await newStream();
  const { Name, to } = await fromStream(StreamName, {}, DATA);
  await put("1");
  expect(await to.taken()).toEqual([1]);
  await pipes(new DeletePipeCommand({ Name }));
  await cloud.advance(1_000);
  const again = await fromStream(StreamName, {}, { Name, ...DATA });
  expect(await again.to.taken()).toEqual([1]);
});

behaviour(
  "records of a shard are delivered in order, and child shards follow their parents",
  guide("eb-pipes-kinesis"),
  async () => {
    const { StreamName, put } = await newStream(2);
    await Promise.all(["a", "b", "c"].map((key, at) => put(String(at), key)));
    await kinesis.send(
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: "shardId-000000000000",
        AdjacentShardToMerge: "shardId-000000000001",
      }),
    );
    await cloud.advance(1_000);
    for (const data of ["10", "11", "12"]) await put(data);
    const { to } = await fromStream(StreamName, {}, DATA);
    const taken = await to.taken(10_000);
    expect((taken.slice(0, 3) as number[]).sort()).toEqual([0, 1, 2]);
    expect(taken.slice(3)).toEqual([10, 11, 12]);
  },
);

behaviour(
  "parallel batches of a shard keep the order of each partition key",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName } = await newStream();
    const { to, Name } = await fromStream(StreamName, { ParallelizationFactor: 4, BatchSize: 3 }, DATA);
    const Records = Array.from({ length: 40 }, (_, at) => ({
      PartitionKey: `key-${at % 8}`,
      Data: Buffer.from(JSON.stringify({ key: at % 8, at })),
    }));
    await kinesis.send(new PutRecordsCommand({ StreamName, Records: Records.slice(0, 20) }));
    const first = await to.taken();
    await pipes(
      new UpdatePipeCommand({
        Name,
        RoleArn,
        SourceParameters: { KinesisStreamParameters: { ParallelizationFactor: 2 } },
      }),
    );
    await kinesis.send(new PutRecordsCommand({ StreamName, Records: Records.slice(20) }));
    const taken = [...first, ...(await to.taken())] as { key: number; at: number }[];
    expect(taken.map(({ at }) => at).sort((a, b) => a - b)).toEqual(Records.map((_, at) => at));
    for (let key = 0; key < 8; key += 1) {
      const own = taken.filter((one) => one.key === key).map(({ at }) => at);
      expect(own).toEqual([...own].sort((a, b) => a - b));
    }
  },
);

behaviour("a batch waits for its batching window", api("PipeSourceKinesisStreamParameters"), async () => {
  const { StreamName, put } = await newStream();
  const { to } = await fromStream(StreamName, { MaximumBatchingWindowInSeconds: 60 }, DATA);
  await put("1");
  expect(await to.taken(30_000)).toEqual([]);
  expect(await to.taken(40_000)).toEqual([1]);
});

behaviour(
  "discarded records are reported to the dead-letter queue by sequence number",
  guide("eb-pipes-error-troubleshooting"),
  async () => {
    const { StreamName, put } = await newStream();
    const dead = await endOf(cloud);
    const { to, Name } = await fromStream(StreamName, {
      MaximumRetryAttempts: 1,
      DeadLetterConfig: { Arn: dead.arn },
    });
    await to.remove();
    const { SequenceNumber, ShardId } = await put("lost");
    expect(await dead.taken(60_000)).toEqual([
      {
        context: {
          partnerResourceArn: `arn:aws:pipes:us-east-1:${ACCOUNT}:pipe/${Name}`,
          condition: "RetryAttemptsExhausted",
        },
        version: "1.0",
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        KinesisBatchInfo: {
          shardId: ShardId,
          startSequenceNumber: SequenceNumber,
          endSequenceNumber: SequenceNumber,
          approximateArrivalOfFirstRecord: expect.stringMatching(/Z$/),
          approximateArrivalOfLastRecord: expect.stringMatching(/Z$/),
          batchSize: 1,
          streamArn: streamArn(StreamName),
        },
      },
    ]);
  },
);

behaviour(
  "records older than the maximum age are discarded",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName, put } = await newStream();
    await put("1");
    await put("2");
    await cloud.advance(120_000);
    await put("3");
    const dead = await endOf(cloud);
    const { to } = await fromStream(
      StreamName,
      { MaximumRecordAgeInSeconds: 60, DeadLetterConfig: { Arn: dead.arn } },
      DATA,
    );
    expect(await to.taken()).toEqual([3]);
    expect(await dead.taken()).toMatchObject([
      { context: { condition: "RecordAgeExceeded" }, KinesisBatchInfo: { batchSize: 2 } },
    ]);
  },
);

behaviour(
  "a failing batch is bisected until the failing record is alone",
  api("PipeSourceKinesisStreamParameters"),
  async () => {
    const { StreamName, put } = await newStream();
    const dead = await endOf(cloud);
    const sequences: string[] = [];
    for (const group of ["a", "b", "no group", "c"])
      sequences.push((await put(JSON.stringify({ group }))).SequenceNumber!);
    const { to } = await fromStream(
      StreamName,
      {
        OnPartialBatchItemFailure: "AUTOMATIC_BISECT",
        MaximumRetryAttempts: 0,
        DeadLetterConfig: { Arn: dead.arn },
      },
      {
        TargetParameters: {
          InputTemplate: "<$.data>",
          SqsQueueParameters: { MessageGroupId: "$.data.group" },
        },
      },
    );
    expect(await dead.taken(30_000)).toMatchObject([
      {
        KinesisBatchInfo: {
          batchSize: 1,
          startSequenceNumber: sequences[2],
          endSequenceNumber: sequences[2],
        },
      },
    ]);
    expect(await to.taken()).toEqual([{ group: "a" }, { group: "b" }, { group: "c" }]);
  },
);

const missing: [string, Partial<CreatePipeCommandInput>, string][] = [
  [
    "a Kinesis stream as a source requires KinesisStreamParameters",
    {},
    "SourceParameters.KinesisStreamParameters",
  ],
  [
    "a DynamoDB stream as a source requires DynamoDBStreamParameters",
    { Source: `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/t/stream/2026-01-01T00:00:00.000` },
    "SourceParameters.DynamoDBStreamParameters",
  ],
  [
    "the starting position AT_TIMESTAMP requires a timestamp",
    { SourceParameters: { KinesisStreamParameters: { StartingPosition: "AT_TIMESTAMP" } } },
    "SourceParameters.KinesisStreamParameters.StartingPositionTimestamp",
  ],
];
for (const [what, more, member] of missing) {
  behaviour(what, api("PipeSourceParameters"), async () => {
    const Source = streamArn("any");
    const command = new CreatePipeCommand({
      Name: name("pipe"),
      RoleArn,
      Source,
      Target: queue("to"),
      ...more,
    });
    await expect(pipes(command)).rejects.toMatchObject({
      name: "ValidationException",
      message: `{"ValidationErrorFields":[{"Name":"${member}","Message":"Missing required parameter."}]}`,
    });
  });
}

behaviour("DescribePipe returns the defaults of a stream source", api("DescribePipe"), async () => {
  const { StreamName } = await newStream();
  const { Name } = await fromStream(StreamName);
  expect((await pipes(new DescribePipeCommand({ Name }))).SourceParameters).toEqual({
    KinesisStreamParameters: {
      BatchSize: 100,
      StartingPosition: "TRIM_HORIZON",
    },
  });
});
