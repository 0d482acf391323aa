import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid, streamExists, streamHasConsumers } from "../errors.ts";
import { wakeAll } from "../records/waiters.ts";
import { evenRanges } from "../shards/ranges.ts";
import { reshaping } from "../shards/reshaping.ts";
import { indexOfShard } from "../shards/sequence.ts";
import { described as describedShard } from "../shards/shards.ts";
import {
  activeAt,
  consumers,
  horizonOf,
  type Named,
  type Stream,
  shardsBehind,
  statusOf,
  streamArn,
  streamAt,
  streams,
  wholeSecond,
} from "../store.ts";
import { tokenIn, tokenOf } from "../tokens.ts";
import { isAdvantaged } from "./account.ts";
import { checkDistribution, checkWarm, shardCountFor } from "./capacity.ts";
import { checkOnDemand, checkShards, countsOf, MAX_ON_DEMAND_STREAMS, shardLimit } from "./quotas.ts";
import { checkTags } from "./tags.ts";
import { forget, trim } from "./trim.ts";

const FIRST_HOURS = 24;
/** The maximum shards of a description and streams of a page, whatever the requested limit. */
const PAGE = 100;
const TOKEN = "kinesis/streams";

export const streamOperations = {
  async CreateStream(ctx, input) {
    const defaultMode = input.ShardCount === undefined ? "ON_DEMAND" : "PROVISIONED";
    const mode = input.StreamModeDetails?.StreamMode ?? defaultMode;
    if (mode === "PROVISIONED" && input.ShardCount === undefined)
      throw invalid("ShardCount is expected when StreamMode=PROVISIONED");
    if (mode === "ON_DEMAND" && input.ShardCount !== undefined)
      throw invalid("ShardCount is not expected when StreamMode=ON_DEMAND");
    const { WarmThroughputMiBps: mibps, RecordDistributionStrategy: distribution } = input;
    checkDistribution(mode, distribution);
    const count = input.ShardCount ?? shardCountFor(mibps);
    checkTags(input.Tags ?? {}, input.StreamName, ctx);
    return ctx.transact(async (tx) => {
      if (await tx.get(streams, [input.StreamName])) throw streamExists(input.StreamName, ctx.account);
      if (mode === "ON_DEMAND") await checkOnDemand(tx, ctx);
      if (mibps !== undefined)
        await checkWarm(ctx, tx, { name: input.StreamName, mode }, mibps, "CreateStream");
      await checkShards(tx, ctx, count);
      const stream: Stream = {
        name: input.StreamName,
        number: tx.sequence(),
        mode,
        retentionHours: FIRST_HOURS,
        nextShard: 0,
        openShards: 0,
        maxRecordKib: input.MaxRecordSizeInKiB ?? 1_024,
        distribution,
        monitoring: [],
        tags: input.Tags ?? {},
        created: tx.now(),
      };
      const change = reshaping(tx, stream);
      for (const range of evenRanges(count)) change.open(range);
      change.end();
      tx.enqueue(trim, { name: stream.name, number: stream.number }, { delay: FIRST_HOURS * 3_600_000 });
      return {};
    });
  },

  async DeleteStream(ctx, input) {
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, input);
      const registered = await tx.list(consumers, { in: [stream.name], limit: 1_000 });
      if (registered.length > 0 && !input.EnforceConsumerDeletion)
        throw streamHasConsumers(streamArn(ctx, stream.name), stream.name);
      for (const { name } of registered) tx.delete(consumers, [stream.name, name]);
      tx.delete(streams, [stream.name]);
      tx.enqueue(forget, { number: stream.number });
      wakeAll(tx, stream.number);
      return {};
    });
  },

  async DescribeStream(ctx, input) {
    const { ExclusiveStartShardId } = input;
    const limit = Math.min(input.Limit ?? PAGE, PAGE);
    return ctx.read(async (tx) => {
      const stream = await streamAt(tx, ctx, input);
      const after = ExclusiveStartShardId === undefined ? -1 : (indexOfShard(ExclusiveStartShardId) ?? -1);
      const all = await shardsBehind(tx, stream, after, limit + 1);
      return {
        StreamDescription: {
          ...commonDescription(ctx, stream),
          Shards: all.slice(0, limit).map(describedShard),
          HasMoreShards: all.length > limit,
        },
      };
    });
  },

  async DescribeStreamSummary(ctx, input) {
    return ctx.read(async (tx) => {
      const stream = await streamAt(tx, ctx, input);
      const registered = await tx.list(consumers, { in: [stream.name], limit: 1_000 });
      return {
        StreamDescriptionSummary: {
          ...commonDescription(ctx, stream),
          OpenShardCount: stream.openShards,
          ConsumerCount: registered.length,
          MaxRecordSizeInKiB: stream.maxRecordKib,
          RecordDistributionStrategy:
            stream.mode === "ON_DEMAND" ? (stream.distribution ?? "USER_PARTITION_KEY") : undefined,
          WarmThroughput: (await isAdvantaged(tx, stream))
            ? { TargetMiBps: stream.goal?.count, CurrentMiBps: stream.openShards }
            : undefined,
        },
      };
    });
  },

  async ListStreams(ctx, { Limit = PAGE, ExclusiveStartStreamName, NextToken }) {
    const limit = Math.min(Limit, PAGE);
    const after = NextToken === undefined ? ExclusiveStartStreamName : tokenIn<string>(ctx, TOKEN, NextToken);
    const listed = await ctx.read((tx) =>
      tx.list(streams, { ...(after !== undefined && { after: [after] }), limit: limit + 1 }),
    );
    const page = listed.slice(0, limit);
    const hasMore = listed.length > page.length;
    return {
      StreamNames: page.map(({ name }) => name),
      HasMoreStreams: hasMore,
      NextToken: hasMore ? tokenOf(ctx, TOKEN, page.at(-1)!.name) : undefined,
      StreamSummaries: page.map((stream) => ({
        StreamName: stream.name,
        StreamARN: streamArn(ctx, stream.name),
        StreamStatus: statusOf(stream),
        StreamModeDetails: { StreamMode: stream.mode },
        StreamCreationTimestamp: wholeSecond(stream.created),
      })),
    };
  },

  IncreaseStreamRetentionPeriod: (ctx, input) =>
    change(ctx, input, (stream) => {
      const { RetentionPeriodHours: hours } = input;
      checkLeast(hours);
      if (hours < stream.retentionHours)
        throw invalid(
          `Requested retention period (${hours} hours) for stream ${stream.name} can not be shorter than existing retention period (${stream.retentionHours} hours). Use DecreaseRetentionPeriod API.`,
        );
      return { ...stream, retentionHours: hours, gone: horizonOf(stream, ctx.clock.now()) };
    }),

  DecreaseStreamRetentionPeriod: (ctx, input) =>
    change(ctx, input, (stream) => {
      const { RetentionPeriodHours: hours } = input;
      checkLeast(hours);
      if (hours > stream.retentionHours)
        throw invalid(
          `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer than existing retention period (${stream.retentionHours} hours). Use IncreaseRetentionPeriod API.`,
        );
      return { ...stream, retentionHours: hours };
    }),

  UpdateMaxRecordSize: (ctx, input) =>
    change(ctx, input, (stream) => ({ ...stream, maxRecordKib: input.MaxRecordSizeInKiB })),

  EnableEnhancedMonitoring: (ctx, input) =>
    monitor(ctx, input, (present) => [...new Set([...present, ...metricsOf(input.ShardLevelMetrics)])]),

  DisableEnhancedMonitoring: (ctx, input) =>
    monitor(ctx, input, (present) =>
      present.filter((metric) => !metricsOf(input.ShardLevelMetrics).includes(metric)),
    ),

  async DescribeLimits(ctx) {
    const { openShards, onDemand } = await ctx.read(countsOf);
    return {
      ShardLimit: shardLimit(ctx),
      OpenShardCount: openShards,
      OnDemandStreamCount: onDemand,
      OnDemandStreamCountLimit: MAX_ON_DEMAND_STREAMS,
    };
  },
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} InvalidArgumentException */
function checkLeast(hours: number): void {
  if (hours < FIRST_HOURS)
    throw invalid(
      `Minimum allowed retention period is ${FIRST_HOURS} hours. Requested retention period (${hours} hours) is too short.`,
    );
}

function change(ctx: Context, named: Named, to: (stream: Stream) => Stream) {
  return ctx.transact(async (tx) => {
    tx.put(streams, to(await activeAt(tx, ctx, named)));
    return {};
  });
}

const METRICS: Kinesis.MetricsName[] = [
  "IncomingBytes",
  "IncomingRecords",
  "OutgoingBytes",
  "OutgoingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "IteratorAgeMilliseconds",
];

const metricsOf = (names: readonly Kinesis.MetricsName[]) => (names.includes("ALL") ? METRICS : names);

function monitor(ctx: Context, named: Named, to: (present: Kinesis.MetricsName[]) => Kinesis.MetricsName[]) {
  return ctx.transact(async (tx) => {
    const stream = await activeAt(tx, ctx, named);
    const monitoring = to(stream.monitoring);
    tx.put(streams, { ...stream, monitoring });
    return {
      StreamName: stream.name,
      StreamARN: streamArn(ctx, stream.name),
      CurrentShardLevelMetrics: stream.monitoring,
      DesiredShardLevelMetrics: monitoring,
    };
  });
}

function commonDescription(ctx: Context, stream: Stream) {
  return {
    StreamName: stream.name,
    StreamARN: streamArn(ctx, stream.name),
    StreamStatus: statusOf(stream),
    StreamModeDetails: { StreamMode: stream.mode },
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: wholeSecond(stream.created),
    EnhancedMonitoring: [{ ShardLevelMetrics: stream.monitoring }],
    EncryptionType: stream.encryption ? ("KMS" as const) : ("NONE" as const),
    KeyId: stream.encryption?.key,
  };
}
