import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { noSuchConsumer, noSuchStream } from "../errors.ts";
import { positionOf } from "../records/iterators.ts";
import { childrenOf, type Read, recordsFrom } from "../records/read.ts";
import { recordsOf } from "../records/responses.ts";
import { endOfTrial } from "../records/trials.ts";
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

/** The maximum interval between events; without records, an empty event is sent. */
const PULSE_MS = 5_000;
const MAX_RECORDS = 1_000;

export const subscribing = {
  async SubscribeToShard(ctx, { ConsumerARN, ShardId, StartingPosition, DryRun }) {
    const { consumer, stream, shard } = await ctx.read((tx) => subjectOf(tx, ctx, ConsumerARN, ShardId));
    const from = await positionOf(ctx, stream, shard, StartingPosition);
    if (DryRun) throw await ctx.read((tx) => endOfTrial(ctx, tx, stream));
    const subscription = await ctx.read((tx) => subscribe(ctx, tx, consumer, shard));
    return { EventStream: eventsFrom(ctx, { consumer, shard, subscription }, from) };
  },
} satisfies Handlers<"kinesis">;

async function subjectOf(tx: ReadTransaction, ctx: Context, ConsumerARN: string, shardId: string) {
  const consumer = await consumerAt(tx, ctx, { ConsumerARN });
  const stream = await streamAt(tx, ctx, { StreamName: consumer.stream });
  return { consumer, stream, shard: await shardAt(tx, ctx, stream, shardId) };
}

interface Reader {
  consumer: Consumer;
  shard: Shard;
  subscription: Subscription;
}

async function* eventsFrom(
  ctx: Context,
  reader: Reader,
  from: number,
): AsyncGenerator<Kinesis.SubscribeToShardEventStream> {
  const { consumer, shard, subscription } = reader;
  const until = ctx.clock.now() + LIFE_MS;
  for (let next = from; ctx.clock.now() < until; ) {
    const wait = ctx.wait(PULSE_MS);
    const woken = Promise.withResolvers<void>();
    let forget = () => {};
    try {
      const reading = await ctx.read((tx) => {
        // Registers before reading, so that no record is missed in between.
        forget = waitFor(tx, shard.stream, woken.resolve);
        subscription.wake = woken.resolve;
        return readingAt(tx, ctx, reader, next);
      });
      if (reading.records.length === 0 && !reading.children) {
        await wait.parked((wake) => void woken.promise.then(wake));
        if (!wait.over && !subscription.isOver) continue;
      }
      if (subscription.isOver) throw inUse(ctx, consumer, shard);
      next = reading.next;
      yield { SubscribeToShardEvent: eventOf(shard, reading, ctx.clock.now()) };
      if (reading.children) return;
    } finally {
      forget();
      wait.end();
    }
  }
}

interface Reading extends Read {
  /** The child shards, at the end of the shard. */
  children?: Kinesis.ChildShard[] | undefined;
}

async function readingAt(
  tx: ReadTransaction,
  ctx: Context,
  { consumer, shard }: Reader,
  from: number,
): Promise<Reading> {
  const stream = await stillThere(tx, ctx, consumer, shard);
  const now = (await tx.get(shards, [stream.number, shard.index])) ?? shard;
  const read = await recordsFrom(tx, stream, now, from, MAX_RECORDS);
  const hasEnded = !isOpen(now) && read.records.length === 0;
  return { ...read, children: hasEnded ? await childrenOf(tx, stream, now) : undefined };
}

function eventOf(
  shard: Shard,
  { records, next, behind, children }: Reading,
  now: number,
): Kinesis.SubscribeToShardEvent {
  const Records = recordsOf(shard, records);
  const last = () => Records.at(-1)?.SequenceNumber ?? sequenceNumber(shard, Math.max(0, next - 1), now);
  // Clients take either child shards or a missing sequence number for the end of the shard, so an event has one or the other.
  return {
    Records,
    MillisBehindLatest: behind,
    ...(children ? { ChildShards: children } : { ContinuationSequenceNumber: last() }),
  };
}

/** The stream of a subscription, if it and the consumer still exist. @throws {AwsError} ResourceNotFoundException */
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
