import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { processingOf } from "../processing/processors.ts";
import type { Delivered } from "../records/frames.ts";
import { type DeliveryStream, type EndpointDestination, streamArn } from "../store.ts";

/** What an endpoint may take to answer, and how much of its answer is read. */
const PATIENCE_MS = 180_000;
const MOST_ANSWER_BYTES = 2 ** 20;
const compress = promisify(gzip);

export const ACCESS_KEY = "firehose/access-key";

/**
 * Sends records as one request, which keeps its id however often it is sent.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 * @throws {AwsError} unless the endpoint has taken them
 */
export async function post(
  ctx: Context,
  stream: DeliveryStream,
  id: string,
  records: readonly Delivered[],
  destination: EndpointDestination,
): Promise<void> {
  const { ContentEncoding, CommonAttributes = [] } = destination.RequestConfiguration ?? {};
  const { delimiter } = processingOf(destination.ProcessingConfiguration);
  const body = JSON.stringify({
    requestId: id,
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
  const send = () =>
    fetch(destination.url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(ContentEncoding === "GZIP" && { "content-encoding": "gzip" }),
        "user-agent": "Amazon Kinesis Data Firehose Agent/1.0",
        "x-amz-firehose-protocol-version": "1.0",
        "x-amz-firehose-request-id": id,
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
    await ctx.outside(async () => checkAnswer(await send(), id));
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw failed("HttpEndpoint.ConnectionFailed", "The HTTP endpoint could not be reached.", 503, cause);
  }
}

/** As a header holds it: a letter for each byte. */
const inUtf8 = (text: string) => Buffer.from(text).toString("latin1");

const failed = (code: string, message: string, status: number, cause?: unknown) =>
  new AwsError(code, message, { status, cause });

/** An endpoint says yes with 200, in JSON that is not compressed, with the id of the request and a time; all else is a failure. */
async function checkAnswer(answer: Response, requestId: string): Promise<void> {
  const text = await textOf(answer);
  if (answer.status !== 200)
    throw failed(
      "HttpEndpoint.DestinationException",
      `Received the following response from the endpoint destination. ${text.slice(0, 1_000)}`,
      answer.status === 413 ? 413 : 503,
    );
  const { headers } = answer;
  const isJson = /^application\/json\b/i.test(headers.get("content-type") ?? "");
  const told = isJson && !headers.has("content-encoding") ? toldIn(text) : undefined;
  if (told?.requestId !== requestId || !/^\d+$/.test(String(told.timestamp)))
    throw failed(
      "HttpEndpoint.InvalidResponseFromDestination",
      "The response received from the specified HTTP endpoint is invalid.",
      503,
    );
}

function toldIn(text: string): { requestId?: unknown; timestamp?: unknown } | undefined {
  try {
    return (JSON.parse(text) ?? undefined) as { requestId?: unknown };
  } catch {
    return undefined;
  }
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
