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

/** Names that no stranger's DNS can bend to this address, or that AWS's clients put into `Host`. */
const OWN_SUFFIXES = ["localhost", "localhost.localstack.cloud", ...AWS_DOMAINS, "internal", "local"];

const KEPT_HOSTS = 1_000;
const ownHosts = memoizeByObject((rules: OriginRules) =>
  memoizeByText(KEPT_HOSTS, (host) => isOwnHost(hostName(host), rules)),
);

/**
 * Refuses whoever calls under a name that is not ours, or hides that another site is behind the call. A page that tells its
 * Origin is judged by `cross-origin.ts`.
 * @throws {AwsError} for a request that another site made a browser send
 */
export function checkOrigin(request: HttpRequest, rules: OriginRules): void {
  if (!ownHosts(rules)(request.host)) {
    throw refused("The Host header names no host of this cloud; start it with --hosts to add one.");
  }
  if (request.headers.origin === undefined && isHiddenCall(request)) throw foreignOrigin();
}

/**
 * Links, images and scripts come without an Origin. To follow a link to an object is harmless, all else is not for other
 * sites. Over plain HTTP browsers tell `Sec-Fetch-Site` to `localhost` only; elsewhere the name of the program gives them
 * away, and operations of the query protocol are all that such a GET could call.
 */
function isHiddenCall({ method, headers, rawQuery }: HttpRequest): boolean {
  const { "sec-fetch-site": site, "sec-fetch-mode": mode, "user-agent": program = "" } = headers;
  const reads = method === "GET" || method === "HEAD";
  if (site === "cross-site") return !(reads && mode === "navigate") || namesAction(rawQuery);
  return site === undefined && reads && program.startsWith("Mozilla/") && namesAction(rawQuery);
}

const namesAction = (rawQuery: string): boolean =>
  rawQuery !== "" && parseQuery(rawQuery).some(([name]) => name === "Action");

/** Pages of this machine may call: a web application under development is one. So may those of this endpoint. */
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
const LONGEST_NAME = 255;

/** An address in `Host` cannot be rebound, a name without a dot cannot be bought. */
function isOwnHost(name: string, { hosts }: OriginRules): boolean {
  if (name.length > LONGEST_NAME) return false;
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || !name.includes(".")) return true;
  const ends = (suffix: string) => name === suffix || name.endsWith(`.${suffix}`);
  return OWN_SUFFIXES.some(ends) || hosts.some(ends);
}

const hostName = (host: string): string => host.replace(/:\d+$/, "").replace(/\.$/, "");

/** A page that is not of this endpoint itself has no business in `/_nube`. */
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
