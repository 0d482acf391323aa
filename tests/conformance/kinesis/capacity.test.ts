import {
  DeleteStreamCommand,
  DescribeLimitsCommand,
  DescribeStreamSummaryCommand,
  RegisterStreamConsumerCommand,
  UpdateAccountSettingsCommand,
  UpdateShardCountCommand,
  UpdateStreamModeCommand,
  UpdateStreamWarmThroughputCommand,
} from "@aws-sdk/client-kinesis";
import { expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { ACCOUNT, api, guide, kinesisOf, refusal } from "./kinesis.ts";

const cloud = conformanceCloud();
const { send, stream } = kinesisOf(cloud);
const DAY = 86_400_000;
const ON_DEMAND = { StreamModeDetails: { StreamMode: "ON_DEMAND" as const } };

const summary = async (StreamName: string) =>
  (await send(new DescribeStreamSummaryCommand({ StreamName }))).StreamDescriptionSummary!;
const switchTo = (StreamARN: string, StreamMode: "ON_DEMAND" | "PROVISIONED") =>
  send(new UpdateStreamModeCommand({ StreamARN, StreamModeDetails: { StreamMode } }));
const commit = (Status: "ENABLED" | "DISABLED") =>
  send(new UpdateAccountSettingsCommand({ MinimumThroughputBillingCommitment: { Status } }));
const warm = (StreamName: string, WarmThroughputMiBps: number) =>
  send(new UpdateStreamWarmThroughputCommand({ StreamName, WarmThroughputMiBps }));
const onlyOnDemand = refusal(
  "ValidationException",
  "WarmThroughputMiBps can only be set for ON_DEMAND streams",
);
const onlyCommitted = (operation: string) =>
  refusal(
    "ValidationException",
    `${operation} is only supported for data streams with the on-demand capacity mode in accounts that have MinimumThroughputBillingCommitment enabled.`,
  );

behaviour(
  "a stream switches its capacity mode at most twice in 24 hours",
  api("UpdateStreamMode"),
  async () => {
    const { StreamName, StreamARN } = await stream();
    await switchTo(StreamARN, "ON_DEMAND");
    await switchTo(StreamARN, "ON_DEMAND");
    await switchTo(StreamARN, "PROVISIONED");
    await expect(switchTo(StreamARN, "ON_DEMAND")).rejects.toMatchObject({ name: "LimitExceededException" });
    await cloud.advance(DAY);
    await switchTo(StreamARN, "ON_DEMAND");
    expect((await summary(StreamName)).StreamModeDetails).toEqual({ StreamMode: "ON_DEMAND" });
  },
);

behaviour("a stream is resharded at most ten times in 24 hours", api("UpdateShardCount"), async () => {
  const { StreamName } = await stream();
  const scale = (TargetShardCount: number) =>
    send(new UpdateShardCountCommand({ StreamName, TargetShardCount, ScalingType: "UNIFORM_SCALING" }));
  for (let times = 0; times < 5; times++) {
    await scale(2);
    await scale(1);
  }
  await expect(scale(2)).rejects.toMatchObject({ name: "LimitExceededException" });
  await cloud.advance(DAY);
  await scale(2);
});

behaviour("an account has a shard quota", guide("service-sizes-and-limits"), async () => {
  const { ShardLimit, OpenShardCount } = await send(new DescribeLimitsCommand({}));
  expect(ShardLimit).toBe(20_000);
  const ShardCount = 20_001 - OpenShardCount!;
  await expect(stream({ ShardCount })).rejects.toMatchObject(
    refusal(
      "LimitExceededException",
      `This request would exceed the shard limit for the account ${ACCOUNT} in us-east-1. Current shard count for the account: ${OpenShardCount}. Limit: 20000. Number of additional shards that would have resulted from this request: ${ShardCount}. Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.`,
    ),
  );
});

behaviour("an account has a quota of on-demand streams", guide("service-sizes-and-limits"), async () => {
  const { OnDemandStreamCount } = await send(new DescribeLimitsCommand({}));
  const made: string[] = [];
  for (let at = OnDemandStreamCount!; at < 50; at++) made.push((await stream(ON_DEMAND)).StreamName);
  await expect(stream(ON_DEMAND)).rejects.toMatchObject(
    refusal(
      "LimitExceededException",
      `This request would exceed the limit on the number of On-Demand streams for the account ${ACCOUNT} in us-east-1. Current On-Demand streams count: 50. Limit: 50.`,
    ),
  );
  for (const StreamName of made) await send(new DeleteStreamCommand({ StreamName }));
});

behaviour(
  "warm throughput requires a billing commitment of the account",
  api("WarmThroughputObject"),
  async () => {
    const { StreamName } = await stream(ON_DEMAND);
    expect((await summary(StreamName)).WarmThroughput).toBeUndefined();
    await expect(warm(StreamName, 8)).rejects.toMatchObject(onlyCommitted("UpdateStreamWarmThroughput"));
  },
);

behaviour("warm throughput requires an on-demand stream", api("UpdateStreamWarmThroughput"), async () => {
  await commit("ENABLED");
  const { StreamName } = await stream();
  expect((await summary(StreamName)).WarmThroughput).toBeUndefined();
  await expect(warm(StreamName, 8)).rejects.toMatchObject(onlyOnDemand);
});

behaviour(
  "the warm throughput of an on-demand stream can be raised and lowered",
  api("UpdateStreamWarmThroughput"),
  async () => {
    await commit("ENABLED");
    const { StreamName, StreamARN } = await stream(ON_DEMAND);
    expect((await summary(StreamName)).WarmThroughput).toEqual({ CurrentMiBps: 4 });
    expect(await warm(StreamName, 8)).toMatchObject({
      StreamName,
      StreamARN,
      WarmThroughput: { TargetMiBps: 8, CurrentMiBps: 4 },
    });
    expect(await summary(StreamName)).toMatchObject({
      OpenShardCount: 8,
      WarmThroughput: { CurrentMiBps: 8 },
    });
    await warm(StreamName, 2);
    expect((await summary(StreamName)).OpenShardCount).toBe(4);
  },
);

behaviour("warm throughput is at most 10 GiB per second", api("UpdateStreamWarmThroughput"), async () => {
  await commit("ENABLED");
  const { StreamName } = await stream(ON_DEMAND);
  await expect(warm(StreamName, 10_241)).rejects.toMatchObject({ name: "InvalidArgumentException" });
});

behaviour("a new on-demand stream can have a warm throughput", api("CreateStream"), async () => {
  await commit("ENABLED");
  const { StreamName } = await stream({ ...ON_DEMAND, WarmThroughputMiBps: 6 });
  expect((await summary(StreamName)).OpenShardCount).toBe(6);
  await expect(stream({ ShardCount: 1, WarmThroughputMiBps: 6 })).rejects.toMatchObject(onlyOnDemand);
});

behaviour(
  "an on-demand stream has at most fifty consumers if the account has a billing commitment",
  guide("enhanced-consumers"),
  async () => {
    await commit("ENABLED");
    const register = (StreamARN: string, at: number) =>
      send(new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: `c${at}` }));
    for (const [more, maximum] of [
      [ON_DEMAND, 50],
      [{ ShardCount: 1 }, 20],
    ] as const) {
      const { StreamARN } = await stream(more);
      for (let at = 0; at < maximum; at++) await register(StreamARN, at);
      await expect(register(StreamARN, maximum)).rejects.toMatchObject({ name: "LimitExceededException" });
    }
  },
);
