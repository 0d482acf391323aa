import { parseArn } from "#aws/arn.ts";
import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { destinationArn } from "../arns.ts";
import type { Connection } from "../store.ts";
import { type Secrets, secretsOf } from "./connections.ts";
import { destinationAt, usedBy } from "./destinations.ts";
import { withScheme } from "./endpoint.ts";
import { absent } from "./errors.ts";

/** What a destination may take to answer. */
const PATIENCE_MS = 5_000;
/** Of an answer, which a pipe may hand on. */
const MOST_ANSWER = 6 * 2 ** 20;
const MOST_TOKEN = 65_536;

/** What is brought to an API destination. */
export interface DestinationCall {
  arn: string;
  parameters?: HttpParameters | undefined;
  payload: string;
}

/** A target's, which its connection's go over. */
export interface HttpParameters {
  PathParameterValues?: string[] | undefined;
  HeaderParameters?: Record<string, string> | undefined;
  QueryStringParameters?: Record<string, string> | undefined;
}

/**
 * Calls an HTTP endpoint as its connection says, and tells what it answered.
 * @throws {AwsError} with the endpoint's own status, where it is no success
 */
export async function callDestination(
  ctx: Context,
  { arn, parameters, payload }: DestinationCall,
): Promise<string> {
  const [name = ""] = parseArn(arn)!
    .resource.replace(/^api-destination\//, "")
    .split("/");
  const { destination, connection } = await ctx.read(async (tx) => {
    const found = await destinationAt(tx, name);
    if (destinationArn(ctx, name, found.id) !== arn) throw absent("API destination", arn);
    return { destination: found, connection: await usedBy(tx, found) };
  });
  if (connection?.state !== "AUTHORIZED")
    throw new AwsError("ConnectionNotAuthorized", "The connection of the API destination is not authorized.");
  const secrets = secretsOf(ctx, connection);
  const url = urlOf(destination.endpoint, parameters, secrets.InvocationHttpParameters);
  const headers = headersOf(
    parameters?.HeaderParameters,
    listed(secrets.InvocationHttpParameters?.HeaderParameters),
    await authorization(ctx, connection, secrets),
  );
  const hasBody = destination.method !== "GET" && destination.method !== "HEAD";
  const body = hasBody ? withParameters(payload, secrets.InvocationHttpParameters?.BodyParameters) : null;
  const { status, text } = await reach(ctx, url, { method: destination.method, headers, body }, MOST_ANSWER);
  if (text !== undefined) return text;
  throw new AwsError("SDK_CLIENT_ERROR", `Failed with status code ${status}`, { status: statusFor(status) });
}

/** What is said later goes over what was said before, in whatever case its name is written. */
function headersOf(...said: (Record<string, string> | undefined)[]): Record<string, string> {
  const headers: Record<string, string> = { "content-type": "application/json; charset=utf-8" };
  for (const [name, value] of said.flatMap((some) => Object.entries(some ?? {}))) {
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

/** What callers may not say. */
const REMOVED = new Set(
  (
    "a-im accept-charset accept-datetime accept-encoding cache-control connection content-encoding content-length " +
    "content-md5 date expect forwarded from host http2-settings if-match if-modified-since if-none-match if-range " +
    "if-unmodified-since max-forwards origin pragma proxy-authorization range referer te trailer transfer-encoding " +
    "user-agent upgrade via warning"
  ).split(" "),
);

/** What is worth another try is told as a fault of the service. */
function statusFor(status: number): number {
  return status === 401 || status === 407 || status === 409 || status === 429 || status >= 500 ? 503 : 400;
}

interface Answer {
  status: number;
  /** Of a success. */
  text?: string;
}

function reach(ctx: Context, url: URL, init: RequestInit, most: number): Promise<Answer> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  return ctx.outside(async () => {
    try {
      const answer = await fetch(url, { ...init, redirect: "manual", signal });
      if (answer.ok) return { status: answer.status, text: await boundedText(answer, most) };
      await answer.body?.cancel();
      return { status: answer.status };
    } catch (cause) {
      throw new AwsError("SDK_CLIENT_ERROR", `The endpoint ${url.origin} cannot be reached.`, {
        status: 503,
        cause,
      });
    }
  });
}

function urlOf(
  endpoint: string,
  said: HttpParameters | undefined,
  always: Events.ConnectionHttpParameters | undefined,
): URL {
  const values = [...(said?.PathParameterValues ?? [])];
  const text = withScheme(endpoint).replace(/\*/g, () =>
    encodeURIComponent((values.shift() ?? "").toWellFormed()),
  );
  if (!URL.canParse(text)) throw new AwsError("InvalidEndpoint", `${text} is no URL.`);
  const url = new URL(text);
  for (const [name, value] of Object.entries(said?.QueryStringParameters ?? {}))
    url.searchParams.set(name, value);
  for (const { Key, Value } of always?.QueryStringParameters ?? [])
    url.searchParams.set(Key ?? "", Value ?? "");
  return url;
}

const listed = (parameters: { Key?: string; Value?: string }[] = []) =>
  Object.fromEntries(parameters.map(({ Key = "", Value = "" }) => [Key, Value]));

/** A connection's parameters go into a body that is an object. */
function withParameters(payload: string, parameters: Events.ConnectionBodyParameter[] | undefined): string {
  if (!parameters?.length) return payload;
  const body = jsonIn(payload);
  if (typeof body !== "object" || body === null || Array.isArray(body)) return payload;
  return JSON.stringify({ ...body, ...listed(parameters) });
}

async function authorization(
  ctx: Context,
  { type }: Connection,
  secrets: Secrets,
): Promise<Record<string, string>> {
  if (type === "API_KEY") {
    const { ApiKeyName, ApiKeyValue } = secrets.ApiKeyAuthParameters!;
    return { [ApiKeyName]: ApiKeyValue };
  }
  if (type === "BASIC") {
    const { Username, Password } = secrets.BasicAuthParameters!;
    return { authorization: `Basic ${Buffer.from(`${Username}:${Password}`).toString("base64")}` };
  }
  return { authorization: `Bearer ${await tokenOf(ctx, secrets.OAuthParameters!)}` };
}

/** A token by client credentials, asked for at each call. */
async function tokenOf(ctx: Context, oauth: Events.CreateConnectionOAuthRequestParameters): Promise<string> {
  const { ClientID, ClientSecret } = oauth.ClientParameters;
  const parameters = oauth.OAuthHttpParameters;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: ClientID,
    client_secret: ClientSecret,
    ...listed(parameters?.BodyParameters),
  });
  const url = urlOf(oauth.AuthorizationEndpoint, undefined, parameters);
  const inQuery = oauth.HttpMethod === "GET";
  if (inQuery) for (const [name, value] of form) url.searchParams.set(name, value);
  const request = {
    method: oauth.HttpMethod,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      ...listed(parameters?.HeaderParameters),
    },
    body: inQuery ? null : form.toString(),
  };
  const { status, text } = await reach(ctx, url, request, MOST_TOKEN);
  const token = text === undefined ? undefined : tokenIn(text);
  if (token === undefined)
    throw new AwsError("OAuthFailure", `The authorization endpoint gave no token (${status}).`, {
      status: 503,
    });
  return token;
}

function tokenIn(text: string): string | undefined {
  const { access_token: token } = Object(jsonIn(text)) as { access_token?: unknown };
  return typeof token === "string" ? token : undefined;
}

/** A template may make text that is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function boundedText({ body }: Response, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > most) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
