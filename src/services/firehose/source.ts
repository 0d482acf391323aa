import { parseArn } from "#aws/arn.ts";
import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import { AwsError } from "#aws/errors.ts";
import type { Clients } from "#kernel/calls/clients.ts";
import { rootOf } from "#kernel/calls/principal.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/work/jobs.ts";
import { invalid, sourceNotReady } from "./errors.ts";
import { separate } from "./records/aggregated.ts";
import { append } from "./records/append.ts";
import { type Cursor, cursors, type DeliveryStream, type StreamSource, streams } from "./store.ts";

/** The polling interval of a stream without new records. */
const POLL_INTERVAL_MS = 1_000;
/** The maximum records of one read of a shard. */
const MAX_READ = 1_000;

/**
 * Copies a Kinesis stream's records into the batches of a delivery stream. Its position is committed with the records, so that
 * none is lost or duplicated.
 */
export const follow = job<{ name: string; number: number }>("firehose/follow", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { name, number }) {
    const stream = await ctx.read((tx) => tx.get(streams, [name]));
    if (stream?.number !== number || !stream.source) return undefined;
    const { kinesis } = clientsOf(ctx, stream.source.arn);
    let read = 0;
    for (const shard of await shardsOf(kinesis, stream.source))
      read += await readShard(ctx, kinesis, stream, stream.source, shard.ShardId);
    return read > 0 ? { again: 0, idle: true } : { again: POLL_INTERVAL_MS, isPoll: true };
  },
});

/** @throws {AwsError} InvalidArgumentException unless the stream can be read */
export async function checkSource(ctx: Context, arn: string): Promise<void> {
  if (!parseArn(arn)) throw invalid(`${arn} is not the ARN of a Kinesis stream.`);
  try {
    const { StreamDescriptionSummary } = await clientsOf(ctx, arn).kinesis.DescribeStreamSummary({
      StreamARN: arn,
    });
    const { StreamStatus } = StreamDescriptionSummary;
    if (StreamStatus === "ACTIVE" || StreamStatus === "UPDATING") return;
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw invalid(error.message);
  }
  throw sourceNotReady();
}

/** Calls as the role's account; a stream of another account needs a policy that allows it. */
function clientsOf(ctx: Context, arn: string): Clients {
  const { account, region } = parseArn(arn)!;
  return ctx.as(rootOf(ctx.account), undefined, { account, region }).aws;
}

/** The shards that can hold records from the start on. */
async function shardsOf(kinesis: Clients["kinesis"], { arn, start }: StreamSource): Promise<Kinesis.Shard[]> {
  const shards: Kinesis.Shard[] = [];
  let token: string | undefined;
  do {
    const { Shards = [], NextToken } = await kinesis.ListShards(
      token === undefined
        ? { StreamARN: arn, ShardFilter: { Type: "FROM_TIMESTAMP", Timestamp: new Date(start) } }
        : { NextToken: token },
    );
    shards.push(...Shards);
    token = NextToken;
  } while (token !== undefined);
  return shards;
}

async function readShard(
  ctx: Context,
  kinesis: Clients["kinesis"],
  { name, number }: DeliveryStream,
  { arn, start }: StreamSource,
  shard: string,
): Promise<number> {
  const cursor = await ctx.read((tx) => tx.get(cursors, [number, shard]));
  if (cursor?.isAtEnd) return 0;
  const { ShardIterator } = await kinesis.GetShardIterator({
    StreamARN: arn,
    ShardId: shard,
    ...(cursor?.sequence === undefined
      ? { ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(start) }
      : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: cursor.sequence }),
  });
  const { Records, NextShardIterator } = await kinesis.GetRecords({
    ShardIterator: ShardIterator!,
    StreamARN: arn,
    Limit: MAX_READ,
  });
  const isAtEnd = NextShardIterator === undefined;
  if (Records.length === 0 && !isAtEnd) return 0;
  await ctx.transact(async (tx) => {
    const stream = await tx.get(streams, [name]);
    if (stream?.number !== number) return;
    if (Records.length > 0) await append(tx, stream, Records.flatMap(arrivedIn));
    const next: Cursor = {
      stream: number,
      shard,
      sequence: Records.at(-1)?.SequenceNumber ?? cursor?.sequence,
      ...(isAtEnd && { isAtEnd }),
    };
    tx.put(cursors, next);
  });
  return Records.length;
}

const arrivedIn = ({ Data, ApproximateArrivalTimestamp }: Kinesis.Record) =>
  separate(Data).map((data) => ({ arrival: ApproximateArrivalTimestamp!.getTime(), data }));
