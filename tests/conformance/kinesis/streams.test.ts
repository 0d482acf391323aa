import {
  AddTagsToStreamCommand,
  CreateStreamCommand,
  type CreateStreamCommandInput,
  DecreaseStreamRetentionPeriodCommand,
  DeleteStreamCommand,
  DescribeAccountSettingsCommand,
  DescribeLimitsCommand,
  DescribeStreamCommand,
  DescribeStreamSummaryCommand,
  DisableEnhancedMonitoringCommand,
  EnableEnhancedMonitoringCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  ListShardsCommand,
  ListTagsForStreamCommand,
  MergeShardsCommand,
  PutRecordCommand,
  type PutRecordCommandInput,
  PutRecordsCommand,
  type PutRecordsCommandInput,
  RegisterStreamConsumerCommand,
  RemoveTagsFromStreamCommand,
  SplitShardCommand,
  StartStreamEncryptionCommand,
  UpdateAccountSettingsCommand,
  UpdateMaxRecordSizeCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import {
  ACCOUNT,
  api,
  arn,
  FIRST,
  guide,
  invalid,
  kinesisOf,
  missing,
  noStream,
  refusal,
} from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);

const summary = async (StreamName: string) =>
  (await send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary!;

behaviour(
  "a response has an extended request id",
  "https://github.com/aws/aws-sdk-java-v2/blob/master/services/kinesis/src/it/java/software/amazon/awssdk/services/kinesis/KinesisResponseMetadataIntegrationTest.java",
  async () => {
    const { $metadata } = await send(new DescribeLimitsCommand({}));
    expect($metadata.extendedRequestId).toMatch(/^[\w+/]+=*$/);
  },
);

behaviour("DescribeStream returns the defaults of a stream", api("DescribeStream"), async () => {
  const { StreamName, StreamARN, described } = await stream({ ShardCount: 2 });
  expect(await described()).toMatchObject({
    StreamName,
    StreamARN,
    StreamStatus: "ACTIVE",
    StreamModeDetails: { StreamMode: "PROVISIONED" },
    HasMoreShards: false,
    RetentionPeriodHours: 24,
    StreamCreationTimestamp: expect.any(Date),
    EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
    EncryptionType: "NONE",
    Shards: [{ ShardId: FIRST }, { ShardId: "shardId-000000000001" }],
  });
});

behaviour("DescribeStreamSummary counts shards and consumers", api("DescribeStreamSummary"), async () => {
  const { StreamName, StreamARN } = await stream({ ShardCount: 3 });
  await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
  expect(await summary(StreamName)).toMatchObject({
    StreamName,
    StreamARN,
    OpenShardCount: 3,
    ConsumerCount: 1,
    StreamStatus: "ACTIVE",
  });
});

behaviour("a stream is described by its ARN", api("DescribeStream"), async () => {
  const { StreamName, StreamARN } = await stream();
  const { StreamDescription } = await send(new DescribeStreamCommand({ StreamARN }));
  expect(StreamDescription!.StreamName).toBe(StreamName);
});

behaviour("a new on-demand stream has four shards", guide("how-do-i-size-a-stream"), async () => {
  const { StreamName } = await stream({ StreamModeDetails: { StreamMode: "ON_DEMAND" } });
  expect(await summary(StreamName)).toMatchObject({
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
    OpenShardCount: 4,
  });
});

behaviour("a stream name is unique within account and Region", api("CreateStream"), async () => {
  const { StreamName } = await stream();
  await expect(send(new CreateStreamCommand({ StreamName, ShardCount: 1 }))).rejects.toMatchObject(
    refusal("ResourceInUseException", `Stream ${StreamName} under account ${ACCOUNT} already exists.`),
  );
});

const refused = (what: string, source: string, input: CreateStreamCommandInput, error: object) =>
  behaviour(what, source, async () => {
    await expect(send(new CreateStreamCommand(input))).rejects.toMatchObject(error);
  });
const constraint = (at: string, rule: string) =>
  refusal(
    "ValidationException",
    expect.stringMatching(new RegExp(`at '${at}' failed to satisfy constraint: ${rule}`)),
  );
refused(
  "a provisioned stream requires a shard count",
  api("CreateStream"),
  { StreamName: "x", StreamModeDetails: { StreamMode: "PROVISIONED" } },
  invalid("ShardCount is expected when StreamMode=PROVISIONED"),
);
behaviour("a stream without mode and shard count is on-demand", api("CreateStream"), async () => {
  const { StreamName } = await stream({});
  expect(await summary(StreamName)).toMatchObject({
    StreamModeDetails: { StreamMode: "ON_DEMAND" },
    OpenShardCount: 4,
  });
});
refused(
  "an on-demand stream refuses a shard count",
  api("CreateStream"),
  { StreamName: "x", ShardCount: 2, StreamModeDetails: { StreamMode: "ON_DEMAND" } },
  invalid("ShardCount is not expected when StreamMode=ON_DEMAND"),
);
refused(
  "a shard count of zero is refused",
  api("CreateStream"),
  { StreamName: "x", ShardCount: 0 },
  constraint("shardCount", "Member must have value greater than or equal to 1"),
);
refused(
  "a name with a space is refused",
  api("CreateStream"),
  { StreamName: "a b", ShardCount: 1 },
  constraint("streamName", "Member must satisfy regular expression pattern"),
);
refused(
  "a name longer than 128 characters is refused",
  api("CreateStream"),
  { StreamName: "a".repeat(129), ShardCount: 1 },
  constraint("streamName", "Member must have length less than or equal to 128"),
);
refused(
  "an unknown mode is refused",
  api("StreamModeDetails"),
  { StreamName: "x", StreamModeDetails: { StreamMode: "SOMETIMES" as never } },
  constraint("streamModeDetails.streamMode", "Member must satisfy enum value set"),
);

for (const [operation, command] of [
  ["DescribeStream", new DescribeStreamCommand({ StreamName: "no" })],
  ["DescribeStreamSummary", new DescribeStreamSummaryCommand({ StreamName: "no" })],
  ["DeleteStream", new DeleteStreamCommand({ StreamName: "no" })],
  ["ListShards", new ListShardsCommand({ StreamName: "no" })],
  ["PutRecord", new PutRecordCommand({ StreamName: "no", Data: Buffer.from("x"), PartitionKey: "k" })],
  [
    "PutRecords",
    new PutRecordsCommand({ StreamName: "no", Records: [{ Data: Buffer.from("x"), PartitionKey: "k" }] }),
  ],
  ["SplitShard", new SplitShardCommand({ StreamName: "no", ShardToSplit: FIRST, NewStartingHashKey: "10" })],
  [
    "MergeShards",
    new MergeShardsCommand({ StreamName: "no", ShardToMerge: FIRST, AdjacentShardToMerge: "shardId-1" }),
  ],
  [
    "UpdateShardCount",
    new UpdateShardCountCommand({ StreamName: "no", TargetShardCount: 2, ScalingType: "UNIFORM_SCALING" }),
  ],
  ["AddTagsToStream", new AddTagsToStreamCommand({ StreamName: "no", Tags: { a: "b" } })],
  ["RemoveTagsFromStream", new RemoveTagsFromStreamCommand({ StreamName: "no", TagKeys: ["a"] })],
  ["ListTagsForStream", new ListTagsForStreamCommand({ StreamName: "no" })],
  [
    "IncreaseStreamRetentionPeriod",
    new IncreaseStreamRetentionPeriodCommand({ StreamName: "no", RetentionPeriodHours: 30 }),
  ],
  [
    "DecreaseStreamRetentionPeriod",
    new DecreaseStreamRetentionPeriodCommand({ StreamName: "no", RetentionPeriodHours: 24 }),
  ],
  [
    "EnableEnhancedMonitoring",
    new EnableEnhancedMonitoringCommand({ StreamName: "no", ShardLevelMetrics: ["ALL"] }),
  ],
  [
    "StartStreamEncryption",
    new StartStreamEncryptionCommand({ StreamName: "no", EncryptionType: "KMS", KeyId: "alias/aws/kinesis" }),
  ],
  [
    "UpdateMaxRecordSize",
    new UpdateMaxRecordSizeCommand({ StreamARN: arn("no"), MaxRecordSizeInKiB: 2_048 }),
  ],
  [
    "UpdateStreamMode",
    new UpdateStreamModeCommand({ StreamARN: arn("no"), StreamModeDetails: { StreamMode: "ON_DEMAND" } }),
  ],
  ["RegisterStreamConsumer", new RegisterStreamConsumerCommand({ StreamARN: arn("no"), ConsumerName: "c" })],
] as const) {
  behaviour(`${operation} refuses a stream that does not exist`, api(operation), async () => {
    await expect(send(command as never)).rejects.toMatchObject(noStream("no"));
  });
}

behaviour("GetShardIterator refuses a stream that does not exist", api("GetShardIterator"), async () => {
  await expect(
    send(new GetShardIteratorCommand({ StreamName: "no", ShardId: FIRST, ShardIteratorType: "LATEST" })),
  ).rejects.toMatchObject(missing(`Shard ${FIRST} in stream no under account ${ACCOUNT} does not exist`));
});

behaviour("creation timestamps are in whole seconds", api("StreamDescription"), async () => {
  const { described } = await stream();
  expect((await described()).StreamCreationTimestamp!.getTime() % 1_000).toBe(0);
});

behaviour("DeleteStream deletes a stream and its records", api("DeleteStream"), async () => {
  const { StreamName, put, texts } = await stream();
  await put("old");
  await send(new DeleteStreamCommand({ StreamName }));
  await expect(put("x")).rejects.toMatchObject(noStream(StreamName));
  await send(new CreateStreamCommand({ StreamName, ShardCount: 1 }));
  expect(await texts()).toEqual([]);
});

behaviour(
  "DeleteStream of a stream with consumers requires EnforceConsumerDeletion",
  api("DeleteStream"),
  async () => {
    const { StreamName, StreamARN } = await stream();
    await send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "c" }));
    await expect(send(new DeleteStreamCommand({ StreamName }))).rejects.toMatchObject(
      refusal(
        "ResourceInUseException",
        `DeleteStream can't delete ${StreamARN} because there are consumers associated with this data stream. To delete ${StreamName} anyway, set the EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that are associated with it.`,
      ),
    );
    await send(new DeleteStreamCommand({ StreamName, EnforceConsumerDeletion: true }));
    await expect(summary(StreamName)).rejects.toMatchObject(noStream(StreamName));
  },
);

const retention = async (StreamName: string) => (await summary(StreamName)).RetentionPeriodHours;

behaviour(
  "the retention period can be increased to a year and decreased to a day",
  api("IncreaseStreamRetentionPeriod"),
  async () => {
    const { StreamName } = await stream();
    await send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 8_760 }));
    expect(await retention(StreamName)).toBe(8_760);
    await send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 24 }));
    expect(await retention(StreamName)).toBe(24);
  },
);

behaviour("an unchanged retention period is accepted", api("IncreaseStreamRetentionPeriod"), async () => {
  const { StreamName } = await stream();
  await send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 24 }));
  await send(new DecreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: 24 }));
  expect(await retention(StreamName)).toBe(24);
});

for (const [what, Command, from, to, message] of [
  [
    "cannot be increased to less than a day",
    IncreaseStreamRetentionPeriodCommand,
    24,
    23,
    /^Minimum allowed retention period is 24 hours\. Requested retention period \(23 hours\) is too short\.$/,
  ],
  [
    "cannot be decreased by IncreaseStreamRetentionPeriod",
    IncreaseStreamRetentionPeriodCommand,
    48,
    30,
    /can not be shorter than existing retention period \(48 hours\)/,
  ],
  [
    "cannot be decreased to less than a day",
    DecreaseStreamRetentionPeriodCommand,
    24,
    23,
    /Minimum allowed retention period is 24 hours/,
  ],
  [
    "cannot be increased by DecreaseStreamRetentionPeriod",
    DecreaseStreamRetentionPeriodCommand,
    24,
    48,
    /can not be longer than existing retention period \(24 hours\)/,
  ],
] as const) {
  behaviour(`a retention period ${what}`, api("DecreaseStreamRetentionPeriod"), async () => {
    const { StreamName } = await stream();
    if (from > 24)
      await send(new IncreaseStreamRetentionPeriodCommand({ StreamName, RetentionPeriodHours: from }));
    await expect(send(new Command({ StreamName, RetentionPeriodHours: to }) as never)).rejects.toMatchObject(
      invalid(expect.stringMatching(message)),
    );
  });
}

for (const [hours, rule] of [
  [8_761, "Member must have value less than or equal to 8760"],
  [0, "Member must have value greater than or equal to 1"],
] as const) {
  behaviour(
    `a retention period of ${hours} hours is refused`,
    api("IncreaseStreamRetentionPeriod"),
    async () => {
      const { StreamName } = await stream();
      for (const Command of [IncreaseStreamRetentionPeriodCommand, DecreaseStreamRetentionPeriodCommand])
        await expect(
          send(new Command({ StreamName, RetentionPeriodHours: hours }) as never),
        ).rejects.toMatchObject(
          refusal(
            "ValidationException",
            `1 validation error detected: Value '${hours}' at 'retentionPeriodHours' failed to satisfy constraint: ${rule}`,
          ),
        );
    },
  );
}

behaviour("several violations are reported in the order of a hash map", api("PutRecord"), async () => {
  const { put } = await stream();
  const more = { PartitionKey: "", ExplicitHashKey: "x", SequenceNumberForOrdering: "y" };
  await expect(put("x", more)).rejects.toMatchObject(
    refusal(
      "ValidationException",
      "3 validation errors detected: Value 'y' at 'sequenceNumberForOrdering' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,128}); Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'x' at 'explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})",
    ),
  );
});

behaviour(
  "a missing partition key is reported together with other violations",
  api("PutRecord"),
  async () => {
    const put = (input: object) => send(new PutRecordCommand(input as PutRecordCommandInput));
    const missing = (member: string) =>
      `Value null at '${member}' failed to satisfy constraint: Member must not be null`;
    await expect(put({})).rejects.toMatchObject(
      refusal(
        "ValidationException",
        `2 validation errors detected: ${missing("partitionKey")}; ${missing("data")}`,
      ),
    );
    const Records = [{ Data: Buffer.alloc(0) }, { Data: Buffer.alloc(0), ExplicitHashKey: "x" }];
    await expect(send(new PutRecordsCommand({ Records } as PutRecordsCommandInput))).rejects.toMatchObject(
      refusal(
        "ValidationException",
        `3 validation errors detected: ${missing("records.1.member.partitionKey")}; ${missing("records.2.member.partitionKey")}; Value 'x' at 'records.2.member.explicitHashKey' failed to satisfy constraint: Member must satisfy regular expression pattern: 0|([1-9]\\d{0,38})`,
      ),
    );
  },
);

behaviour("too many records are reported before missing keys", api("PutRecords"), async () => {
  const Records = Array.from({ length: 501 }, () => ({ Data: Buffer.alloc(0) }));
  await expect(
    send(new PutRecordsCommand({ StreamName: "s", Records } as PutRecordsCommandInput)),
  ).rejects.toMatchObject({
    name: "ValidationException",
    message: expect.stringMatching(
      /^1 validation error detected: Value .* at 'records' failed to satisfy constraint: Member must have length less than or equal to 500$/,
    ),
  });
});

behaviour("shard-level metrics are enabled and disabled", api("EnableEnhancedMonitoring"), async () => {
  const { StreamName, StreamARN } = await stream();
  const on = await send(
    new EnableEnhancedMonitoringCommand({
      StreamName,
      ShardLevelMetrics: ["IncomingBytes", "OutgoingBytes"],
    }),
  );
  expect(on).toMatchObject({
    StreamName,
    StreamARN,
    CurrentShardLevelMetrics: [],
    DesiredShardLevelMetrics: ["IncomingBytes", "OutgoingBytes"],
  });
  const off = await send(
    new DisableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["IncomingBytes"] }),
  );
  expect(off).toMatchObject({
    CurrentShardLevelMetrics: ["IncomingBytes", "OutgoingBytes"],
    DesiredShardLevelMetrics: ["OutgoingBytes"],
  });
});

behaviour("ALL enables seven metrics", api("EnableEnhancedMonitoring"), async () => {
  const { StreamName } = await stream();
  const { DesiredShardLevelMetrics } = await send(
    new EnableEnhancedMonitoringCommand({ StreamName, ShardLevelMetrics: ["ALL"] }),
  );
  expect(DesiredShardLevelMetrics).toHaveLength(7);
});

behaviour("UpdateStreamMode changes the mode of a stream", api("UpdateStreamMode"), async () => {
  const { StreamName, StreamARN } = await stream();
  await send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode: "ON_DEMAND" } }));
  expect((await summary(StreamName)).StreamModeDetails).toEqual({ StreamMode: "ON_DEMAND" });
});

for (const [operation, command] of [
  [
    "SplitShard",
    (StreamName: string) =>
      new SplitShardCommand({ StreamName, ShardToSplit: FIRST, NewStartingHashKey: "10" }),
  ],
  [
    "MergeShards",
    (StreamName: string) =>
      new MergeShardsCommand({
        StreamName,
        ShardToMerge: FIRST,
        AdjacentShardToMerge: "shardId-000000000001",
      }),
  ],
  [
    "UpdateShardCount",
    (StreamName: string) =>
      new UpdateShardCountCommand({ StreamName, TargetShardCount: 5, ScalingType: "UNIFORM_SCALING" }),
  ],
] as const) {
  behaviour(`${operation} requires a provisioned stream`, api(operation), async () => {
    const { StreamName } = await stream({ StreamModeDetails: { StreamMode: "ON_DEMAND" } });
    await expect(send(command(StreamName) as never)).rejects.toMatchObject(
      refusal(
        "ValidationException",
        `Request is invalid. Stream ${StreamName} under account ${ACCOUNT} is in On-Demand mode.`,
      ),
    );
  });
}

behaviour("UpdateMaxRecordSize raises the maximum size of a record", api("UpdateMaxRecordSize"), async () => {
  const { StreamName, StreamARN, put } = await stream();
  const big = Buffer.alloc(1_048_577);
  await expect(put(big)).rejects.toMatchObject(
    refusal(
      "ValidationException",
      "1 validation error detected: Value at 'data' failed to satisfy constraint: Member must have length less than or equal to 1048576",
    ),
  );
  await send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 2_048 }));
  expect(await summary(StreamName)).toMatchObject({ MaxRecordSizeInKiB: 2_048 });
  expect((await put(big)).ShardId).toBe(FIRST);
});

behaviour("a record of ten megabytes is returned unchanged", api("UpdateMaxRecordSize"), async () => {
  const { StreamARN, put, texts } = await stream();
  await send(new UpdateMaxRecordSizeCommand({ StreamARN, MaxRecordSizeInKiB: 10_240 }));
  const big = "0123456789".repeat(1_000_000);
  await put(big);
  await put("small");
  const [first, second] = await texts();
  expect(first === big).toBe(true);
  expect(second).toBe("small");
});

behaviour("a billing commitment lasts at least a day", api("UpdateAccountSettings"), async () => {
  const describe = async () =>
    (await send(new DescribeAccountSettingsCommand({}))).MinimumThroughputBillingCommitment!;
  const update = async (Status: "ENABLED" | "DISABLED") =>
    (await send(new UpdateAccountSettingsCommand({ MinimumThroughputBillingCommitment: { Status } })))
      .MinimumThroughputBillingCommitment!;
  expect(await describe()).toEqual({ Status: "DISABLED" });
  const { Status, StartedAt, EarliestAllowedEndAt } = await update("ENABLED");
  expect(Status).toBe("ENABLED");
  expect(EarliestAllowedEndAt!.getTime() - StartedAt!.getTime()).toBe(86_400_000);
  expect(await update("DISABLED")).toMatchObject({ Status: "ENABLED_UNTIL_EARLIEST_ALLOWED_END" });
  await cloud.advance(86_400_000);
  expect(await describe()).toMatchObject({ Status: "DISABLED", EndedAt: EarliestAllowedEndAt });
});

behaviour("DescribeLimits counts shards and on-demand streams", api("DescribeLimits"), async () => {
  const before = await send(new DescribeLimitsCommand({}));
  await stream({ ShardCount: 3 });
  await stream({ StreamModeDetails: { StreamMode: "ON_DEMAND" } });
  const after = await send(new DescribeLimitsCommand({}));
  expect(after.OpenShardCount! - before.OpenShardCount!).toBe(7);
  expect(after.OnDemandStreamCount! - before.OnDemandStreamCount!).toBe(1);
  expect(after.OnDemandStreamCountLimit).toBe(50);
});
