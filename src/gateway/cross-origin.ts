import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import { claimedService } from "#aws/signature/credential.ts";
import type { CrossOriginVerdict } from "#kernel/calls/endpoint.ts";
import type { Cloud } from "#kernel/runtime.ts";
import type { AuthSettings } from "./authenticate.ts";
import { endpointContext, endpointRequest } from "./endpoints.ts";
import type { Observation } from "./observe.ts";
import { corsHeaders, foreignOrigin, isOwnOrigin, type OriginRules, preflight } from "./origin.ts";
import { parseQuery } from "./query.ts";
import { isRouted, type RouteFacts, type Router } from "./routing/route.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

export interface CrossOriginOptions {
  cloud: Cloud;
  auth: AuthSettings;
  origins: OriginRules;
  routes: Router;
}

/**
 * Serves requests with an `Origin` header, and their preflights. Rules that the service's customers have set
 * for the resource take precedence; without rules, only pages of this machine may call.
 * @throws {AwsError} for a page that may not
 */
export async function serveCrossOrigin(
  options: CrossOriginOptions,
  http: HttpRequest,
  meta: ResponseMeta,
  observation: Observation,
  serve: () => Promise<HttpResponse>,
): Promise<HttpResponse> {
  const { origin } = http.headers;
  const verdict = await verdictOn(options, http, meta, observation);
  const isOwn = origin !== undefined && isOwnOrigin(http, options.origins);
  const isHouseRule = isOwn && !verdict?.ruled;
  if (http.method === "OPTIONS") {
    if (verdict?.headers) return { status: 200, headers: verdict.headers, body: "" };
    if (isHouseRule) return { status: 200, headers: preflight(http), body: "" };
    if (verdict) throw verdict.refusal;
    if (origin === undefined) return serve();
    throw foreignOrigin();
  }
  if (!verdict?.headers && !isOwn && !verdict?.harmless) throw foreignOrigin();
  const answer = await serve();
  const headers = verdict?.headers ?? (isHouseRule ? corsHeaders(http, answer) : undefined);
  return headers ? { ...answer, headers: { ...answer.headers, ...headers } } : answer;
}

async function verdictOn(
  { cloud, auth, routes }: CrossOriginOptions,
  http: HttpRequest,
  meta: ResponseMeta,
  observation: Observation,
): Promise<CrossOriginVerdict | undefined> {
  const { method, path, headers, host } = http;
  const query = queryOf(http);
  // The signature may name another service than the path suggests, and a form may be for any service.
  const signingName = claimedService(headers, query);
  const facts: RouteFacts = { method, path, headers, host, query, signingName };
  if (routes.needsForm(facts)) return undefined;
  const route = (observation.route = routes.route(facts));
  const contract = isRouted(route) ? route.operation.contract : route.contract;
  const service = contract && (await cloud.service(contract.service));
  if (!service?.crossOrigin) return undefined;
  const context = endpointContext(cloud, auth, http, service, meta);
  const verdict = await service.crossOrigin(endpointRequest(http, route, meta), context);
  await context.ctx.durable();
  return verdict;
}

/** A query that cannot be decoded is rejected later, when the request is served. */
function queryOf({ rawQuery }: HttpRequest) {
  try {
    return parseQuery(rawQuery);
  } catch {
    return [];
  }
}
