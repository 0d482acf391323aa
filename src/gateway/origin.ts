import { AwsError } from "#aws/errors.ts";
import { isIP } from "node:net";
import type { HttpRequest } from "./server/http.ts";

/**
 * Loopback is no wall: any page that a browser shows can send requests to a port of this machine. What tells them
 * apart are the headers that a browser writes and a page cannot: `Host`, `Origin`, `Sec-Fetch-Site`.
 */
export interface OriginRules {
  /** Names besides the built-in ones by which this cloud is called: `nube.example.com`. */
  hosts: readonly string[];
}

/** Names that no stranger's DNS can bend to this address, or that AWS's clients put into `Host`. */
const OWN_SUFFIXES = ["localhost", "localhost.localstack.cloud", "amazonaws.com", "amazonaws.com.cn", "internal", "local"];

/** @throws {AwsError} for a request that another site made a browser send */
export function checkOrigin(request: HttpRequest, rules: OriginRules): void {
  if (!isOwnHost(hostName(request.host), rules)) {
    throw refused("The Host header names no host of this cloud; start it with --hosts to add one.");
  }
  const { origin, "sec-fetch-site": site = "none", "sec-fetch-mode": mode } = request.headers;
  if (origin !== undefined && !isOwnOrigin(origin, rules)) {
    throw refused("CORSResponse: This CORS request is not allowed.");
  }
  // A link or an image sends no Origin. To follow a link to an object is harmless; all else is not for other sites.
  const follows = mode === "navigate" && (request.method === "GET" || request.method === "HEAD") && !/[?&]Action=/.test(request.target);
  if (origin === undefined && site === "cross-site" && !follows) {
    throw refused("CORSResponse: This CORS request is not allowed.");
  }
}

/** Pages of this machine may call: a web application under development is one. */
function isOwnOrigin(origin: string, rules: OriginRules): boolean {
  if (!URL.canParse(origin)) return false;
  const { hostname, protocol } = new URL(origin);
  if (protocol !== "http:" && protocol !== "https:") return false;
  return isLoopbackName(hostname) || rules.hosts.includes(hostname);
}

const isLoopbackName = (name: string): boolean =>
  name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name);

/** An address in `Host` cannot be rebound, a name without a dot cannot be bought. */
function isOwnHost(name: string, { hosts }: OriginRules): boolean {
  if (isIP(name.replace(/^\[|\]$/g, "")) !== 0 || !name.includes(".")) return true;
  const ends = (suffix: string) => name === suffix || name.endsWith(`.${suffix}`);
  return OWN_SUFFIXES.some(ends) || hosts.some(ends);
}

export const hostName = (host: string): string => host.replace(/:\d+$/, "").replace(/\.$/, "");

/** A page that is not of this endpoint itself has no business in `/_nube`. */
export function isForeignToAdmin({ headers, host }: HttpRequest): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host;
  return site !== undefined && site !== "same-origin" && site !== "none";
}

const refused = (message: string) => new AwsError("AccessForbidden", message, { status: 403 });

/** What a page of this machine may see of an answer. */
export function corsHeaders({ headers }: HttpRequest): Record<string, string> {
  if (headers.origin === undefined) return {};
  return {
    "access-control-allow-origin": headers.origin,
    "access-control-expose-headers":
      "ETag, Content-Range, Last-Modified, x-amz-request-id, x-amz-id-2, x-amzn-requestid, x-amzn-errortype, x-amz-version-id, x-amz-delete-marker, x-amz-bucket-region",
    vary: "Origin",
  };
}

/** The answer to a preflight whose origin has passed. */
export function preflight(request: HttpRequest): Record<string, string> {
  return {
    ...corsHeaders(request),
    "access-control-allow-methods": "GET, PUT, POST, DELETE, HEAD, PATCH",
    "access-control-allow-headers": request.headers["access-control-request-headers"] ?? "*",
    "access-control-max-age": "172800",
  };
}
