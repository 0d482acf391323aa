import type { Context } from "#kernel/context.ts";
import type { Handlers } from "#kernel/service.ts";
import type { Transaction } from "#kernel/transaction.ts";
import { invalid } from "../errors.ts";
import { HASHES } from "../shards/ranges.ts";
import { routeFor, routesOf } from "../shards/routes.ts";
import { isSequenceNumber } from "../shards/sequence.ts";
import { recordRows, restRows, type Stream, streamAt } from "../store.ts";
import { pieces, sealOf, storedRecord } from "./rows.ts";
import { wakeAll } from "./waiters.ts";

/** Of one call. */
const MOST_BYTES = 10 * 2 ** 20;

interface Sent {
  Data: Uint8Array;
  PartitionKey: string;
  ExplicitHashKey?: string | undefined;
}

export const writing = {
  async PutRecord(ctx, input) {
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, input);
      checkOrdering(ctx, stream, input.SequenceNumberForOrdering);
      const [told] = await put(tx, stream, [input]);
      return { ...told!, EncryptionType: encryptionOf(stream) };
    });
  },

  async PutRecords(ctx, input) {
    const bytes = input.Records.reduce(
      (sum, { Data, PartitionKey }) => sum + Data.length + Buffer.byteLength(PartitionKey),
      0,
    );
    if (bytes > MOST_BYTES) throw invalid(`Records size exceeds ${MOST_BYTES / 2 ** 20} MB limit`);
    return ctx.transact(async (tx) => {
      const stream = await streamAt(tx, ctx, input);
      return {
        FailedRecordCount: 0,
        Records: await put(tx, stream, input.Records),
        EncryptionType: encryptionOf(stream),
      };
    });
  },
} satisfies Handlers<"kinesis">;

export const encryptionOf = ({ encryption }: Stream) => (encryption ? ("KMS" as const) : ("NONE" as const));

async function put(tx: Transaction, stream: Stream, sent: readonly Sent[]) {
  for (const record of sent) checkRecord(stream, record);
  const open = await routesOf(tx, stream);
  const told = sent.map((record) => {
    const route = routeFor(open, record);
    const number = tx.sequence();
    const { Data, PartitionKey: partitionKey } = record;
    const isSealed = stream.encryption !== undefined;
    const [data, ...rest] = pieces(isSealed ? tx.sealed(Data, sealOf(stream.number, number)) : Data);
    const key = [stream.number, route.shard.index, number];
    const isSplit = rest.length > 0;
    tx.putBytes(
      recordRows,
      key,
      storedRecord({ number, arrival: tx.now(), partitionKey, data, isSealed, isSplit }),
    );
    for (const [part, piece] of rest.entries()) tx.putBytes(restRows, [...key, part], piece);
    return { SequenceNumber: route.sequenceNumber(number), ShardId: route.id };
  });
  wakeAll(tx, stream.number);
  return told;
}

/** Numbers grow anyhow: it only has to be one. */
function checkOrdering(ctx: Context, { name }: Stream, number: string | undefined): void {
  if (number !== undefined && !isSequenceNumber(number))
    throw invalid(
      `ExclusiveMinimumSequenceNumber ${number} used in PutRecord on stream ${name} under account ${ctx.account} is invalid.`,
    );
}

function checkRecord(stream: Stream, { Data, ExplicitHashKey }: Sent): void {
  const most = stream.maxRecordKib * 1_024;
  if (Data.length > most)
    throw invalid(
      `Record size of ${Data.length} bytes exceeds the maximum of ${most} bytes of stream ${stream.name}.`,
    );
  if (ExplicitHashKey !== undefined && BigInt(ExplicitHashKey) >= HASHES)
    throw invalid(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${ExplicitHashKey}`,
    );
}
