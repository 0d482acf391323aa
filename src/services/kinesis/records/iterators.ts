import type * as Kinesis from "#aws/contract/types/kinesis.ts";
import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import { expiredIterator, invalid, noSuchShard, shardIsGone } from "../errors.ts";
import { indexOfShard, isOf, parseSequenceNumber, shardId } from "../shards/sequence.ts";
import { shardAt } from "../shards/shards.ts";
import { nameOf, recordRows, type Shard, type Stream, streams } from "../store.ts";
import { arrivalOf, numberOf, POSITIONS } from "./rows.ts";
import { endOfTrial } from "./trials.ts";

const LIFE_MS = 300_000;
const PURPOSE = "kinesis/iterator";
const BEGINNING = Buffer.from("0000000000000001", "hex");

/** The stream's name and number, the shard, the next position, the expiry, and spaces as padding. */
type Sealed = [string, number, number, number, number, string];

export interface Iterator {
  stream: string;
  number: number;
  shard: number;
  /** The next record's position, or an earlier one. */
  next: number;
  until: number;
}

export const iterators = {
  async GetShardIterator(ctx, input) {
    const { stream, shard } = await ctx.read(async (tx) => {
      const index = indexOfShard(input.ShardId);
      if (index === undefined) throw noSuchShard(input.ShardId, nameOf(input), ctx.account);
      const found = await tx.get(streams, [nameOf(input)]);
      if (!found) throw shardIsGone(shardId(index), nameOf(input), ctx.account);
      return { stream: found, shard: await shardAt(tx, ctx, found, input.ShardId) };
    });
    checkPosition(input);
    const next = await positionOf(ctx, stream, shard, {
      Type: input.ShardIteratorType,
      ...(input.StartingSequenceNumber !== undefined && { SequenceNumber: input.StartingSequenceNumber }),
      ...(input.Timestamp && { Timestamp: input.Timestamp }),
    });
    if (input.DryRun) throw await ctx.read((tx) => endOfTrial(ctx, tx, stream));
    return { ShardIterator: iterator(ctx, stream, shard, next) };
  },
} satisfies Handlers<"kinesis">;

/** An iterator in AWS's form: it has a fixed prefix, and its length depends on the stream's name. */
export function iterator(ctx: Context, { name, number }: Stream, { index }: Shard, next: number): string {
  const content: Sealed = [name, number, index, next, ctx.clock.now() + LIFE_MS, ""];
  const missing = lengthFor(name) - JSON.stringify(content).length;
  content[5] = " ".repeat(Math.max(0, missing));
  return Buffer.concat([BEGINNING, Buffer.from(ctx.seal.seal(PURPOSE, content), "base64url")]).toString(
    "base64",
  );
}

/** The length of an iterator's content before it is sealed. */
const lengthFor = (name: string) => 116 + 16 * Math.floor((name.length + 2) / 16);

/** The content of a call's iterator, cached because the access facts need it before the handler. */
const opened = new WeakMap<Context, Iterator | undefined>();

function unsealed(ctx: Context, text: string): Iterator | undefined {
  if (!opened.has(ctx)) opened.set(ctx, unseal(ctx, text));
  return opened.get(ctx);
}

/** Also accepts an iterator in quotes, as some clients send it. */
function unseal(ctx: Context, text: string): Iterator | undefined {
  const bytes = Buffer.from(text.replace(/^"(.*)"$/, "$1"), "base64");
  if (!bytes.subarray(0, BEGINNING.length).equals(BEGINNING)) return undefined;
  const token = bytes.subarray(BEGINNING.length).toString("base64url");
  const content = ctx.seal.unseal(PURPOSE, token) as Sealed | undefined;
  if (!content) return undefined;
  const [stream, number, shard, next, until] = content;
  return { stream, number, shard, next, until };
}

/** @throws {AwsError} InvalidArgumentException, ExpiredIteratorException */
export function iteratorIn(ctx: Context, text: string): Iterator {
  const content = unsealed(ctx, text);
  if (!content) throw invalid("Invalid ShardIterator.");
  const now = ctx.clock.now();
  if (content.until < now) throw expiredIterator(now, content.until - LIFE_MS, LIFE_MS);
  return content;
}

/** The name of the stream of an iterator. */
export const streamOfIterator = (ctx: Context, text: string): string => unsealed(ctx, text)?.stream ?? "*";

/**
 * The position at which a read begins.
 * @throws {AwsError} InvalidArgumentException
 */
export async function positionOf(
  ctx: Context,
  stream: Stream,
  shard: Shard,
  { Type: type, SequenceNumber, Timestamp }: Kinesis.StartingPosition,
): Promise<number> {
  switch (type) {
    case "TRIM_HORIZON":
      return 0;
    case "LATEST": {
      const [last] = await ctx.read((tx) =>
        tx.listBytes(recordRows, { in: [stream.number, shard.index], reverse: true, limit: 1 }),
      );
      return ((last ? numberOf(last) : shard.first) + 1) * POSITIONS;
    }
    case "AT_TIMESTAMP":
      if (SequenceNumber !== undefined) positionIn(ctx, stream, shard, SequenceNumber);
      if (!Timestamp)
        throw invalid(
          "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp parameter.",
        );
      if (Timestamp.getTime() > ctx.clock.now())
        throw invalid(
          `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ${Timestamp.getTime()}, currentTimestampInMillis: ${ctx.clock.now()}`,
        );
      return firstSince(ctx, stream, shard, Timestamp.getTime());
    default: {
      if (SequenceNumber === undefined) throw positionMismatch(type!, "no");
      const position = positionIn(ctx, stream, shard, SequenceNumber);
      return type === "AT_SEQUENCE_NUMBER" ? position : position + 1;
    }
  }
}

/** @throws {AwsError} InvalidArgumentException */
function checkPosition({
  ShardIteratorType: type,
  StartingSequenceNumber,
}: Kinesis.GetShardIteratorInput): void {
  if (StartingSequenceNumber !== undefined && (type === "TRIM_HORIZON" || type === "LATEST"))
    throw positionMismatch(type, "also a");
}

const positionMismatch = (type: string, has: "no" | "also a") =>
  invalid(
    `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and ${has} StartingSequenceNumber.`,
  );

/** @throws {AwsError} InvalidArgumentException */
function positionIn(ctx: Context, stream: Stream, shard: Shard, text: string): number {
  const description = `StartingSequenceNumber ${text} used in GetShardIterator on shard ${shardId(shard.index)} in stream ${stream.name} under account ${ctx.account} is invalid`;
  const number = parseSequenceNumber(text);
  if (!number) throw invalid(`${description}.`);
  if (number.shard !== shard.index)
    throw invalid(
      `Invalid StartingSequenceNumber. It encodes ${shardId(number.shard)}, while it was used in a call to ${shardId(shard.index)}`,
    );
  if (!isOf(number, shard)) throw invalid(`${description} because it did not come from this stream.`);
  return number.position;
}

/** Finds the first row since a time by binary search, as rows are in order of arrival. */
async function firstSince(ctx: Context, stream: Stream, shard: Shard, time: number): Promise<number> {
  return ctx.read(async (tx) => {
    const at = { in: [stream.number, shard.index], limit: 1 };
    const [newest] = await tx.listBytes(recordRows, { ...at, reverse: true });
    if (!newest) return 0;
    let low = 0;
    let high = numberOf(newest) + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const [row] = await tx.listBytes(recordRows, { ...at, from: [middle] });
      // The row found is at or after the middle, with no row in between.
      if (row && arrivalOf(row) < time) low = numberOf(row) + 1;
      else high = middle;
    }
    return low * POSITIONS;
  });
}
