import type { RequestFacts } from "#kernel/context.ts";
import type { HttpRequest } from "./server/http.ts";

/** The prefix of an IPv4 client's address on a dual-stack socket. */
const MAPPED = "::ffff:";

/** The parts of an HTTP request that its handler may see. */
export function requestFacts(http: HttpRequest, content?: Uint8Array): RequestFacts {
  const { method, host, secure, remoteAddress, headers, path } = http;
  return {
    method,
    host,
    secure,
    sourceIp: remoteAddress.startsWith(MAPPED) ? remoteAddress.slice(MAPPED.length) : remoteAddress,
    userAgent: headers["user-agent"] ?? "",
    query: http.rawQuery,
    path,
    headers,
    ...(content && { content }),
    leaving: () => http.signal,
  };
}
