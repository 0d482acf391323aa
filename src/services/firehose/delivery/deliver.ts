import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { job } from "#kernel/jobs.ts";
import { closed, delivered, discard, recordsOf } from "../records/batches.ts";
import { type Batch, type DeliveryStream, streams } from "../store.ts";
import { deliverToBucket } from "./bucket.ts";
import { deliverToEndpoint } from "./endpoint.ts";

/** A bucket that takes nothing is tried for so long; then the batch is lost, as AWS documents. */
const LONGEST_MS = 24 * 3_600_000;

/** Ends a batch and brings it to where the stream leads, at least once. */
export const deliver = job<{ name: string; number: number; batch: number }>("firehose/deliver", {
  attempts: Number.POSITIVE_INFINITY,
  // https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
  backoff: 1_000,
  mostBackoff: 120_000,
  async run(ctx, { name, number, batch: batchNumber }) {
    const batch = await closed(ctx, { name, number }, batchNumber);
    if (!batch) return;
    const stream = await ctx.read((tx) => tx.get(streams, [name]));
    if (stream?.number === number && !batch.isDelivered) await deliverOnce(ctx, stream, batch);
    await discard(ctx, batch);
  },
});

async function deliverOnce(ctx: Context, stream: DeliveryStream, batch: Batch): Promise<void> {
  const records = await recordsOf(ctx, batch);
  const { destination } = stream;
  try {
    if (destination.kind === "s3") await deliverToBucket(ctx, stream, batch, records, destination);
    else await deliverToEndpoint(ctx, stream, batch, records, destination);
  } catch (error) {
    if (!(error instanceof AwsError) || ctx.clock.now() - batch.closed! < LONGEST_MS) throw error;
    ctx.log.error("a batch of a delivery stream could not be delivered within a day", {
      stream: stream.name,
      records: batch.records,
      error,
    });
  }
  await delivered(ctx, batch);
}
