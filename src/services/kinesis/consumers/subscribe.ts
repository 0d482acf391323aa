import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { ReadTransaction } from "#kernel/transaction.ts";
import { dryRun, noSuchConsumer, noSuchStream } from "../errors.ts";
import { positionOf } from "../records/iterators.ts";
import { childrenOf, recordsFrom } from "../records/read.ts";
import { toldOf } from "../records/told.ts";
import { waitFor } from "../records/waiters.ts";
import { sequenceNumber } from "../shards/sequence.ts";
import { shardAt } from "../shards/shards.ts";
import {
  type Consumer,
  consumers,
  isOpen,
  type Shard,
  type Stream,
  shards,
  streamAt,
  streams,
} from "../store.ts";
import { consumerArn, consumerAt } from "./consumer.ts";
import { inUse, LIFE_MS, type Subscription, subscribe } from "./subscriptions.ts";

/** An event comes at least so often, be it an empty one. */
const PULSE_MS = 5_000;
const MOST_RECORDS = 1_000;

export const subscribing = {
  async SubscribeToShard(ctx, { ConsumerARN, ShardId, StartingPosition, DryRun }) {
    const { consumer, stream, shard } = await ctx.read(async (tx) => {
      const found = await consumerAt(tx, ctx, { ConsumerARN });
      const its = await streamAt(tx, ctx, { StreamName: found.stream });
      return { consumer: found, stream: its, shard: await shardAt(tx, ctx, its, ShardId) };
    });
    const from = await positionOf(ctx, stream, shard, StartingPosition);
    if (DryRun) throw dryRun();
    const held = await ctx.read((tx) => subscribe(ctx, tx, consumer, shard));
    const takenOver = () => inUse(ctx, consumer, shard);
    return { EventStream: eventsFrom(ctx, { consumer, shard, from, held, takenOver }) };
  },
} satisfies Handlers<"kinesis">;

interface Reader {
  consumer: Consumer;
  shard: Shard;
  from: number;
  held: Subscription;
  /** What is told when another subscription has taken its place. */
  takenOver: () => AwsError;
}

async function* eventsFrom(
  ctx: Context,
  { consumer, shard, from, held, takenOver }: Reader,
): AsyncGenerator<Kinesis.SubscribeToShardEventStream> {
  const until = ctx.clock.now() + LIFE_MS;
  for (let next = from; ctx.clock.now() < until; ) {
    const wait = ctx.wait(PULSE_MS);
    const woken = Promise.withResolvers<void>();
    let forget = () => {};
    try {
      const found = await ctx.read(async (tx) => {
        // Before the look: what comes after it must not be missed.
        forget = waitFor(tx, shard.stream, woken.resolve);
        held.wake = woken.resolve;
        const stream = await stillThere(tx, ctx, consumer, shard);
        const now = (await tx.get(shards, [stream.number, shard.index])) ?? shard;
        const read = await recordsFrom(tx, stream, now, next, MOST_RECORDS);
        const hasEnded = !isOpen(now) && read.records.length === 0;
        return { ...read, children: hasEnded ? await childrenOf(tx, stream, now) : undefined };
      });
      if (found.records.length === 0 && !found.children) {
        await wait.parked((wake) => void woken.promise.then(wake));
        if (!wait.over && !held.isOver) continue;
      }
      if (held.isOver) throw takenOver();
      next = found.next;
      const records = toldOf(shard, found.records);
      yield {
        SubscribeToShardEvent: {
          Records: records,
          MillisBehindLatest: found.behind,
          // A client takes a shard for ended by the one, or by the other: it is told either of both.
          ...(found.children
            ? { ChildShards: found.children }
            : {
                ContinuationSequenceNumber:
                  records.at(-1)?.SequenceNumber ??
                  sequenceNumber(shard, Math.max(0, next - 1), ctx.clock.now()),
              }),
        },
      };
      if (found.children) return;
    } finally {
      forget();
      wait.end();
    }
  }
}

/** The stream of a subscription, as long as it and the consumer are there. @throws {AwsError} ResourceNotFoundException */
async function stillThere(
  tx: ReadTransaction,
  ctx: Context,
  consumer: Consumer,
  shard: Shard,
): Promise<Stream> {
  const stream = await tx.get(streams, [consumer.stream]);
  if (stream?.number !== shard.stream) throw noSuchStream(consumer.stream, ctx.account);
  const present = await tx.get(consumers, [consumer.stream, consumer.name]);
  if (present?.created !== consumer.created) throw noSuchConsumer(consumerArn(ctx, consumer));
  return stream;
}
