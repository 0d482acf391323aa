import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { CallContext } from "#kernel/calls/call-context.ts";
import type { EndpointContext, EndpointRequest } from "#kernel/calls/endpoint.ts";
import { ANONYMOUS, type Principal, serviceNamed } from "#kernel/calls/principal.ts";
import type { Cloud } from "#kernel/runtime.ts";
import type { Service } from "#kernel/service.ts";
import { type AuthSettings, credentials } from "./authenticate.ts";
import { requestFacts } from "./request-facts.ts";
import type { NoRoute, Route } from "./routing/route.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/** The response of an endpoint of the route's service; `undefined` if no endpoint accepts the request. */
export async function answerAtEndpoint(
  cloud: Cloud,
  auth: AuthSettings,
  http: HttpRequest,
  route: NoRoute,
  meta: ResponseMeta,
): Promise<HttpResponse | undefined> {
  const service = route.contract && (await cloud.service(route.contract.service));
  if (!service) return undefined;
  const request = endpointRequest(http, route, meta);
  const endpoint = service.endpoints.find((one) => one.host === route.at?.label && one.accepts(request));
  if (!endpoint) return undefined;
  const context = endpointContext(cloud, auth, http, service, meta);
  const answer = await endpoint.serve(request, context);
  await context.ctx.durable();
  return answer;
}

export function endpointRequest(
  { method, headers, body, secure, host, path, rawQuery }: HttpRequest,
  route: Pick<Route | NoRoute, "path"> & Pick<NoRoute, "at">,
  meta: ResponseMeta,
): EndpointRequest {
  const url = `${secure ? "https" : "http"}://${host}${path}`;
  return { method, path: route.path ?? path, query: rawQuery, url, headers, body, at: route.at, meta };
}

export function endpointContext(
  cloud: Cloud,
  auth: AuthSettings,
  http: HttpRequest,
  service: Service,
  { requestId }: ResponseMeta,
): EndpointContext & { ctx: CallContext } {
  const clients = (principal: Principal) =>
    cloud.clients(
      principal,
      { account: principal.account || auth.account, region: auth.region },
      requestFacts(http),
    );
  return {
    now: cloud.clock.now,
    ctx: cloud.context({
      service,
      principal: serviceNamed(`${service.id}.amazonaws.com`),
      place: { account: auth.account, region: auth.region },
      requestId,
    }),
    async callerOf(claim) {
      if (!claim) return clients(ANONYMOUS);
      const credential = await credentials(cloud, auth, { ...claim, carrier: "query" }, "s3");
      if (!credential.lenient) claim.verify(credential.secret);
      return clients(credential.principal);
    },
  };
}
