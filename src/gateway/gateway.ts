import { loadContract, loadIndex } from "#aws/contract/contract.ts";
import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError, notImplemented } from "#aws/errors.ts";
import { protocol } from "#aws/protocols/index.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import { claimedService } from "#aws/signature/credential.ts";
import { type ErrorStyle, errorStyle } from "#aws/signature/errors.ts";
import { HOST_ID } from "#kernel/calls/host-id.ts";
import type { Cloud } from "#kernel/runtime.ts";
import { BodyTooLargeError, bodyOf } from "#lib/body.ts";
import { type Admin, administer, isAdmin, isHealth, MAX_BODY_BYTES, refusal } from "./admin.ts";
import { type AuthSettings, authenticate } from "./authenticate.ts";
import { type Content, contentOf, formOf, wholeBody } from "./content.ts";
import { serveCrossOrigin } from "./cross-origin.ts";
import { answerAtEndpoint } from "./endpoints.ts";
import { withHoisted } from "./hoisted.ts";
import { bodyLimit, formLimit, PROTOCOL_LIMITS } from "./limits.ts";
import { type Observation, observe, startObservation } from "./observe.ts";
import { checkOrigin, isForeignToAdmin, type OriginRules } from "./origin.ts";
import { firstValue, formFacts, parseQuery } from "./query.ts";
import { requestFacts } from "./request-facts.ts";
import { AWS_DOMAINS, type EndpointHosts } from "./routing/hosts.ts";
import { isRouted, type NoRoute, type Route, type RouteFacts, type Router, router } from "./routing/route.ts";
import type { Handle, HttpRequest, HttpResponse } from "./server/http.ts";

export interface GatewayOptions {
  auth: AuthSettings;
  origins: OriginRules;
  /** Hosts of service endpoints, from the catalog: they do not serve operations. */
  endpointHosts?: EndpointHosts;
  admin: Omit<Admin, "cloud">;
}

/** The domains by which clients reach a cloud on this machine. */
const DOMAINS = ["localhost", "localhost.localstack.cloud", ...AWS_DOMAINS];

/** Handles every request from the wire. */
export function gateway(cloud: Cloud, options: GatewayOptions): Handle {
  const routes = router({
    index: loadIndex(),
    loadContract,
    domains: [...DOMAINS, ...options.origins.hosts],
    ...(options.endpointHosts && { endpointHosts: options.endpointHosts }),
  });
  const crossOrigin = { cloud, auth: options.auth, origins: options.origins, routes };
  const admin: Admin = { ...options.admin, cloud };

  return async (request) => {
    const meta = metaOf(cloud, request);
    try {
      checkOrigin(request, options.origins);
      if (isAdmin(request) && !routes.namesResource(request.host))
        return await administerFor(request, options.auth, admin, meta);
    } catch (error) {
      return refused(error, meta);
    }
    const observation = startObservation(cloud);
    const isOfPage = request.headers.origin !== undefined || request.method === "OPTIONS";
    const answer = isOfPage
      ? await servePage(request, meta, observation)
      : await serve(cloud, options.auth, routes, request, meta, observation);
    const observing = observe(cloud, options.auth, request, meta, observation, answer);
    if (observing) await observing;
    return answer;
  };

  async function servePage(
    request: HttpRequest,
    meta: ResponseMeta,
    observation: Observation,
  ): Promise<HttpResponse> {
    const serving = () => serve(cloud, options.auth, routes, request, meta, observation);
    try {
      return await serveCrossOrigin(crossOrigin, request, meta, observation, serving);
    } catch (error) {
      observation.error = awsError(cloud, error, meta);
      return refused(observation.error, meta);
    }
  }

  /** The error response for a request that has not been routed. */
  function refused(error: unknown, meta: ResponseMeta): HttpResponse {
    return protocol("restXml").encodeError(undefined, awsError(cloud, error, meta), meta);
  }
}

/** Serves one request: route, authenticate, decode, the hall, encode. */
async function serve(
  cloud: Cloud,
  auth: AuthSettings,
  routes: Router,
  http: HttpRequest,
  meta: ResponseMeta,
  observation: Observation,
): Promise<HttpResponse> {
  const { method, path, headers, host } = http;
  const facts: RouteFacts = { method, path, headers, host, query: [], signingName: undefined };
  let route: Route | NoRoute | undefined;
  try {
    const query = parseQuery(http.rawQuery);
    const claimed = claimedService(headers, query);
    facts.query = query;
    facts.signingName = claimed;
    let form: Uint8Array | undefined;
    if (routes.needsForm(facts)) {
      const limit = formLimit(claimed);
      form = await wholeBody(http, limit);
      facts.form = formFacts(await formOf(http, form, limit));
    }
    if (prefersJson(facts)) meta.accept = "application/json";
    route = observation.route = routes.route(facts);
    const answer = isRouted(route) ? undefined : await answerAtEndpoint(cloud, auth, http, route, meta);
    if (answer) return answer;
    const operation = isRouted(route) ? route.operation : undefined;
    const signingName = contractOf(route)?.signingName ?? claimed ?? "";
    const style = errorStyle(signingName, route.protocol);
    const whole =
      form ?? (isStreamed(operation, headers, style) ? undefined : await wholeBody(http, limitOf(route)));
    const identity = await authenticate(cloud, auth, {
      http,
      query,
      operation,
      signingName,
      style,
      body: whole,
      hostBucket: isRouted(route) ? route.hostBucket : undefined,
    });
    observation.principal = identity.principal;
    if (!isRouted(route)) throw route.error;
    const service = await cloud.service(route.operation.contract.service);
    if (!service) throw notImplemented(`${route.operation.contract.service}:${route.operation.name}`);
    observation.service = service;
    const content = await contentOf(http, whole, identity, bodyLimit(route.operation));
    const input = (observation.input = inputOf(route, method, query, content, style));
    const request = (observation.request = requestFacts(http, content.body));
    const { principal, region } = identity;
    const output = await cloud.invoke({
      service,
      operation: route.operation,
      input,
      principal,
      place: { account: principal.account || auth.account, region },
      requestId: meta.requestId,
      request,
    });
    observation.output = output;
    return protocol(route.protocol).encode(route.operation, output, meta);
  } catch (error) {
    observation.error = awsError(cloud, error, meta);
    return errorAnswer(route ?? routes.route(facts), observation.error, meta);
  }
}

/**
 * Whether the signature can be verified before the body arrives: only if a header declares how the body is
 * signed.
 */
const isStreamed = (operation: Operation | undefined, headers: HttpRequest["headers"], style: ErrorStyle) =>
  operation?.streamingInput && (style === "s3" || headers["x-amz-content-sha256"] !== undefined);

function inputOf(
  route: Route,
  method: string,
  query: RouteFacts["query"],
  content: Content,
  style: ErrorStyle,
): object {
  return protocol(route.protocol).decode(route.operation, {
    method,
    query,
    headers: style === "s3" ? withHoisted(content.headers, query) : content.headers,
    labels: route.labels,
    body: content.body,
    stream: content.stream,
  });
}

function errorAnswer(route: Route | NoRoute, error: AwsError, meta: ResponseMeta): HttpResponse {
  const operation = isRouted(route) ? route.operation : anyOperation(route);
  return protocol(route.protocol).encodeError(operation, error, meta);
}

/**
 * A service's errors have the same format for all operations, so if the request names none, the first one is
 * used.
 */
const anyOperation = ({ contract }: NoRoute) => contract?.operation(contract.operationNames[0]!);

/** In strict mode only root may call it. A page of another origin never may. */
async function administerFor(
  http: HttpRequest,
  auth: AuthSettings,
  admin: Admin,
  meta: ResponseMeta,
): Promise<HttpResponse> {
  try {
    if (isForeignToAdmin(http))
      throw new AwsError("AccessForbidden", "Only the console's own pages may call this.", { status: 403 });
    if (auth.mode === "loopback" || isHealth(http)) return await administer(admin, http);
    const query = parseQuery(http.rawQuery);
    const whole = await wholeBody(http, MAX_BODY_BYTES);
    const { principal } = await authenticate(admin.cloud, auth, {
      http,
      query,
      operation: undefined,
      signingName: claimedService(http.headers, query) ?? "nube",
      style: "rest-json",
      body: whole,
      hostBucket: undefined,
    });
    if (principal.type !== "root")
      throw new AwsError("AccessDenied", "Only root may administer the cloud.", { status: 403 });
    return await administer(admin, { method: http.method, path: http.path, body: bodyOf(whole) });
  } catch (error) {
    return refusal(awsError(admin.cloud, error, meta));
  }
}

const contractOf = (route: Route | NoRoute) => (isRouted(route) ? route.operation.contract : route.contract);

const limitOf = (route: Route | NoRoute) =>
  isRouted(route) ? bodyLimit(route.operation) : PROTOCOL_LIMITS[route.protocol];

/** Clients of the query protocol may ask for JSON in a parameter instead of the `Accept` header. */
const prefersJson = ({ form, query }: RouteFacts) =>
  (firstValue(form, "ContentType") ?? firstValue(query, "ContentType")) === "JSON";

function metaOf({ random }: Cloud, { headers }: HttpRequest): ResponseMeta {
  const { accept, "content-type": contentType } = headers;
  return { requestId: random.uuid(), hostId: HOST_ID, contentType, accept };
}

function awsError(cloud: Cloud, error: unknown, { requestId }: ResponseMeta): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof BodyTooLargeError) {
    return new AwsError("RequestEntityTooLarge", "The request body is too large.", { status: 413 });
  }
  cloud.log.error("the gateway failed", { error, requestId });
  return new AwsError("InternalFailure", "The request processing has failed because of an unknown error.", {
    status: 500,
  });
}
