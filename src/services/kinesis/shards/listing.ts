import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { invalid } from "../errors.ts";
import {
  checkCreation,
  horizonOf,
  isOpen,
  type Named,
  nameOf,
  type Shard,
  type Stream,
  shardsBehind,
  shardsOf,
  streamAt,
} from "../store.ts";
import { tokenIn, tokenOf } from "../tokens.ts";
import { indexOfShard } from "./sequence.ts";
import { described } from "./shards.ts";

const TOKEN = "kinesis/shards";
/** The maximum shards of a page, whatever the requested limit. */
const MAX_LISTED = 1_000;
const MEMBERS_OF_TOKEN = [
  "StreamName",
  "StreamARN",
  "ExclusiveStartShardId",
  "StreamCreationTimestamp",
  "ShardFilter",
] as const;

/** The content of a pagination token, which replaces all other parameters: the stream, the filter and the position. */
interface Token {
  stream: string;
  after: number;
  filter?: { type: Kinesis.ShardFilterType; shard?: string; time?: number } | undefined;
}

export const shardListing = {
  async ListShards(ctx, input) {
    const { NextToken } = input;
    const limit = Math.min(input.MaxResults ?? MAX_LISTED, MAX_LISTED);
    if (NextToken === undefined && input.StreamName === undefined && input.StreamARN === undefined)
      throw invalid("Either NextToken or StreamName should be provided.");
    for (const member of MEMBERS_OF_TOKEN)
      if (NextToken !== undefined && input[member] !== undefined)
        throw invalid(`NextToken and ${member} cannot be provided together.`);
    const token = NextToken === undefined ? undefined : tokenIn<Token>(ctx, TOKEN, NextToken);
    const filter = token ? token.filter : filterOf(input.ShardFilter);
    return ctx.read(async (tx) => {
      const stream = await streamAt(tx, ctx, token ? { StreamName: token.stream } : input);
      checkCreation(ctx, stream, input.StreamCreationTimestamp);
      const after =
        token?.after ?? (input.ExclusiveStartShardId ? indexOfShard(input.ExclusiveStartShardId) : undefined);
      const matching = await filteredShards(tx, stream, filter, after ?? -1, limit + 1);
      const page = matching.slice(0, limit);
      const next = (): Token => ({
        stream: stream.name,
        after: page.at(-1)!.index,
        filter,
      });
      return {
        Shards: page.map(described),
        NextToken: matching.length > page.length ? tokenOf(ctx, TOKEN, next()) : undefined,
      };
    });
  },
} satisfies Handlers<"kinesis">;

/** The name of the stream whose shards a call lists. */
export function streamOfListing(ctx: Context, input: Named & { NextToken?: string }): string {
  if (input.StreamName !== undefined || input.StreamARN !== undefined) return nameOf(input);
  return input.NextToken === undefined ? "*" : tokenIn<Token>(ctx, TOKEN, input.NextToken).stream;
}

/** @throws {AwsError} InvalidArgumentException */
function filterOf(filter: Kinesis.ShardFilter | undefined): Token["filter"] {
  if (!filter) return undefined;
  const { Type: type, ShardId, Timestamp } = filter;
  if (type === "AFTER_SHARD_ID" && ShardId === undefined)
    throw invalid(`ShardId must be provided for a ShardFilter of type ${type}.`);
  if ((type === "AT_TIMESTAMP" || type === "FROM_TIMESTAMP") && Timestamp === undefined)
    throw invalid(`Timestamp must be provided for a ShardFilter of type ${type}.`);
  return { type: type!, shard: ShardId, time: Timestamp?.getTime() };
}

/** The shards after an index that match a filter; at least `most` of them, if there are more. */
async function filteredShards(
  tx: ReadTransaction,
  stream: Stream,
  filter: Token["filter"],
  after: number,
  most: number,
): Promise<Shard[]> {
  // Common listings read only the shards of the page.
  if (!filter || filter.type === "FROM_TRIM_HORIZON") return shardsBehind(tx, stream, after, most);
  if (filter.type === "AFTER_SHARD_ID")
    return shardsBehind(tx, stream, Math.max(after, indexOfShard(filter.shard ?? "") ?? -1), most);
  const all = await shardsOf(tx, stream);
  const passes = testOf(filter, all, horizonOf(stream, tx.now()));
  return all.filter((shard) => shard.index > after && passes(shard));
}

/** https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ShardFilter.html */
function testOf(
  filter: NonNullable<Token["filter"]>,
  all: readonly Shard[],
  horizon: number,
): (shard: Shard) => boolean {
  const wasOpen = ({ closed }: Shard, moment: number) => closed === undefined || closed >= moment;
  const moment = filter.time ?? 0;
  switch (filter.type) {
    case "AT_LATEST":
      return isOpen;
    case "AT_TIMESTAMP":
      return (shard) => wasOpen(shard, moment) && shard.created <= moment;
    case "FROM_TIMESTAMP":
      return (shard) => wasOpen(shard, moment);
    case "AT_TRIM_HORIZON": {
      // A shard without readable parents is where a reader begins.
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
