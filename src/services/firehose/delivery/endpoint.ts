import { createHash } from "node:crypto";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { kept } from "../records/batches.ts";
import type { Delivered } from "../records/frames.ts";
import type { Batch, DeliveryStream, EndpointDestination } from "../store.ts";
import { backUp } from "./bucket.ts";
import { failureLines, putObject, uuidOf } from "./objects.ts";
import { post } from "./request.ts";

/** Of one request. */
const MOST_RECORDS = 10_000;

/**
 * Brings a batch to the endpoint, in as few requests as hold it. What it does not take for as long as the stream retries
 * goes to the bucket.
 * @throws {AwsError} for which it is to be tried again
 */
export async function deliverToEndpoint(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Delivered[],
  destination: EndpointDestination,
): Promise<void> {
  let now = batch;
  for (let part = batch.posted ?? 0; part * MOST_RECORDS < records.length; part++) {
    const some = records.slice(part * MOST_RECORDS, (part + 1) * MOST_RECORDS);
    await deliverPart(ctx, stream, now, part, some, destination);
    if (records.length > MOST_RECORDS)
      now = await kept(ctx, { ...now, posted: part + 1, failing: undefined });
  }
  if (destination.S3BackupMode === "AllData") await backUp(ctx, stream, batch, records, destination.s3);
}

async function deliverPart(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  part: number,
  records: readonly Delivered[],
  destination: EndpointDestination,
): Promise<void> {
  try {
    await post(ctx, stream, idOf(batch, part), records, destination);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const now = ctx.clock.now();
    const { since, attempts: before } = batch.failing ?? { since: now, attempts: 0 };
    const attempts = before + 1;
    if (now - since < destination.retrySeconds * 1_000 && error.status !== 413) {
      await kept(ctx, { ...batch, failing: { since, attempts } });
      throw error;
    }
    const failures = records.map(({ arrival, data }) => ({
      attempts,
      arrival,
      code: error.code,
      message: error.message,
      ended: now,
      data,
    }));
    await putObject(ctx, stream, batch, destination.s3, {
      data: failureLines(failures),
      oldest: records[0]!.arrival,
      part: part === 0 ? "failed" : `failed ${part}`,
      errorType: "http-endpoint-failed",
    });
  }
}

const idOf = ({ id }: Batch, part: number): string =>
  part === 0 ? id : uuidOf(createHash("sha256").update(`${id} request ${part}`).digest("hex"));
