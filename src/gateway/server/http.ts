import type { Duplex } from "node:stream";
import type { WireResponse } from "#aws/protocols/protocol.ts";
import type { Body } from "#lib/body.ts";

/**
 * A request whose head is parsed and whose body is still on the wire, in any version of HTTP. Target, path
 * and query are as the client sent them, not decoded, because signatures cover them.
 */
export interface HttpRequest {
  readonly method: string;
  /** Path and query; an absolute-form target is reduced to them. */
  readonly target: string;
  readonly path: string;
  /** The query string without the `?`. */
  readonly rawQuery: string;
  /**
   * Names are lower-case; the object has no prototype; repeated headers are joined by `,`. Values are
   * Latin-1.
   */
  readonly headers: Readonly<Record<string, string>>;
  /** The request's authority with its port, lower-case; empty if an HTTP/1.0 client sent none. */
  readonly host: string;
  readonly secure: boolean;
  readonly remoteAddress: string;
  readonly httpVersion: "1.0" | "1.1" | "2.0";
  readonly body: Body;
  /** Aborted when the client disconnects before its response is complete. */
  readonly signal: AbortSignal;
}

export type HttpResponse = WireResponse;

/** Handles a request. A rejection is a bug: it is reported and answered with status 500. */
export type Handle = (request: HttpRequest) => Promise<HttpResponse>;

/** What a server for one version of HTTP needs. */
export interface Serving {
  handle: Handle;
  /** Called with every rejection of `handle`, and with every error that interrupted a response. */
  report(error: unknown): void;
}

/** Serves the connections that it receives. */
export interface Server {
  accept(connection: Duplex): void;
  /** Closes idle connections at once, and the others after their pending responses. */
  close(): void;
}
