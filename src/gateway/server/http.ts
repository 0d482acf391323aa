import type { Duplex } from "node:stream";
import type { WireResponse } from "#aws/protocols/protocol.ts";
import type { Body } from "#lib/body.ts";

/**
 * A request whose head is parsed and whose body is still on the wire, whatever version of HTTP carried it.
 * Target, path and query are as the client sent them, not decoded: signatures are made over them.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path and query; an absolute-form target is reduced to them. */
  readonly target: string;
  readonly path: string;
  /** What follows the `?`, without it. */
  readonly rawQuery: string;
  /** Lower-case names, no prototype; a header that came twice is joined by `,`. Values are Latin-1. */
  readonly headers: Readonly<Record<string, string>>;
  /** Authority of the request with its port, lower-case; empty where an HTTP/1.0 client named none. */
  readonly host: string;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly body: Body;
  /** Aborted when the client goes away before its answer was complete. */
  readonly signal: AbortSignal;
}

export type HttpResponse = WireResponse;

/** Everything that the server does not do itself. A rejection is a bug: it is reported and answered with status 500. */
export type Handle = (request: HttpRequest) => Promise<HttpResponse>;

/** What a version of HTTP needs to serve connections. */
export interface Serving {
  handle: Handle;
  /** Called with every rejection of `handle`, and with every error that cut an answer short. */
  report(error: unknown): void;
}

/** Serves the connections that it is given. */
export interface Server {
  accept(connection: Duplex): void;
  /** Idle connections are closed at once, the others after the answers that they wait for. */
  close(): void;
}
