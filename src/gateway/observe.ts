import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { CallContext } from "#kernel/call-context.ts";
import type { RequestFacts } from "#kernel/context.ts";
import type { Exchange } from "#kernel/exchange.ts";
import { type Principal, serviceNamed } from "#kernel/principal.ts";
import type { Cloud } from "#kernel/runtime.ts";
import type { Service } from "#kernel/service.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { memoizeByObject } from "#lib/memoize.ts";
import { monotonicNow } from "#lib/wall.ts";
import type { AuthSettings } from "./authenticate.ts";
import { requestFacts } from "./request-facts.ts";
import { isRouted, type NoRoute, type Route } from "./route.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/** What becomes known of a request on its way. */
export interface Passage {
  /** Cloud time. */
  received: number;
  /** By the clock that never jumps. */
  started: number;
  found?: Route | NoRoute;
  service?: Service;
  principal?: Principal;
  request?: RequestFacts;
  input?: object;
  output?: object;
  error?: AwsError;
}

export const passageOf = ({ clock }: Cloud): Passage => ({
  received: clock.now(),
  started: monotonicNow(),
});

/** Tells the service that was meant what it was asked and answered, if it wants to know. */
export function observe(
  cloud: Cloud,
  { account, region }: AuthSettings,
  http: HttpRequest,
  meta: ResponseMeta,
  passage: Passage,
  answer: HttpResponse,
): MaybePromise<void> {
  const { found } = passage;
  if (!found) return;
  return whenReady(passage.service ?? serviceMeant(cloud, found), (service) => {
    if (!service?.observe) return;
    const principal = principalOf(service);
    const ctx = cloud.context({ service, principal, place: { account, region }, requestId: meta.requestId });
    try {
      const booking = service.observe(exchangeOf(http, meta, passage, found, answer), ctx);
      if (booking || ctx.awaitsDisk)
        return settled(booking, ctx).catch((error) => tellOf(error, cloud, meta));
    } catch (error) {
      tellOf(error, cloud, meta);
    }
  });
}

const principalOf = memoizeByObject(
  (service: Service): Principal => serviceNamed(`${service.id}.amazonaws.com`),
);

function tellOf(error: unknown, { log }: Cloud, { requestId }: ResponseMeta): void {
  log.error("an exchange could not be booked", { error, requestId });
}

async function settled(booking: MaybePromise<void>, ctx: CallContext): Promise<void> {
  await booking;
  await ctx.durable();
}

function serviceMeant(cloud: Cloud, found: Passage["found"]): MaybePromise<Service | undefined> {
  if (!found) return undefined;
  const contract = isRouted(found) ? found.operation.contract : found.contract;
  return contract && cloud.service(contract.service);
}

function exchangeOf(
  http: HttpRequest,
  meta: ResponseMeta,
  { received, started, principal, request = requestFacts(http), input, output, error }: Passage,
  found: Route | NoRoute,
  answer: HttpResponse,
): Exchange {
  return {
    meta,
    request,
    target: http.target,
    httpVersion: http.httpVersion,
    path: found.path ?? http.path,
    at: isRouted(found) ? undefined : found.at,
    operation: isRouted(found) ? found.operation.name : undefined,
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
