import { hash } from "node:crypto";
import type * as Streams from "#aws/contract/types/dynamodb-streams.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { faultsOf, type Handlers } from "#kernel/service.ts";
import type { ReadTransaction, Transaction } from "#kernel/transaction.ts";
import { tableName } from "../items/rows.ts";
import { type OpenStream, type Stream, streamArn, streamRows, streams, type Table } from "../store.ts";
import { keySchema } from "../tables/description.ts";
import { sizeOf } from "../values/size.ts";
import { itemStored } from "../values/stored.ts";
import type { Item } from "../values/value.ts";

const fault = faultsOf<"dynamodb-streams">();
const noSuchStream = (arn: string) =>
  fault("ResourceNotFoundException", `Requested resource not found: Stream: ${arn} not found`);

/** Records stay for a day. */
const KEPT_MS = 86_400_000;
const ITERATOR_MS = 900_000;
const TRIM_MS = 3_600_000;
const PAGE = 500;
const MOST_BYTES = 2 ** 20;
const PURPOSE = "dynamodb/iterator";

interface Iterator {
  table: string;
  label: string;
  /** The last sequence number that was read. */
  after: number;
  until: number;
}

export const streamOperations = {
  async ListStreams(ctx, { TableName, Limit = 100, ExclusiveStartStreamArn }) {
    const start = ExclusiveStartStreamArn === undefined ? undefined : partsOf(ExclusiveStartStreamArn);
    const found = await ctx.read((tx) =>
      tx.list(streams, {
        ...(TableName === undefined ? {} : { in: [tableName(TableName)] }),
        ...(start && { after: TableName === undefined ? [start.table, start.label] : [start.label] }),
        limit: Limit + 1,
      }),
    );
    const shown = found.slice(0, Limit);
    const arn = ({ table, label }: Stream) => streamArn(ctx, table, label);
    return {
      Streams: shown.map((stream) => ({
        StreamArn: arn(stream),
        TableName: stream.table,
        StreamLabel: stream.label,
      })),
      LastEvaluatedStreamArn: found.length > Limit ? arn(shown.at(-1)!) : undefined,
    };
  },

  async DescribeStream(ctx, { StreamArn, ExclusiveStartShardId }) {
    const stream = await ctx.read((tx) => streamAt(tx, StreamArn));
    const shard: Streams.Shard = {
      ShardId: shardId(stream),
      SequenceNumberRange: {
        StartingSequenceNumber: sequenceNumber(stream.number),
        EndingSequenceNumber: stream.closed === undefined ? undefined : sequenceNumber(stream.closed),
      },
    };
    return {
      StreamDescription: {
        StreamArn,
        StreamLabel: stream.label,
        StreamStatus: stream.closed === undefined ? ("ENABLED" as const) : ("DISABLED" as const),
        StreamViewType: stream.view,
        CreationRequestDateTime: new Date(stream.created),
        TableName: stream.table,
        KeySchema: keySchema(stream.key),
        Shards: ExclusiveStartShardId === undefined ? [shard] : [],
      },
    };
  },

  async GetShardIterator(ctx, input) {
    const stream = await ctx.read((tx) => streamAt(tx, input.StreamArn));
    if (input.ShardId !== shardId(stream))
      throw fault("ResourceNotFoundException", `Requested resource not found: Shard does not exist`);
    const after = await beginning(ctx, stream, input);
    return { ShardIterator: iterator(ctx, stream, after) };
  },

  async GetRecords(ctx, { ShardIterator, Limit = 1_000 }) {
    const read = iteratorIn(ctx, ShardIterator);
    if (read.until < ctx.clock.now())
      throw fault("ExpiredIteratorException", "The provided iterator exceeds the maximum age allowed.");
    return ctx.read(async (tx) => {
      const stream = await tx.get(streams, [read.table, read.label]);
      if (!stream) throw noSuchStream(streamArn(ctx, read.table, read.label));
      const Records: Streams.Record[] = [];
      let { after } = read;
      let bytes = 0;
      for (const row of await tx.listBytes(streamRows, {
        in: [stream.number],
        after: [after],
        limit: Limit,
      })) {
        if (Records.length > 0 && bytes + row.value.length > MOST_BYTES) break;
        const change = itemStored(row.value);
        bytes += row.value.length;
        after = Number(change.sequence!.N);
        Records.push(recordOf(ctx, stream, change));
      }
      const isAtEnd = stream.closed !== undefined && after >= stream.closed;
      return { Records, NextShardIterator: isAtEnd ? undefined : iterator(ctx, stream, after) };
    });
  },
} satisfies Handlers<"dynamodb-streams">;

/** Opens a stream of a table. */
export function openStream(
  tx: Transaction,
  table: Pick<Table, "name" | "key">,
  view: OpenStream["view"],
): OpenStream {
  const now = tx.now();
  const opened: OpenStream = {
    number: tx.sequence(),
    label: new Date(now).toISOString().replace("Z", ""),
    view,
  };
  tx.put(streams, { ...opened, table: table.name, key: table.key, created: now });
  tx.enqueue(trim, { table: table.name, label: opened.label }, { delay: KEPT_MS });
  return opened;
}

/** It takes no more; what is in it can be read for a day. */
export async function closeStream(tx: Transaction, table: string, { label }: OpenStream): Promise<void> {
  const stream = await tx.get(streams, [table, label]);
  if (stream) tx.put(streams, { ...stream, closed: tx.sequence() });
}

/** Removes records of more than a day ago, and at last the stream that has ended. */
export const trim = job<{ table: string; label: string }>("dynamodb/trim", {
  attempts: Number.POSITIVE_INFINITY,
  async run(ctx, { table, label }) {
    return ctx.transact(async (tx) => {
      const stream = await tx.get(streams, [table, label]);
      if (!stream) return undefined;
      const rows = await tx.listBytes(streamRows, { in: [stream.number], limit: PAGE });
      const old = rows.filter(({ value }) => Number(itemStored(value).at!.N) < tx.now() - KEPT_MS);
      for (const row of old) tx.deleteRow(row);
      if (old.length === PAGE) return { again: 0 };
      if (stream.closed !== undefined && rows.length === old.length) {
        tx.delete(streams, [table, label]);
        return undefined;
      }
      return { again: TRIM_MS, idle: old.length === 0 };
    });
  },
});

function partsOf(arn: string): { table: string; label: string } {
  return { table: tableName(arn), label: arn.split("/stream/")[1] ?? "" };
}

async function streamAt(tx: ReadTransaction, arn: string): Promise<Stream> {
  const { table, label } = partsOf(arn);
  const stream = await tx.get(streams, [table, label]);
  if (!stream) throw noSuchStream(arn);
  return stream;
}

/** A stream has one shard. */
const shardId = ({ number, created }: Stream) =>
  `shardId-${String(created).padStart(20, "0")}-${number.toString(16).padStart(8, "0")}`;

/** 21 digits, the first of them a 1. */
const sequenceNumber = (number: number) => `1${String(number).padStart(20, "0")}`;

async function beginning(
  ctx: Context,
  stream: Stream,
  input: Streams.GetShardIteratorInput,
): Promise<number> {
  switch (input.ShardIteratorType) {
    case "TRIM_HORIZON":
      return 0;
    case "LATEST": {
      const [last] = await ctx.read((tx) =>
        tx.listBytes(streamRows, { in: [stream.number], reverse: true, limit: 1 }),
      );
      return last ? Number(itemStored(last.value).sequence!.N) : 0;
    }
    default: {
      const digits = input.SequenceNumber ?? "";
      const number = Number(digits.slice(1));
      if (!/^\d{21}$/.test(digits) || !Number.isSafeInteger(number))
        throw new AwsError("ValidationException", `Invalid SequenceNumber: ${digits}`);
      return input.ShardIteratorType === "AT_SEQUENCE_NUMBER" ? number - 1 : number;
    }
  }
}

function iterator(ctx: Context, { table, label }: Stream, after: number): string {
  const content: Iterator = { table, label, after, until: ctx.clock.now() + ITERATOR_MS };
  return `${streamArn(ctx, table, label)}|1|${ctx.seal.seal(PURPOSE, content)}`;
}

function iteratorIn(ctx: Context, text: string): Iterator {
  const found = ctx.seal.unseal(PURPOSE, text.split("|").at(-1)!) as Iterator | undefined;
  if (!found) throw new AwsError("ValidationException", "Invalid ShardIterator");
  return found;
}

function recordOf(ctx: Context, stream: Stream, change: Item): Streams.Record {
  const sequence = Number(change.sequence!.N);
  const { new: after, old: before, keys, by } = change;
  return {
    eventID: hash("md5", `${stream.label}/${stream.table}/${sequence}`),
    eventName: change.name!.S as Streams.OperationType,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: ctx.region,
    dynamodb: {
      ApproximateCreationDateTime: new Date(Math.floor(Number(change.at!.N) / 1_000) * 1_000),
      Keys: keys!.M!,
      NewImage: after?.M,
      OldImage: before?.M,
      SequenceNumber: sequenceNumber(sequence),
      SizeBytes: [keys, after, before].reduce((sum, part) => sum + (part ? sizeOf(part) : 0), 0),
      StreamViewType: stream.view,
    },
    ...(by && { userIdentity: { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" } }),
  };
}
