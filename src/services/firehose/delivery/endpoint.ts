import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { processingOf } from "../processing/processors.ts";
import type { Delivered } from "../records/frames.ts";
import { type Batch, type DeliveryStream, type EndpointDestination, streamArn } from "../store.ts";
import { backUp } from "./bucket.ts";
import { failureLines, putObject } from "./objects.ts";

/** What an endpoint may take to answer, and how much of its answer is read. */
const PATIENCE_MS = 180_000;
const MOST_ANSWER_BYTES = 2 ** 20;
const compress = promisify(gzip);

export const ACCESS_KEY = "firehose/access-key";

/**
 * Posts a batch to the endpoint. What it does not take for as long as the stream retries goes to the bucket.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 * @throws {AwsError} for which it is to be tried again
 */
export async function deliverToEndpoint(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Delivered[],
  destination: EndpointDestination,
  attempt: number,
): Promise<void> {
  try {
    await post(ctx, stream, batch, records, destination);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    const now = ctx.clock.now();
    if (now - batch.closed! < destination.retrySeconds * 1_000 && error.status !== 413) throw error;
    const failures = records.map(({ arrival, data }) => ({
      attempts: attempt + 1,
      arrival,
      code: error.code,
      message: error.message,
      ended: now,
      data,
    }));
    await putObject(ctx, stream, batch, destination.s3, {
      data: failureLines(failures),
      oldest: records[0]!.arrival,
      part: "failed",
      errorType: "http-endpoint-failed",
    });
  }
  if (destination.S3BackupMode === "AllData") await backUp(ctx, stream, batch, records, destination.s3);
}

async function post(
  ctx: Context,
  stream: DeliveryStream,
  batch: Batch,
  records: readonly Delivered[],
  destination: EndpointDestination,
): Promise<void> {
  const { ContentEncoding, CommonAttributes = [] } = destination.RequestConfiguration ?? {};
  const { delimiter } = processingOf(destination.ProcessingConfiguration);
  const body = JSON.stringify({
    requestId: batch.id,
    timestamp: ctx.clock.now(),
    records: records.map(({ data }) => ({
      data: (delimiter ? Buffer.concat([data, delimiter]) : data).toString("base64"),
    })),
  });
  const accessKey =
    destination.accessKey && (ctx.seal.unseal(ACCESS_KEY, destination.accessKey) as string | undefined);
  const commonAttributes = Object.fromEntries(
    CommonAttributes.map(({ AttributeName, AttributeValue }) => [AttributeName, AttributeValue]),
  );
  const sent = ContentEncoding === "GZIP" ? await compress(body) : body;
  const post = () =>
    fetch(destination.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(ContentEncoding === "GZIP" && { "content-encoding": "gzip" }),
        "user-agent": "Amazon Kinesis Data Firehose Agent/1.0",
        "x-amz-firehose-protocol-version": "1.0",
        "x-amz-firehose-request-id": batch.id,
        "x-amz-firehose-source-arn": streamArn(ctx, stream.name),
        ...(accessKey && { "x-amz-firehose-access-key": inUtf8(accessKey) }),
        ...(CommonAttributes.length > 0 && {
          "x-amz-firehose-common-attributes": inUtf8(JSON.stringify({ commonAttributes })),
        }),
      },
      body: sent,
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  try {
    await ctx.outside(async () => checkAnswer(await post(), batch.id));
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw failed("HttpEndpoint.ConnectionFailed", "The HTTP endpoint could not be reached.", 503, cause);
  }
}

/** As a header holds it: a letter for each byte. */
const inUtf8 = (text: string) => Buffer.from(text).toString("latin1");

const failed = (code: string, message: string, status: number, cause?: unknown) =>
  new AwsError(code, message, { status, cause });

/** An endpoint says yes with 200 and the id of the request in JSON; all else is a failure. */
async function checkAnswer(answer: Response, requestId: string): Promise<void> {
  const text = await textOf(answer);
  if (answer.status !== 200)
    throw failed(
      "HttpEndpoint.DestinationException",
      `Received the following response from the endpoint destination. ${text.slice(0, 1_000)}`,
      answer.status === 413 ? 413 : 503,
    );
  let told: unknown;
  try {
    told = JSON.parse(text);
  } catch {
    told = undefined;
  }
  if ((told as { requestId?: unknown } | undefined | null)?.requestId !== requestId)
    throw failed(
      "HttpEndpoint.InvalidResponseFromDestination",
      "The response received from the specified HTTP endpoint is invalid.",
      503,
    );
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_ANSWER_BYTES)
      throw failed("HttpEndpoint.ResponseTooLarge", "The response of the HTTP endpoint exceeds 1 MiB.", 503);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
