import type { Context } from "#kernel/context.ts";
import type { Transaction } from "#kernel/records/transaction.ts";
import { type Batch, closedBatches, openBatches, rows, streams } from "../store.ts";
import { type Arrived, unpacked } from "./frames.ts";

/** Rows per transaction, so that other calls can run in between. */
const PAGE = 16;

/** Closes an open batch. */
export function close(tx: Transaction, batch: Batch, version: number | undefined): Batch {
  const closed = { ...batch, closed: tx.now(), version };
  tx.delete(openBatches, [batch.stream]);
  tx.put(closedBatches, closed);
  return closed;
}

/** Closes a batch and returns it; `undefined` if it has already been delivered. */
export function closeBatch(
  ctx: Context,
  { name, number: stream }: { name: string; number: number },
  number: number,
): Promise<Batch | undefined> {
  return ctx.transact(async (tx) => {
    const open = await tx.get(openBatches, [stream]);
    if (open?.number !== number) return tx.get(closedBatches, [stream, number]);
    return close(tx, open, (await tx.get(streams, [name]))?.version);
  });
}

export async function recordsOf(ctx: Context, batch: Batch): Promise<Arrived[]> {
  const packedRows: Uint8Array[] = [];
  for (let row = 0; row < batch.rows; row += PAGE) {
    await ctx.read(async (tx) => {
      for (let at = row; at < Math.min(row + PAGE, batch.rows); at++) {
        const bytes = await tx.getSealed(rows, [batch.stream, batch.number, at]);
        if (bytes) packedRows.push(bytes);
      }
    });
  }
  return unpacked(packedRows);
}

export async function saveBatch(ctx: Context, batch: Batch): Promise<Batch> {
  await ctx.transact((tx) => tx.put(closedBatches, batch));
  return batch;
}

export const markDelivered = (ctx: Context, batch: Batch): Promise<Batch> =>
  saveBatch(ctx, { ...batch, isDelivered: true });

/** Deletes a batch's rows, and then the batch, so that rows without a batch never exist. */
export async function discard(ctx: Context, batch: Batch): Promise<void> {
  for (let row = 0; row < batch.rows; row += PAGE) {
    await ctx.transact((tx) => {
      for (let at = row; at < Math.min(row + PAGE, batch.rows); at++)
        tx.deleteBytes(rows, [batch.stream, batch.number, at]);
    });
  }
  await ctx.transact((tx) => tx.delete(closedBatches, [batch.stream, batch.number]));
}
