import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { processingOf } from "../processing/processors.ts";
import type { Arrived } from "../records/frames.ts";
import { type DeliveryStream, type EndpointDestination, streamArn } from "../store.ts";

/** The timeout of an endpoint's response, and the maximum bytes of it that are read. */
const TIMEOUT_MS = 180_000;
const MAX_ANSWER_BYTES = 2 ** 20;
/** The maximum characters of a response that an error message quotes. */
const MAX_QUOTED = 1_000;
const compress = promisify(gzip);

export const ACCESS_KEY = "firehose/access-key";

/**
 * Sends records as one request, which keeps its id when it is retried.
 * https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html
 * @throws {AwsError} unless the endpoint has accepted them
 */
export async function post(
  ctx: Context,
  stream: DeliveryStream,
  id: string,
  records: readonly Arrived[],
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
  const content = ContentEncoding === "GZIP" ? await compress(body) : body;
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
      body: content,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  try {
    await ctx.outside(async () => checkResponse(await send(), id));
  } catch (cause) {
    if (cause instanceof AwsError) throw cause;
    throw failed(...whyOf(cause), cause);
  }
}

/** UTF-8 bytes as Latin-1 characters, as headers require. */
const inUtf8 = (text: string) => Buffer.from(text).toString("latin1");

const failed = (code: string, message: string, cause?: unknown) =>
  new AwsError(`HttpEndpoint.${code}`, message, { status: 503, cause });

/** https://docs.aws.amazon.com/firehose/latest/dev/http_troubleshooting.html */
function whyOf(error: unknown): [code: string, message: string] {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  const code = cause?.code ?? "";
  if (name === "TimeoutError")
    return ["RequestTimeout", "The HTTP endpoint took longer than 3 minutes to respond."];
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET" || code === "EPIPE")
    return ["ConnectionReset", "The HTTP endpoint reset or closed the connection."];
  if (/CERT|SSL|TLS|EPROTO|SIGNATURE/.test(code))
    return ["SSLHandshakeFailure", "The SSL handshake with the HTTP endpoint could not be completed."];
  return ["ConnectionFailed", "The HTTP endpoint could not be reached."];
}

/** Accepts 200 only; any other response is a failure. */
async function checkResponse(response: Response, requestId: string): Promise<void> {
  const text = await textOf(response);
  if (response.status !== 200) {
    const message = `Received the following response from the endpoint destination. ${text.slice(0, MAX_QUOTED)}`;
    throw new AwsError("HttpEndpoint.DestinationException", message, {
      status: response.status === 413 ? 413 : 503,
    });
  }
  const wrong = wrongIn(response.headers, text, requestId);
  if (wrong !== undefined)
    throw failed(
      "InvalidResponseFromDestination",
      `The response received from the specified endpoint is invalid. Contact the owner of the endpoint to resolve the issue. Response for request ${requestId} ${wrong}. Raw response received: 200 ${text.slice(0, MAX_QUOTED)}`,
    );
}

const KNOWN = new Set(["requestId", "timestamp", "errorMessage"]);

/** The requirement that a response violates, if any. */
function wrongIn(headers: Headers, text: string, requestId: string): string | undefined {
  if (!/^application\/json\b/i.test(headers.get("content-type") ?? ""))
    return "does not have the content type application/json";
  const document = headers.has("content-encoding") ? undefined : objectIn(text);
  if (!document || Object.keys(document).some((name) => !KNOWN.has(name)))
    return "is not recognized as valid JSON or has unexpected fields";
  if (document.requestId !== requestId) return "does not have the requestId of the request";
  return typeof document.timestamp === "number" ? undefined : "does not have a timestamp that is a number";
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function textOf({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES)
      throw failed("ResponseTooLarge", "The response of the HTTP endpoint exceeds 1 MiB.");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
