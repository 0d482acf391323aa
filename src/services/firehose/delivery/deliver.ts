import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/work/jobs.ts";
import { closeBatch, discard, markDelivered, recordsOf } from "../records/batches.ts";
import { type Batch, closedBatches, type DeliveryStream, MAX_RETRY_MS, streams } from "../store.ts";
import { deliverToBucket } from "./bucket.ts";
import { deliverToEndpoint } from "./endpoint.ts";

/** The maximum delay before a failed job is retried. */
const MAX_BACKOFF_MS = 3_600_000;

/** Closes a batch and delivers it to the stream's destination, at least once. */
export const deliver = job<{ name: string; number: number; batch: number }>("firehose/deliver", {
  attempts: Number.POSITIVE_INFINITY,
  backoff: 5_000,
  async run(ctx, { name, number, batch: batchNumber }) {
    const batch = await closeBatch(ctx, { name, number }, batchNumber);
    if (!batch) return;
    const stream = await ctx.read((tx) => tx.get(streams, [name]));
    if (stream?.number === number && !batch.isDelivered) {
      const again = await deliverOnce(ctx, stream, batch);
      if (again !== undefined) return { again };
      await markDelivered(ctx, batch);
    }
    await discard(ctx, batch);
  },
});

/**
 * Delivers a batch, or gives it up if its bucket has refused it for too long.
 * @returns the delay in milliseconds before the next attempt, if an endpoint must be retried
 */
async function deliverOnce(ctx: Context, stream: DeliveryStream, batch: Batch): Promise<number | undefined> {
  const records = await recordsOf(ctx, batch);
  const { destination } = stream;
  try {
    if (destination.kind === "http") return await deliverToEndpoint(ctx, stream, batch, records, destination);
    await deliverToBucket(ctx, stream, batch, records, destination);
  } catch (error) {
    if (!(error instanceof AwsError) || !(await isGivenUp(ctx, batch))) throw error;
    ctx.log.error("no bucket took a batch of a delivery stream for a day", {
      stream: stream.name,
      records: batch.records,
      error,
    });
  }
  return undefined;
}

/**
 * Records that the bucket has refused a batch. It is retried for a day from its first refusal, whatever the batch's age; time
 * in which the cloud did not run does not count.
 */
const isGivenUp = (ctx: Context, { stream, number }: Batch): Promise<boolean> =>
  ctx.transact(async (tx) => {
    const now = tx.now();
    const batch = await tx.get(closedBatches, [stream, number]);
    const { refused = now, lastRefused = now } = batch ?? {};
    const standstill = Math.max(0, now - Math.max(refused, lastRefused) - MAX_BACKOFF_MS);
    const since = refused + standstill;
    if (batch) tx.put(closedBatches, { ...batch, refused: since, lastRefused: now });
    return now - since >= MAX_RETRY_MS;
  });
