import { isIP } from "node:net";
import { AwsError } from "#aws/errors.ts";
import { memoizeByObject, memoizeByText } from "#lib/memoize.ts";
import { parseQuery } from "./query.ts";
import { AWS_DOMAINS } from "./routing/hosts.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/**
 * Listening on loopback does not protect a cloud: any page in a browser can send requests to a port of this
 * machine. Such requests are recognized by headers that the browser sets and a page cannot change: `Host`,
 * `Origin`, `Sec-Fetch-Site`.
 */
export interface OriginRules {
  /** This cloud's host names in addition to the built-in ones: `nube.example.com`. */
  hosts: readonly string[];
}

/** Names that an attacker's DNS cannot point at this address, or that AWS's clients put into `Host`. */
const OWN_SUFFIXES = ["localhost", "localhost.localstack.cloud", ...AWS_DOMAINS, "internal", "local"];

const MAX_CACHED_HOSTS = 1_000;
const ownHosts = memoizeByObject((rules: OriginRules) =>
  memoizeByText(MAX_CACHED_HOSTS, (host) => isOwnHost(hostName(host), rules)),
);

/**
 * Rejects requests to a host name that is not this cloud's, and requests of other sites' pages without an
 * `Origin` header. Requests with one are handled in `cross-origin.ts`.
 * @throws {AwsError} for a request that another site made a browser send
 */
export function checkOrigin(request: HttpRequest, rules: OriginRules): void {
  if (!ownHosts(rules)(request.host)) {
    throw refused("The Host header names no host of this cloud; start it with --hosts to add one.");
  }
  if (request.headers.origin === undefined && isHiddenCall(request)) throw foreignOrigin();
}

/**
 * Whether another site's page may have caused this request. Browsers request links, images and scripts
 * without `Origin`. Following a link to an object is harmless; everything else is rejected. Over plain HTTP,
 * browsers send `Sec-Fetch-Site` to `localhost` only. For other hosts `User-Agent` identifies a browser, and
 * the only dangerous GET is an operation of a query protocol.
 */
function isHiddenCall({ method, headers, rawQuery }: HttpRequest): boolean {
  const { "sec-fetch-site": site, "sec-fetch-mode": mode, "user-agent": userAgent = "" } = headers;
  const reads = method === "GET" || method === "HEAD";
  if (site === "cross-site") return !(reads && mode === "navigate") || namesAction(rawQuery);
  return site === undefined && reads && userAgent.startsWith("Mozilla/") && namesAction(rawQuery);
}

const namesAction = (rawQuery: string): boolean =>
  rawQuery !== "" && parseQuery(rawQuery).some(([name]) => name === "Action");

/**
 * Whether a page of this machine, such as a web application under development, or a page of this endpoint
 * sent the request.
 */
export function isOwnOrigin({ host, headers }: HttpRequest, rules: OriginRules): boolean {
  const { origin = "" } = headers;
  if (!URL.canParse(origin)) return false;
  const { hostname, protocol, host: authority } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  return isLoopbackName(hostname) || rules.hosts.includes(hostname) || authority === host;
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);

/** RFC 1035, 2.3.4; an address in brackets is shorter. */
const MAX_NAME_LENGTH = 255;

/**
 * Whether a host is safe from DNS rebinding: an address cannot be rebound, and a name without a dot cannot be
 * registered.
 */
function isOwnHost(name: string, { hosts }: OriginRules): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || !name.includes(".")) return true;
  const ends = (suffix: string) => name === suffix || name.endsWith(`.${suffix}`);
  return OWN_SUFFIXES.some(ends) || hosts.some(ends);
}

const hostName = (host: string): string => host.replace(/:\d+$/, "").replace(/\.$/, "");

/** Whether a page other than this endpoint's own calls `/_nube`. */
export function isForeignToAdmin({ headers, host }: HttpRequest): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

export const foreignOrigin = () => refused("CORSResponse: This CORS request is not allowed.");

const refused = (message: string) => new AwsError("AccessForbidden", message, { status: 403 });

/**
 * Lets a page of this machine read the whole response: SDKs look for errors, checksums and metadata in its
 * headers.
 */
export function corsHeaders({ headers }: HttpRequest, answer: HttpResponse): Record<string, string> {
  return {
    ...allowedOrigin(headers.origin),
    "access-control-expose-headers": ["date", ...Object.keys(answer.headers)].join(", "),
  };
}

const allowedOrigin = (origin: string | undefined): Record<string, string> =>
  origin === undefined ? {} : { "access-control-allow-origin": origin, vary: "Origin" };

/** The headers of the response to a preflight from an allowed origin. */
export function preflight(request: HttpRequest): Record<string, string> {
  return {
    ...allowedOrigin(request.headers.origin),
    "access-control-allow-methods": "GET, PUT, POST, DELETE, HEAD, PATCH",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "172800",
  };
}
