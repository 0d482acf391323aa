import { isIP } from "node:net";
import { AwsError } from "#aws/errors.ts";
import { memoizeByObject, memoizeByText } from "#lib/memoize.ts";
import { AWS_DOMAINS } from "./hosts.ts";
import { parseQuery } from "./query.ts";
import type { HttpRequest, HttpResponse } from "./server/http.ts";

/**
 * Loopback is no wall: any page that a browser shows can send requests to a port of this machine. What tells them
 * apart are the headers that a browser writes and a page cannot: `Host`, `Origin`, `Sec-Fetch-Site`.
 */
export interface OriginRules {
  /** Names besides the built-in ones by which this cloud is called: `nube.example.com`. */
  hosts: readonly string[];
}

/** Names that no stranger's DNS can point at this address, or that AWS's clients put into `Host`. */
const OWN_SUFFIXES = ["localhost", "localhost.localstack.cloud", ...AWS_DOMAINS, "internal", "local"];

const MAX_CACHED_HOSTS = 1_000;
const ownHosts = memoizeByObject((rules: OriginRules) =>
  memoizeByText(MAX_CACHED_HOSTS, (host) => isOwnHost(hostName(host), rules)),
);

/**
 * Refuses calls under a host name that is not this cloud's, and those of other sites' pages that come without an `Origin`.
 * A page that sends one is judged by `cross-origin.ts`.
 * @throws {AwsError} for a request that another site made a browser send
 */
export function checkOrigin(request: HttpRequest, rules: OriginRules): void {
  if (!ownHosts(rules)(request.host)) {
    throw refused("The Host header names no host of this cloud; start it with --hosts to add one.");
  }
  if (request.headers.origin === undefined && isHiddenCall(request)) throw foreignOrigin();
}

/**
 * Links, images and scripts are requested without an `Origin`. Following a link to an object is harmless; anything else is
 * refused to other sites. Over plain HTTP browsers send `Sec-Fetch-Site` to `localhost` only; elsewhere `User-Agent` shows
 * that it is a browser, and operations of the query protocol are all that such a GET could call.
 */
function isHiddenCall({ method, headers, rawQuery }: HttpRequest): boolean {
  const { "sec-fetch-site": site, "sec-fetch-mode": mode, "user-agent": userAgent = "" } = headers;
  const reads = method === "GET" || method === "HEAD";
  if (site === "cross-site") return !(reads && mode === "navigate") || namesAction(rawQuery);
  return site === undefined && reads && userAgent.startsWith("Mozilla/") && namesAction(rawQuery);
}

const namesAction = (rawQuery: string): boolean =>
  rawQuery !== "" && parseQuery(rawQuery).some(([name]) => name === "Action");

/** Pages of this machine may call, a web application under development say, and so may pages of this endpoint. */
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

/** An address in `Host` cannot be rebound, a name without a dot cannot be bought. */
function isOwnHost(name: string, { hosts }: OriginRules): boolean {
  if (name.length > MAX_NAME_LENGTH) return false;
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || !name.includes(".")) return true;
  const ends = (suffix: string) => name === suffix || name.endsWith(`.${suffix}`);
  return OWN_SUFFIXES.some(ends) || hosts.some(ends);
}

const hostName = (host: string): string => host.replace(/:\d+$/, "").replace(/\.$/, "");

/** Only pages of this endpoint itself may call `/_nube`. */
export function isForeignToAdmin({ headers, host }: HttpRequest): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

export const foreignOrigin = () => refused("CORSResponse: This CORS request is not allowed.");

const refused = (message: string) => new AwsError("AccessForbidden", message, { status: 403 });

/** Lets a page of this machine see all of an answer: SDKs look for errors, checksums and metadata in its headers. */
export function corsHeaders({ headers }: HttpRequest, answer: HttpResponse): Record<string, string> {
  return {
    ...allowedOrigin(headers.origin),
    "access-control-expose-headers": ["date", ...Object.keys(answer.headers)].join(", "),
  };
}

const allowedOrigin = (origin: string | undefined): Record<string, string> =>
  origin === undefined ? {} : { "access-control-allow-origin": origin, vary: "Origin" };

/** The answer to a preflight whose origin has passed. */
export function preflight(request: HttpRequest): Record<string, string> {
  return {
    ...allowedOrigin(request.headers.origin),
    "access-control-allow-methods": "GET, PUT, POST, DELETE, HEAD, PATCH",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "172800",
  };
}
