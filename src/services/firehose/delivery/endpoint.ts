import { createHash } from "node:crypto";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { uuidOf } from "#lib/uuid.ts";
import { saveBatch } from "../records/batches.ts";
import type { Arrived } from "../records/frames.ts";
import { type Batch, type DeliveryStream, type EndpointDestination, MAX_RETRY_MS } from "../store.ts";
import { backUp } from "./bucket.ts";
import { failureLines, putObject } from "./objects.ts";
import { post } from "./request.ts";

/** The maximum number of records in a request. */
const MAX_RECORDS = 10_000;
/** Backoff between attempts: https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html */
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 120_000;

/**
 * Sends a batch to the endpoint, in as few requests as possible. Records that it does not accept within the stream's retry
 * duration go to the bucket.
 * @returns the delay in milliseconds before the next attempt, if the endpoint must be retried
 * @throws {AwsError} the bucket's error
 */
export async function deliverToEndpoint(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Arrived[],
  destination: EndpointDestination,
): Promise<number | undefined> {
  let now = batch;
  for (let part = batch.posted ?? 0; part * MAX_RECORDS < records.length; part++) {
    const some = records.slice(part * MAX_RECORDS, (part + 1) * MAX_RECORDS);
    const error = await refusalOf(() => post(ctx, stream, idOf(batch, part), some, destination));
    if (error) {
      const { since = ctx.clock.now(), attempts = 0 } = now.failing ?? {};
      now = await saveBatch(ctx, { ...now, failing: { since, attempts: attempts + 1 } });
      if (error.status !== 413 && isTriedAgain(now, destination, ctx.clock.now())) {
        ctx.log.warn("an endpoint did not take records", { stream: stream.name, error });
        return Math.min(FIRST_BACKOFF_MS * 2 ** attempts, MAX_BACKOFF_MS);
      }
      await leaveToBucket(ctx, stream, now, part, some, destination, error);
    }
    // An endpoint that is down also fails the next requests: they share one retry duration until a request succeeds.
    const isDown = error && error.status !== 413;
    const failing = isDown ? { ...now.failing!, attempts: 0 } : undefined;
    now = await saveBatch(ctx, { ...now, posted: part + 1, failing, refused: undefined });
  }
  if (destination.S3BackupMode === "AllData") await backUp(ctx, stream, batch, records, destination.s3);
  return undefined;
}

async function refusalOf(work: () => Promise<void>): Promise<AwsError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof AwsError) return error;
    throw error;
  }
}

const isTriedAgain = ({ closed, failing }: Batch, { retrySeconds }: EndpointDestination, now: number) =>
  now - failing!.since < retrySeconds * 1_000 && now - closed! < MAX_RETRY_MS;

async function leaveToBucket(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  part: number,
  records: readonly Arrived[],
  { s3 }: EndpointDestination,
  { code, message }: AwsError,
): Promise<void> {
  const { attempts } = batch.failing!;
  const ended = ctx.clock.now();
  await putObject(ctx, stream, batch, s3, {
    data: failureLines(
      records.map(({ arrival, data }) => ({ attempts, arrival, code, message, ended, data })),
    ),
    oldest: records[0]!.arrival,
    part: part === 0 ? "failed" : `failed ${part}`,
    errorType: "http-endpoint-failed",
  });
}

const idOf = ({ id }: Batch, part: number): string =>
  part === 0 ? id : uuidOf(createHash("sha256").update(`${id} request ${part}`).digest("hex"));
