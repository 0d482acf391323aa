import { parseArn } from "#aws/arn.ts";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import { recordEvent } from "../event.ts";
import { callerOf } from "../hand-over.ts";
import type { Pipe } from "../store.ts";
import { type StreamSource, streamParameters } from "./stream.ts";

export function kinesisStream(ctx: Context, pipe: Pipe): StreamSource {
  const { account, region } = parseArn(pipe.source)!;
  const { kinesis } = ctx.as(callerOf(ctx, pipe), undefined, { account, region }).aws;
  const StreamARN = pipe.source;
  return {
    batchInfo: "KinesisBatchInfo",
    async shards() {
      const shards: Kinesis.Shard[] = [];
      for (let token: string | undefined; ; ) {
        const page = await kinesis.ListShards(token === undefined ? { StreamARN } : { NextToken: token });
        shards.push(...(page.Shards ?? []));
        token = page.NextToken;
        if (token === undefined) break;
      }
      return shards.map(({ ShardId, ParentShardId, AdjacentParentShardId, SequenceNumberRange }) => ({
        id: ShardId,
        parents: [ParentShardId, AdjacentParentShardId].filter((one) => one !== undefined),
        isOpen: SequenceNumberRange.EndingSequenceNumber === undefined,
      }));
    },
    async beginning() {
      const { StartingPosition, StartingPositionTimestamp } = streamParameters(pipe);
      if (StartingPosition === "TRIM_HORIZON") return { type: "TRIM_HORIZON" };
      const isLater = StartingPosition === "AT_TIMESTAMP" && StartingPositionTimestamp !== undefined;
      const time = isLater ? new Date(StartingPositionTimestamp).getTime() : ctx.clock.now();
      return { type: "AT_TIMESTAMP", time };
    },
    async iterator(ShardId, at) {
      const { ShardIterator } = await kinesis.GetShardIterator({
        StreamARN,
        ShardId,
        ShardIteratorType: at.type,
        ...(at.type === "AFTER_SEQUENCE_NUMBER" && { StartingSequenceNumber: at.sequence }),
        ...(at.type === "AT_TIMESTAMP" && { Timestamp: new Date(at.time) }),
      });
      return ShardIterator!;
    },
    async read(shard, ShardIterator, Limit) {
      const { Records, NextShardIterator } = await kinesis.GetRecords({ StreamARN, ShardIterator, Limit });
      const events = Records.map((record) => ({
        ...recordEvent(pipe, shard, record),
        sequence: record.SequenceNumber,
        partition: record.PartitionKey ?? record.SequenceNumber,
        arrival: record.ApproximateArrivalTimestamp!.getTime(),
      }));
      return { events, next: NextShardIterator };
    },
  };
}
