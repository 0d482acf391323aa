import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import {
  invalid,
  limitExceeded,
  noSuchShard,
  onlyProvisioned,
  shardIsClosed,
  shardIsGone,
} from "../errors.ts";
import {
  activeAt,
  isExpired,
  isOpen,
  type Named,
  nameOf,
  type Shard,
  type Stream,
  shards,
  streamArn,
  streams,
} from "../store.ts";
import { checkShards, onceMore } from "../streams/quotas.ts";
import { merge, reshaping, split } from "./reshaping.ts";
import { scaleTo } from "./scaling.ts";
import { firstNumber, indexOfShard, lastNumber, shardId } from "./sequence.ts";

/** The maximum scalings of a stream in 24 hours. */
const MAX_SCALINGS = 10;
/** The maximum shards of a stream that is scaled. */
const MAX_SHARDS = 10_000;

export const shardOperations = {
  async SplitShard(ctx, input) {
    return ctx.transact(async (tx) => {
      checkShardId(ctx, input, input.ShardToSplit);
      const stream = await provisioned(tx, ctx, input);
      const shard = await openShard(tx, ctx, stream, input.ShardToSplit);
      await checkShards(tx, ctx, 1);
      const start = BigInt(input.NewStartingHashKey);
      if (!(start > BigInt(shard.from) + 1n && start < BigInt(shard.to)))
        throw invalid(
          `NewStartingHashKey ${start} used in SplitShard() on shard ${shardId(shard.index)} in stream ${stream.name} under account ${ctx.account} is not both greater than one plus the shard's StartingHashKey ${shard.from} and less than the shard's EndingHashKey ${shard.to}.`,
        );
      const change = reshaping(tx, stream);
      split(change, shard, start);
      change.end();
      return {};
    });
  },

  async MergeShards(ctx, input) {
    return ctx.transact(async (tx) => {
      for (const id of [input.ShardToMerge, input.AdjacentShardToMerge]) checkShardId(ctx, input, id);
      const stream = await provisioned(tx, ctx, input);
      const one = await openShard(tx, ctx, stream, input.ShardToMerge);
      const other = await openShard(tx, ctx, stream, input.AdjacentShardToMerge);
      // Orders the two by hash.
      if (BigInt(one.to) + 1n !== BigInt(other.from))
        throw invalid(
          `Shards ${shardId(one.index)} and ${shardId(other.index)} in stream ${stream.name} under account ${ctx.account} are not an adjacent pair of shards eligible for merging`,
        );
      const change = reshaping(tx, stream);
      merge(change, one, other);
      change.end();
      return {};
    });
  },

  async UpdateShardCount(ctx, input) {
    const { TargetShardCount: target } = input;
    return ctx.transact(async (tx) => {
      const stream = await provisioned(tx, ctx, input);
      const open = stream.openShards;
      if (target > 2 * open)
        throw invalid(
          `UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: ${open} Target shard count: ${target}`,
        );
      if (target < open / 2)
        throw invalid(
          `UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: ${open} Target shard count: ${target}`,
        );
      if (target > MAX_SHARDS)
        throw limitExceeded(`A stream cannot be scaled to more than ${MAX_SHARDS} shards.`);
      await checkShards(tx, ctx, target - open);
      const scalings = onceMore(stream.scalings, MAX_SCALINGS, tx.now(), "shard count");
      tx.put(streams, { ...stream, scalings });
      await scaleTo(tx, { ...stream, scalings }, target);
      return {
        StreamName: stream.name,
        CurrentShardCount: open,
        TargetShardCount: target,
        StreamARN: streamArn(ctx, stream.name),
      };
    });
  },
} satisfies Handlers<"kinesis">;

/** @throws {AwsError} ResourceNotFoundException for what is no id of a shard, before the stream is looked for */
function checkShardId(ctx: Context, named: Named, id: string): void {
  if (indexOfShard(id) === undefined) throw noSuchShard(id, nameOf(named), ctx.account);
}

/** @throws {AwsError} ValidationException */
async function provisioned(tx: ReadTransaction, ctx: Context, named: Named): Promise<Stream> {
  const stream = await activeAt(tx, ctx, named);
  if (stream.mode === "ON_DEMAND") throw onlyProvisioned(stream.name, ctx.account);
  return stream;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function shardAt(tx: ReadTransaction, ctx: Context, stream: Stream, id: string): Promise<Shard> {
  const index = indexOfShard(id);
  const shard = index === undefined ? undefined : await tx.get(shards, [stream.number, index]);
  if (shard && !isExpired(stream, shard, tx.now())) return shard;
  throw (index === undefined ? noSuchShard : shardIsGone)(
    index === undefined ? id : shardId(index),
    stream.name,
    ctx.account,
  );
}

async function openShard(tx: ReadTransaction, ctx: Context, stream: Stream, id: string): Promise<Shard> {
  const index = indexOfShard(id);
  const shard = index === undefined ? undefined : await tx.get(shards, [stream.number, index]);
  if (!shard) throw noSuchShard(index === undefined ? id : shardId(index), stream.name, ctx.account);
  if (!isOpen(shard)) throw shardIsClosed(shardId(shard.index), stream.name, ctx.account);
  return shard;
}

export function described(shard: Shard): Kinesis.Shard {
  const id = (index: number | undefined) => (index === undefined ? undefined : shardId(index));
  return {
    ShardId: shardId(shard.index),
    ParentShardId: id(shard.parent),
    AdjacentParentShardId: id(shard.adjacentParent),
    HashKeyRange: { StartingHashKey: shard.from, EndingHashKey: shard.to },
    SequenceNumberRange: {
      StartingSequenceNumber: firstNumber(shard),
      EndingSequenceNumber: shard.closed === undefined ? undefined : lastNumber(shard, shard.closed),
    },
  };
}
