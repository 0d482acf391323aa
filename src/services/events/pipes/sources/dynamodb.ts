import { parseArn } from "#aws/arn.ts";
import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import type { Context } from "#kernel/context.ts";
import { changeEvent } from "../event.ts";
import { callerOf } from "../hand-over.ts";
import type { Pipe, Position } from "../store.ts";
import { type SourceShard, type StreamSource, streamParameters } from "./stream.ts";

/** The maximum records of one GetRecords. */
const MAX_RECORDS = 1_000;

export function tableStream(ctx: Context, pipe: Pipe): StreamSource {
  const { account, region } = parseArn(pipe.source)!;
  const streams = ctx.as(callerOf(ctx, pipe), undefined, { account, region }).aws["dynamodb-streams"];
  const StreamArn = pipe.source;
  let hashKey: string | undefined;

  async function iterator(ShardId: string, at: Position): Promise<string> {
    const { ShardIterator } = await streams.GetShardIterator({
      StreamArn,
      ShardId,
      ...(at.type === "AFTER_SEQUENCE_NUMBER"
        ? { ShardIteratorType: at.type, SequenceNumber: at.sequence }
        : { ShardIteratorType: "TRIM_HORIZON" as const }),
    });
    return ShardIterator!;
  }

  /** The end of a shard, by its last record, as no iterator reveals its number. */
  async function end({ id }: SourceShard): Promise<Position> {
    let at: Position = { type: "TRIM_HORIZON" };
    for (let next: string | undefined = await iterator(id, at); next !== undefined; ) {
      const { Records = [], NextShardIterator }: Streams.GetRecordsOutput = await streams.GetRecords({
        ShardIterator: next,
      });
      const last = Records.at(-1);
      if (!last) break;
      at = { type: "AFTER_SEQUENCE_NUMBER", sequence: last.dynamodb!.SequenceNumber! };
      next = NextShardIterator;
      await new Promise(setImmediate);
    }
    return at;
  }

  return {
    batchInfo: "DDBStreamBatchInfo",
    async shards() {
      const shards: Streams.Shard[] = [];
      for (let last: string | undefined; ; ) {
        const { StreamDescription } = await streams.DescribeStream({
          StreamArn,
          ...(last !== undefined && { ExclusiveStartShardId: last }),
        });
        shards.push(...(StreamDescription?.Shards ?? []));
        last = StreamDescription?.LastEvaluatedShardId;
        if (last === undefined) break;
      }
      return shards.map(({ ShardId, ParentShardId, SequenceNumberRange }) => ({
        id: ShardId!,
        parents: ParentShardId === undefined ? [] : [ParentShardId],
        isOpen: SequenceNumberRange?.EndingSequenceNumber === undefined,
      }));
    },
    async beginning(shard) {
      return streamParameters(pipe).StartingPosition === "LATEST" ? end(shard) : { type: "TRIM_HORIZON" };
    },
    iterator,
    async read(_, ShardIterator, limit) {
      const { Records = [], NextShardIterator } = await streams.GetRecords({
        ShardIterator,
        Limit: Math.min(limit, MAX_RECORDS),
      });
      if (hashKey === undefined && (streamParameters(pipe).ParallelizationFactor ?? 1) > 1) {
        const { StreamDescription } = await streams.DescribeStream({ StreamArn });
        hashKey = StreamDescription?.KeySchema?.find(({ KeyType }) => KeyType === "HASH")?.AttributeName;
      }
      const events = Records.map((change) => {
        const { ApproximateCreationDateTime, SequenceNumber, Keys } = change.dynamodb!;
        return {
          ...changeEvent(pipe, change),
          sequence: SequenceNumber!,
          partition: JSON.stringify(hashKey === undefined ? Keys : Keys?.[hashKey]),
          arrival: ApproximateCreationDateTime!.getTime(),
        };
      });
      return { events, next: NextShardIterator };
    },
  };
}
