import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { destinationArn } from "../arns.ts";
import { authorization } from "./authorization.ts";
import { secretsOf } from "./connections.ts";
import { destinationAt, usedBy } from "./destinations.ts";
import { absent } from "./errors.ts";
import { byName, type HttpParameters, jsonIn, reach, urlOf } from "./http.ts";

/** The maximum bytes of a response, which a pipe may pass on. */
const MAX_ANSWER = 6 * 2 ** 20;

/** A call of an API destination. */
export interface DestinationCall {
  arn: string;
  parameters?: HttpParameters | undefined;
  payload: string;
}

/**
 * Calls an HTTP endpoint with its connection's authorization.
 * @throws {AwsError} with the endpoint's own status, if that is not a success
 */
export async function callDestination(
  ctx: Context,
  { arn, parameters, payload }: DestinationCall,
): Promise<string> {
  const [name = ""] = parseArn(arn)!
    .resource.replace(/^api-destination\//, "")
    .split("/");
  const { destination, connection } = await ctx.read(async (tx) => {
    const record = await destinationAt(tx, name);
    if (destinationArn(ctx, name, record.id) !== arn) throw absent("API destination", arn);
    return { destination: record, connection: await usedBy(tx, record) };
  });
  if (connection?.state !== "AUTHORIZED")
    throw new AwsError("ConnectionNotAuthorized", "The connection of the API destination is not authorized.");
  const secrets = secretsOf(ctx, connection);
  const url = urlOf(destination.endpoint, parameters, secrets.InvocationHttpParameters);
  const headers = headersOf(
    parameters?.HeaderParameters,
    byName(secrets.InvocationHttpParameters?.HeaderParameters),
    await authorization(ctx, connection, secrets),
  );
  const hasBody = destination.method !== "GET" && destination.method !== "HEAD";
  const body = hasBody ? withParameters(payload, secrets.InvocationHttpParameters?.BodyParameters) : null;
  const { status, text } = await reach(ctx, url, { method: destination.method, headers, body }, MAX_ANSWER);
  if (text !== undefined) return text;
  throw new AwsError("SDK_CLIENT_ERROR", `Failed with status code ${status}`, { status: statusFor(status) });
}

/** Merges headers; later layers override earlier ones, whatever the case of the names. */
function headersOf(...layers: (Record<string, string> | undefined)[]): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  for (const [name, value] of layers.flatMap((some) => Object.entries(some ?? {}))) {
    if (!REMOVED.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  }
  return { ...headers, ...OWN_HEADERS };
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-api-destinations.html */
const OWN_HEADERS = {
  "user-agent": "Amazon/EventBridge/ApiDestinations",
  range: "bytes=0-1048575",
  "accept-encoding": "gzip,deflate",
};

/** Headers that a caller cannot set. */
const REMOVED = new Set(
  (
    "a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding content-length " +
    "content-md5 date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since max-forwards origin pragma proxy-authorization range referer te trailer transfer-encoding " +
    "user-agent upgrade via warning"
  ).split(" "),
);

/** Maps a retryable status to a server fault. */
function statusFor(status: number): number {
  return status === 401 || status === 407 || status === 409 || status === 429 || status >= 500 ? 503 : 400;
}

/** A connection's body parameters are added only to a body that is an object. */
function withParameters(payload: string, parameters: Events.ConnectionBodyParameter[] | undefined): string {
  if (!parameters?.length) return payload;
  const body = payload.trimStart().startsWith("{") ? jsonIn(payload) : undefined;
  return body === undefined ? payload : JSON.stringify({ ...(body as object), ...byName(parameters) });
}
