import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import { parseExactly } from "#lib/exact-json.ts";
import { withScheme } from "./endpoint.ts";

/** The timeout of an endpoint's response. */
const TIMEOUT_MS = 5_000;

/** What a target adds to an endpoint's requests. */
export interface HttpParameters {
  PathParameterValues?: string[] | undefined;
  HeaderParameters?: Record<string, string> | undefined;
  QueryStringParameters?: Record<string, string> | undefined;
}

interface Answer {
  status: number;
  /** The body of a successful response. */
  text?: string;
}

/** @throws {AwsError} where no answer comes in time */
export function reach(ctx: Context, url: URL, init: RequestInit, most: number): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
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

/** The URL of an endpoint with the target's parameters, overridden by the connection's. */
export function urlOf(
  endpoint: string,
  parameters: HttpParameters | undefined,
  fixed: Events.ConnectionHttpParameters | undefined,
): URL {
  const values = [...(parameters?.PathParameterValues ?? [])];
  const text = withScheme(endpoint).replace(/\*/g, () =>
    encodeURIComponent((values.shift() ?? "").toWellFormed()),
  );
  if (!URL.canParse(text)) throw new AwsError("InvalidEndpoint", `${text} is no URL.`);
  const url = new URL(text);
  for (const [name, value] of Object.entries(parameters?.QueryStringParameters ?? {}))
    url.searchParams.set(name, value);
  for (const { Key, Value } of fixed?.QueryStringParameters ?? [])
    url.searchParams.set(Key ?? "", Value ?? "");
  return url;
}

export const byName = (parameters: { Key?: string; Value?: string }[] = []) =>
  Object.fromEntries(parameters.map(({ Key = "", Value = "" }) => [Key, Value]));

/** JSON with its numbers as they were written. @returns `undefined` for invalid JSON */
export function jsonIn(text: string): unknown {
  try {
    return parseExactly(text);
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
