import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import type { Place } from "#kernel/records/collection.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { tableName } from "../items/rows.ts";
import { type Shard, type Stream, streamArn, streams } from "../store.ts";
import { keySchema } from "../tables/description.ts";
import { checkLimit, invalidStreamArn, noSuchStream } from "./errors.ts";
import { sequenceNumber } from "./record.ts";
import { isClosed, shardId } from "./shards.ts";

const MAX_LISTED = 100;

export const streamOperations = {
  async ListStreams(ctx, { TableName, Limit = MAX_LISTED, ExclusiveStartStreamArn }) {
    checkLimit(Limit, MAX_LISTED);
    if (ExclusiveStartStreamArn !== undefined) checkStreamArn(ExclusiveStartStreamArn);
    const start = ExclusiveStartStreamArn === undefined ? undefined : partsOf(ExclusiveStartStreamArn);
    const page = await ctx.read((tx) =>
      tx.list(streams, {
        ...(TableName === undefined ? {} : { in: [tableName(TableName)] }),
        ...(start && { after: TableName === undefined ? [start.table, start.label] : [start.label] }),
        limit: Limit + 1,
      }),
    );
    const shown = page.slice(0, Limit);
    const arn = ({ table, label }: Stream) => streamArn(ctx, table, label);
    return {
      Streams: shown.map((stream) => ({
        StreamArn: arn(stream),
        TableName: stream.table,
        StreamLabel: stream.label,
      })),
      LastEvaluatedStreamArn: page.length > Limit ? arn(shown.at(-1)!) : undefined,
    };
  },

  async DescribeStream(ctx, { StreamArn, Limit = MAX_LISTED, ExclusiveStartShardId: start, ShardFilter }) {
    checkLimit(Limit, MAX_LISTED);
    const stream = await ctx.read((tx) => streamAt(ctx, tx, StreamArn));
    const matching = stream.shards.filter(
      (shard) =>
        (start === undefined || shardId(shard) > start) &&
        (ShardFilter?.Type === undefined || shard.parent === ShardFilter.ShardId),
    );
    const shown = matching.slice(0, Limit);
    return {
      StreamDescription: {
        StreamArn,
        StreamLabel: stream.label,
        StreamStatus: isClosed(stream) ? ("DISABLED" as const) : ("ENABLED" as const),
        StreamViewType: stream.view,
        CreationRequestDateTime: new Date(stream.created),
        TableName: stream.table,
        KeySchema: keySchema(stream.key),
        Shards: shown.map(described),
        LastEvaluatedShardId: matching.length > Limit ? shardId(shown.at(-1)!) : undefined,
      },
    };
  },
} satisfies Handlers<"dynamodb-streams">;

const described = (shard: Shard): Streams.Shard => ({
  ShardId: shardId(shard),
  SequenceNumberRange: {
    StartingSequenceNumber: sequenceNumber(shard.first),
    EndingSequenceNumber: shard.last === undefined ? undefined : sequenceNumber(shard.last),
  },
  ParentShardId: shard.parent,
});

export function partsOf(arn: string): { table: string; label: string } {
  return { table: tableName(arn), label: arn.split("/stream/")[1] ?? "" };
}

const STREAM_ARN = /^arn:[^:]+:dynamodb:[^:]*:[^:]*:table\/[^/]+\/stream\/[^/]+$/;

/** @throws {AwsError} ValidationException for anything but the ARN of a stream */
function checkStreamArn(arn: string): void {
  if (!STREAM_ARN.test(arn)) throw invalidStreamArn();
}

/** @throws {AwsError} ValidationException, ResourceNotFoundException */
export async function streamAt(place: Place, tx: ReadTransaction, arn: string): Promise<Stream> {
  checkStreamArn(arn);
  const { table, label } = partsOf(arn);
  const stream = arn === streamArn(place, table, label) ? await tx.get(streams, [table, label]) : undefined;
  if (!stream) throw noSuchStream(arn);
  return stream;
}
