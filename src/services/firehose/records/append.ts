import type { Transaction } from "#kernel/records/transaction.ts";
import { deliver } from "../delivery/deliver.ts";
import { type Batch, type DeliveryStream, openBatches, rows } from "../store.ts";
import { close } from "./batches.ts";
import { packed } from "./frames.ts";

/** The maximum records of a batch, however small, as all of them are processed at once. */
const MAX_RECORDS = 500_000;

/** Appends records to the stream's open batch; a full batch is delivered at once. */
export async function append(
  tx: Transaction,
  stream: DeliveryStream,
  records: readonly { arrival: number; data: Uint8Array }[],
): Promise<void> {
  const { SizeInMBs, IntervalInSeconds } = stream.destination.BufferingHints;
  const former = await tx.get(openBatches, [stream.number]);
  const batch = former ?? newBatch(tx, stream);
  const added = packed(records);
  for (const [index, row] of added.entries())
    tx.putSealed(rows, [stream.number, batch.number, batch.rows + index], row);
  const grown: Batch = {
    ...batch,
    bytes: records.reduce((sum, { data }) => sum + data.length, batch.bytes),
    records: batch.records + records.length,
    rows: batch.rows + added.length,
  };
  const isFull = grown.bytes >= SizeInMBs! * 2 ** 20 || grown.records >= MAX_RECORDS;
  if (isFull) close(tx, grown, stream.version);
  else tx.put(openBatches, grown);
  if (former && !isFull) return;
  // A delivery that is due now replaces the one at the end of the interval.
  const { name, number } = stream;
  tx.enqueue(
    deliver,
    { name, number, batch: grown.number },
    {
      lane: `firehose/deliver ${number} ${grown.number}`,
      delay: isFull ? 0 : IntervalInSeconds! * 1_000,
    },
  );
}

const newBatch = (tx: Transaction, { number }: DeliveryStream): Batch => ({
  stream: number,
  number: tx.sequence(),
  id: tx.uuid(),
  opened: tx.now(),
  bytes: 0,
  records: 0,
  rows: 0,
});
