import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { MaybePromise } from "#lib/maybe-promise.ts";
import type { Context, RequestFacts } from "./context.ts";
import type { HostedEndpoint } from "./endpoint.ts";
import type { Principal } from "./principal.ts";

/** A request from the wire and its answer. */
export interface Exchange {
  meta: ResponseMeta;
  request: RequestFacts;
  /** Path and query as on the wire. */
  target: string;
  httpVersion: string;
  /** As on the wire, with a bucket that the host named put in front. */
  path: string;
  /** The service's own host at which it was, if it was at one. */
  at: HostedEndpoint | undefined;
  /** By name; absent where it was for none. */
  operation: string | undefined;
  /** Absent where nobody's signature held. */
  principal: Principal | undefined;
  /** Absent where it was not understood. */
  input: object | undefined;
  output: object | undefined;
  errorCode: string | undefined;
  status: number;
  /** Bytes of the body of the answer. */
  sent: number;
  /** Cloud time, epoch milliseconds. */
  received: number;
  /** Milliseconds until there was an answer to send. */
  took: number;
}

/** Records a request and its answer, before the answer leaves; without a promise where nothing is written. */
export type Observe = (exchange: Exchange, ctx: Context) => MaybePromise<void>;
