import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import {
  expiredToken,
  invalid,
  noSuchShard,
  onlyProvisioned,
  shardIsClosed,
  shardIsGone,
} from "../errors.ts";
import {
  isOpen,
  type Named,
  nameOf,
  type Shard,
  type Stream,
  shards,
  shardsOf,
  streamArn,
  streamAt,
  streams,
} from "../store.ts";
import { checkShards, onceMore } from "../streams/quotas.ts";
import { merge, openShardsOf, reshaping, scaleTo, split } from "./scaling.ts";
import { firstNumber, indexOfShard, lastNumber, shardId } from "./sequence.ts";

/** Of a stream in 24 hours. */
const MOST_SCALINGS = 10;
const TOKEN = "kinesis/shards";
const TOKEN_MS = 300_000;

export const shardOperations = {
  async ListShards(ctx, input) {
    const { NextToken, MaxResults = 1_000, ShardFilter: filter } = input;
    const isNamed = input.StreamName !== undefined || input.StreamARN !== undefined;
    if (NextToken !== undefined && isNamed)
      throw invalid("NextToken and StreamName cannot be provided together.");
    if (NextToken === undefined && !isNamed)
      throw invalid("Either NextToken or StreamName should be provided.");
    const token = NextToken === undefined ? undefined : tokenIn(ctx, NextToken);
    return ctx.read(async (tx) => {
      const stream = await streamAt(tx, ctx, token ? { StreamName: token.stream } : input);
      const after =
        token?.after ?? (input.ExclusiveStartShardId ? indexOfShard(input.ExclusiveStartShardId) : undefined);
      const all = await shardsOf(tx, stream);
      const isWanted = wantedOf(filter, all, tx.now() - stream.retentionHours * 3_600_000);
      const wanted = all.filter((shard) => (after === undefined || shard.index > after) && isWanted(shard));
      const page = wanted.slice(0, MaxResults);
      const content = { stream: stream.name, after: page.at(-1)?.index, until: ctx.clock.now() + TOKEN_MS };
      return {
        Shards: page.map(described),
        NextToken: wanted.length > page.length ? ctx.seal.seal(TOKEN, content) : undefined,
      };
    });
  },

  async SplitShard(ctx, input) {
    return ctx.transact(async (tx) => {
      checkShardId(ctx, input, input.ShardToSplit);
      const stream = await provisioned(tx, ctx, input, "SplitShard");
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
      const stream = await provisioned(tx, ctx, input, "MergeShards");
      const one = await openShard(tx, ctx, stream, input.ShardToMerge);
      const other = await openShard(tx, ctx, stream, input.AdjacentShardToMerge);
      // In the order of their hashes.
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
      const stream = await provisioned(tx, ctx, input, "UpdateShardCount");
      const open = await openShardsOf(tx, stream);
      if (target > 2 * open.length)
        throw invalid(
          `UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: ${open.length} Target shard count: ${target}`,
        );
      if (target < open.length / 2)
        throw invalid(
          `UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: ${open.length} Target shard count: ${target}`,
        );
      await checkShards(tx, ctx, target - open.length);
      const scalings = onceMore(stream.scalings, MOST_SCALINGS, tx.now(), "shard count");
      tx.put(streams, { ...stream, scalings });
      await scaleTo(tx, { ...stream, scalings }, target);
      return {
        StreamName: stream.name,
        CurrentShardCount: open.length,
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
async function provisioned(
  tx: ReadTransaction,
  ctx: Context,
  named: Named,
  operation: string,
): Promise<Stream> {
  const stream = await streamAt(tx, ctx, named);
  if (stream.mode === "ON_DEMAND") throw onlyProvisioned(operation);
  return stream;
}

/** @throws {AwsError} ResourceNotFoundException */
export async function shardAt(tx: ReadTransaction, ctx: Context, stream: Stream, id: string): Promise<Shard> {
  const index = indexOfShard(id);
  const shard = index === undefined ? undefined : await tx.get(shards, [stream.number, index]);
  if (shard) return shard;
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

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html */
function wantedOf(
  filter: Kinesis.ShardFilter | undefined,
  all: readonly Shard[],
  horizon: number,
): (shard: Shard) => boolean {
  const wasOpen = ({ closed }: Shard, moment: number) => closed === undefined || closed >= moment;
  const moment = filter?.Timestamp?.getTime() ?? 0;
  switch (filter?.Type) {
    case "AFTER_SHARD_ID": {
      const after = indexOfShard(filter.ShardId ?? "") ?? -1;
      return ({ index }) => index > after;
    }
    case "AT_LATEST":
      return isOpen;
    case "AT_TIMESTAMP":
      return (shard) => wasOpen(shard, moment) && shard.created <= moment;
    case "FROM_TIMESTAMP":
      return (shard) => wasOpen(shard, moment);
    case "FROM_TRIM_HORIZON":
      return (shard) => wasOpen(shard, horizon);
    case "AT_TRIM_HORIZON": {
      // Where nothing that can still be read came before it.
      const readable = new Set(all.filter((shard) => wasOpen(shard, horizon)).map(({ index }) => index));
      return ({ index, parent, adjacentParent }) =>
        readable.has(index) &&
        !(parent !== undefined && readable.has(parent)) &&
        !(adjacentParent !== undefined && readable.has(adjacentParent));
    }
    default:
      return () => true;
  }
}

function tokenIn(ctx: Context, text: string): { stream: string; after: number } {
  const content = ctx.seal.unseal(TOKEN, text) as
    | { stream: string; after: number; until: number }
    | undefined;
  if (!content) throw invalid("The NextToken is not valid.");
  if (content.until < ctx.clock.now()) throw expiredToken();
  return content;
}
