import type * as Events from "#aws/contract/types/events.ts";
import { AwsError } from "#aws/errors.ts";
import type { Context } from "#kernel/context.ts";
import type { Connection } from "../store.ts";
import type { Secrets } from "./connections.ts";
import { byName, jsonIn, reach, urlOf } from "./http.ts";

const MAX_TOKEN_BYTES = 65_536;

/** The header by which a connection authenticates. @throws {AwsError} OAuthFailure */
export async function authorization(
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

/** A token by OAuth's client credentials, requested for each call. */
async function tokenOf(ctx: Context, oauth: Events.CreateConnectionOAuthRequestParameters): Promise<string> {
  const { ClientID, ClientSecret } = oauth.ClientParameters;
  const parameters = oauth.OAuthHttpParameters;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: ClientID,
    client_secret: ClientSecret,
    ...byName(parameters?.BodyParameters),
  });
  const url = urlOf(oauth.AuthorizationEndpoint, undefined, parameters);
  const inQuery = oauth.HttpMethod === "GET";
  if (inQuery) for (const [name, value] of form) url.searchParams.set(name, value);
  const request = {
    method: oauth.HttpMethod,
    headers: {
      "content-type": "application/x-www-form-urlencoded; charset=utf-8",
      ...byName(parameters?.HeaderParameters),
    },
    body: inQuery ? null : form.toString(),
  };
  const { status, text } = await reach(ctx, url, request, MAX_TOKEN_BYTES);
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
