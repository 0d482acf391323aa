import type { EndpointRequest } from "#kernel/endpoint.ts";
import { ANONYMOUS, type Principal } from "#kernel/principal.ts";
import type { Cloud } from "#kernel/runtime.ts";
import { type AuthSettings, credentials } from "./authenticate.ts";
import { requestFacts } from "./request-facts.ts";
import type { NoRoute } from "./route.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/** The answer of an endpoint of the service that was meant; `undefined` if it has none for this request. */
export async function atEndpoint(
  cloud: Cloud,
  auth: AuthSettings,
  http: HttpRequest,
  { contract, path }: NoRoute,
): Promise<HttpResponse | undefined> {
  if (!contract) return undefined;
  const service = await cloud.service(contract.service);
  const { method, headers, body, secure, host } = http;
  const url = `${secure ? "https" : "http"}://${host}${http.path}`;
  const request: EndpointRequest = { method, path: path ?? http.path, url, headers, body };
  const endpoint = service?.endpoints.find((one) => one.accepts(request));
  const clients = (principal: Principal) =>
    cloud.clients(
      principal,
      { account: principal.account || auth.account, region: auth.region },
      requestFacts(http),
    );
  return endpoint?.serve(request, {
    now: cloud.clock.now,
    async callerOf(claim) {
      if (!claim) return clients(ANONYMOUS);
      const known = await credentials(cloud, auth, { ...claim, carrier: "query" }, "s3");
      if (!known.lenient) claim.verify(known.secret);
      return clients(known.principal);
    },
  });
}
