import { loadContract, loadIndex } from "#aws/contract/contract.ts";
import { AwsError } from "#aws/errors.ts";
import { protocol } from "#aws/protocols/index.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import { claimedScope } from "#aws/signature/credential.ts";
import { errorStyle } from "#aws/signature/errors.ts";
import type { RequestFacts } from "#kernel/context.ts";
import type { Cloud } from "#kernel/runtime.ts";
import { notImplemented } from "#kernel/service.ts";
import { BodyTooLargeError } from "#lib/body.ts";
import { type Admin, administer, isAdmin, isHealth } from "./admin.ts";
import { type AuthSettings, authenticate } from "./authenticate.ts";
import { contentOf, wholeBody } from "./content.ts";
import { bodyLimit, FORM_LIMIT } from "./limits.ts";
import { checkOrigin, corsHeaders, isForeignToAdmin, type OriginRules, preflight } from "./origin.ts";
import { formFacts, parseQuery } from "./query.ts";
import { isRouted, type NoRoute, type Route, type Router, router } from "./route.ts";
import type { Handle, HttpRequest, HttpResponse } from "./server/http.ts";
import { ClientGoneError } from "./server/request-body.ts";

export interface GatewayOptions {
  auth: AuthSettings;
  origins: OriginRules;
  admin: Omit<Admin, "cloud">;
}

/** What stands at the end of the names by which clients call a cloud on this machine. */
const DOMAINS = ["localhost", "localhost.localstack.cloud", "amazonaws.com", "amazonaws.com.cn"];

/** Where every request from the wire enters, and its answer leaves. */
export function gateway(cloud: Cloud, options: GatewayOptions): Handle {
  const routes = router({
    index: loadIndex(),
    loadContract,
    domains: [...DOMAINS, ...options.origins.hosts],
  });
  const admin: Admin = { ...options.admin, cloud };

  return async (request) => {
    const meta = metaOf(cloud, request);
    try {
      checkOrigin(request, options.origins);
      if (isAdmin(request)) return await administerFor(request, options.auth, admin);
      if (request.headers.origin === undefined)
        return await serve(cloud, options.auth, routes, request, meta);
      if (request.method === "OPTIONS") return { status: 200, headers: preflight(request), body: "" };
      const answer = await serve(cloud, options.auth, routes, request, meta);
      return { ...answer, headers: { ...answer.headers, ...corsHeaders(request) } };
    } catch (error) {
      return protocol("restXml").encodeError(undefined, awsError(cloud, error, meta), meta);
    }
  };
}

/** The corridor: route, authenticate, decode, the hall, encode. */
async function serve(
  cloud: Cloud,
  auth: AuthSettings,
  routes: Router,
  http: HttpRequest,
  meta: ResponseMeta,
): Promise<HttpResponse> {
  const query = parseQuery(http.rawQuery);
  const facts = { ...http, query, signingName: claimedScope(http.headers, query)?.service };
  const claimed = facts.signingName ?? "";
  const form = routes.needsForm(facts) ? await wholeBody(http, FORM_LIMIT) : undefined;
  const found = routes.route(form ? { ...facts, form: formFacts(form.sent) } : facts);
  const speaks = protocol(found.protocol);
  const operation = isRouted(found) ? found.operation : undefined;
  try {
    const { signingName, service: id } = contractOf(found) ?? { signingName: claimed, service: "" };
    const style = errorStyle(signingName, found.protocol);
    const whole = form ?? (operation?.streamingInput ? undefined : await wholeBody(http, limitOf(found)));
    const hostBucket = bucketFromHost(found, http);
    const identity = await authenticate(cloud, auth, {
      http,
      query,
      operation,
      signingName,
      style,
      body: whole?.sent,
      hostBucket,
    });
    if (!isRouted(found)) throw found.error;
    const service = await cloud.service(id);
    if (!service) throw notImplemented(found.operation);
    const content = await contentOf(http, whole, identity, bodyLimit(found.operation));
    const wire = { method: http.method, query, headers: content.headers, labels: found.labels };
    const input = speaks.decode(found.operation, { ...wire, body: content.body, stream: content.stream });
    const { principal, region } = identity;
    const place = { account: principal.account || auth.account, region };
    const { requestId } = meta;
    const call = {
      service,
      operation: found.operation,
      input,
      principal,
      place,
      requestId,
      request: requestFacts(http),
    };
    return speaks.encode(found.operation, await cloud.invoke(call), meta);
  } catch (error) {
    return speaks.encodeError(operation, awsError(cloud, error, meta), meta);
  }
}

/** Off loopback only a root may; a page of another origin never may. */
async function administerFor(http: HttpRequest, auth: AuthSettings, admin: Admin): Promise<HttpResponse> {
  if (isForeignToAdmin(http))
    throw new AwsError("AccessForbidden", "Only the console's own pages may call this.", { status: 403 });
  if (auth.mode === "loopback" || isHealth(http)) return administer(admin, http);
  const query = parseQuery(http.rawQuery);
  const whole = await wholeBody(http, FORM_LIMIT);
  const signingName = claimedScope(http.headers, query)?.service ?? "nube";
  const { principal } = await authenticate(admin.cloud, auth, {
    http,
    query,
    operation: undefined,
    signingName,
    style: "rest-json",
    body: whole.sent,
    hostBucket: undefined,
  });
  if (principal.type !== "root")
    throw new AwsError("AccessDenied", "Only root may administer the cloud.", { status: 403 });
  return administer(admin, { ...http, body: whole.again });
}

const contractOf = (found: Route | NoRoute) => (isRouted(found) ? found.operation.contract : found.contract);

const limitOf = (found: Route | NoRoute) => (isRouted(found) ? bodyLimit(found.operation) : FORM_LIMIT);

/** Where the router put a bucket in front of the path, Version 2 signatures want it there, too. */
function bucketFromHost(found: Route | NoRoute, { path }: HttpRequest): string | undefined {
  if (!isRouted(found) || found.path === path) return undefined;
  return found.path.slice(1, found.path.length - path.length);
}

function metaOf({ random }: Cloud, { headers }: HttpRequest): ResponseMeta {
  return { requestId: random.uuid(), hostId: HOST_ID, contentType: headers["content-type"] };
}

/** S3's `x-amz-id-2` names the host that answered: there is one. */
const HOST_ID = Buffer.from("nube".repeat(12)).toString("base64");

function requestFacts(http: HttpRequest): RequestFacts {
  const { method, host, secure, remoteAddress, headers, path } = http;
  return {
    method,
    host,
    secure,
    sourceIp: remoteAddress,
    userAgent: headers["user-agent"] ?? "",
    path,
    headers,
  };
}

function awsError(cloud: Cloud, error: unknown, { requestId }: ResponseMeta): AwsError {
  if (error instanceof AwsError) return error;
  if (error instanceof ClientGoneError) throw error;
  if (error instanceof BodyTooLargeError) {
    return new AwsError("RequestEntityTooLarge", "The request body is too large.", { status: 413 });
  }
  cloud.log.error("the gateway failed", { error, requestId });
  return new AwsError("InternalFailure", "The request processing has failed because of an unknown error.", {
    status: 500,
  });
}
