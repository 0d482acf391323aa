import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { CallContext } from "#kernel/calls/call-context.ts";
import type { Exchange } from "#kernel/calls/exchange.ts";
import { type Principal, serviceNamed } from "#kernel/calls/principal.ts";
import type { RequestFacts } from "#kernel/context.ts";
import type { Cloud } from "#kernel/runtime.ts";
import type { Service } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import { monotonicNow } from "#lib/wall.ts";
import type { AuthSettings } from "./authenticate.ts";
import { requestFacts } from "./request-facts.ts";
import { isRouted, type NoRoute, type Route } from "./routing/route.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/** What becomes known about a request while it is served. */
export interface Observation {
  /** Cloud time. */
  received: number;
  /** Monotonic time. */
  started: number;
  route?: Route | NoRoute;
  service?: Service;
  principal?: Principal;
  request?: RequestFacts;
  input?: object;
  output?: object;
  error?: AwsError;
}

export const startObservation = ({ clock }: Cloud): Observation => ({
  received: clock.now(),
  started: monotonicNow(),
});

/** Passes a request and its response to the `observe` function of its service, if there is one. */
export function observe(
  cloud: Cloud,
  { account, region }: AuthSettings,
  http: HttpRequest,
  meta: ResponseMeta,
  observation: Observation,
  answer: HttpResponse,
): MaybePromise<void> {
  const { route } = observation;
  if (!route) return;
  return whenReady(observation.service ?? serviceOf(cloud, route), (service) => {
    if (!service?.observe) return;
    const principal = principalOf(service);
    const ctx = cloud.context({ service, principal, place: { account, region }, requestId: meta.requestId });
    try {
      const observing = service.observe(exchangeOf(http, meta, observation, route, answer), ctx);
      if (observing || ctx.awaitsDisk)
        return settled(observing, ctx).catch((error) => logFailure(error, cloud, meta));
    } catch (error) {
      logFailure(error, cloud, meta);
    }
  });
}

const principalOf = memoizeByObject(
  (service: Service): Principal => serviceNamed(`${service.id}.amazonaws.com`),
);

function logFailure(error: unknown, { log }: Cloud, { requestId }: ResponseMeta): void {
  log.error("an exchange could not be booked", { error, requestId });
}

async function settled(observing: MaybePromise<void>, ctx: CallContext): Promise<void> {
  await observing;
  await ctx.durable();
}

function serviceOf(cloud: Cloud, route: Observation["route"]): MaybePromise<Service | undefined> {
  if (!route) return undefined;
  const contract = isRouted(route) ? route.operation.contract : route.contract;
  return contract && cloud.service(contract.service);
}

function exchangeOf(
  http: HttpRequest,
  meta: ResponseMeta,
  { received, started, principal, request = requestFacts(http), input, output, error }: Observation,
  route: Route | NoRoute,
  answer: HttpResponse,
): Exchange {
  return {
    meta,
    request,
    target: http.target,
    httpVersion: http.httpVersion,
    path: route.path ?? http.path,
    at: isRouted(route) ? undefined : route.at,
    operation: isRouted(route) ? route.operation.name : undefined,
    principal,
    input,
    output,
    errorCode: error?.code ?? answer.headers["x-amz-error-code"],
    status: answer.status,
    sent: http.method === "HEAD" ? 0 : bytesOf(answer),
    received,
    took: monotonicNow() - started,
  };
}

function bytesOf({ headers, body }: HttpResponse): number {
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : Number(headers["content-length"] ?? 0);
}
