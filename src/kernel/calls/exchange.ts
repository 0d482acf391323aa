import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Context, RequestFacts } from "../context.ts";
import type { HostedEndpoint } from "./endpoint.ts";
import type { Principal } from "./principal.ts";

/** A request from the wire and its response. */
export interface Exchange {
  meta: ResponseMeta;
  request: RequestFacts;
  /** The raw path and query. */
  target: string;
  httpVersion: string;
  /** The raw path, preceded by the bucket of a virtual host. */
  path: string;
  /** The service endpoint's host that was addressed, if any. */
  at: HostedEndpoint | undefined;
  /** The operation's name; absent if the request matched none. */
  operation: string | undefined;
  /** Absent if no signature was valid. */
  principal: Principal | undefined;
  /** Absent if the request could not be parsed. */
  input: object | undefined;
  output: object | undefined;
  errorCode: string | undefined;
  status: number;
  /** Bytes of the response body. */
  sent: number;
  /** Cloud time, epoch milliseconds. */
  received: number;
  /** Milliseconds until the response was ready. */
  took: number;
}

/** Records a request and its response before the response is sent; synchronous where nothing is written. */
export type Observe = (exchange: Exchange, ctx: Context) => MaybePromise<void>;
