import type { Place } from "#kernel/records/collection.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import type { Handlers } from "#kernel/service.ts";
import { batchTooLarge, notDirectPut, nowhereToPut } from "../errors.ts";
import { type DeliveryStream, streams } from "../store.ts";
import { append } from "./append.ts";

const MAX_MEBIBYTES = 4;
/** The length of AWS's record ids. */
const RECORD_ID_BYTES = 168;

export const writing = {
  async PutRecord(ctx, { DeliveryStreamName, Record }) {
    return ctx.transact(async (tx) => {
      const stream = await streamFor(tx, ctx, DeliveryStreamName);
      const [RecordId] = await put(tx, stream, [Record.Data]);
      return { RecordId: RecordId!, Encrypted: stream.isEncrypted };
    });
  },

  async PutRecordBatch(ctx, { DeliveryStreamName, Records }) {
    const bytes = Records.reduce((sum, { Data }) => sum + Data.length, 0);
    if (bytes > MAX_MEBIBYTES * 2 ** 20) throw batchTooLarge(MAX_MEBIBYTES);
    return ctx.transact(async (tx) => {
      const stream = await streamFor(tx, ctx, DeliveryStreamName);
      const ids = await put(
        tx,
        stream,
        Records.map(({ Data }) => Data),
      );
      return {
        FailedPutCount: 0,
        Encrypted: stream.isEncrypted,
        RequestResponses: ids.map((RecordId) => ({ RecordId })),
      };
    });
  },
} satisfies Handlers<"firehose">;

async function streamFor(tx: Transaction, { account }: Place, name: string): Promise<DeliveryStream> {
  const stream = await tx.get(streams, [name]);
  if (!stream) throw nowhereToPut(name, account);
  return stream;
}

async function put(tx: Transaction, stream: DeliveryStream, data: readonly Uint8Array[]): Promise<string[]> {
  if (stream.source) throw notDirectPut();
  const arrival = tx.now();
  await append(
    tx,
    stream,
    data.map((one) => ({ arrival, data: one })),
  );
  const dimensions = { DeliveryStreamName: stream.name };
  tx.metric("IncomingRecords", data.length, dimensions);
  tx.metric(
    "IncomingBytes",
    data.reduce((sum, { length }) => sum + length, 0),
    dimensions,
  );
  return data.map(() => Buffer.from(tx.random.bytes(RECORD_ID_BYTES)).toString("base64"));
}
