import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { Body } from "#lib/body.ts";
import type { Clients } from "./clients.ts";
import type { Context } from "./context.ts";

/**
 * An HTTP interface of a service that AWS's models do not describe: an upload by form, a website, a metadata service. It
 * gets requests to its service that fit no operation, and those to hosts of its own.
 */
export interface Endpoint {
  /** Label of its hosts, or beginning of its paths, as the catalog has it; absent where it has neither of its own. */
  host?: string;
  accepts(request: EndpointRequest): boolean;
  /** @throws {AwsError} which is answered in the protocol of the service */
  serve(request: EndpointRequest, house: EndpointHouse): Promise<EndpointAnswer>;
}

export interface EndpointRequest {
  method: string;
  /** As on the wire, with a bucket that the host named put in front. */
  path: string;
  /** As on the wire, without the question mark. */
  query: string;
  /** Scheme, host and path as the client wrote them, without the query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Body;
  /** Of a host that is an endpoint's own. */
  at?: HostedEndpoint | undefined;
  /** What the answer's headers say about itself: request id, host id. */
  meta: ResponseMeta;
}

/** What a host of a service's own says: `photos.s3-website.eu-west-1.localhost`. */
export interface HostedEndpoint {
  service: string;
  /** `s3-website` */
  label: string;
  /** Of the resource that stands before it; absent for the bare endpoint. */
  name?: string | undefined;
  region?: string | undefined;
}

export interface EndpointAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

export interface EndpointHouse {
  /** Cloud time. */
  now(): number;
  /** The service, acting for itself; an answer waits until what it saw is on disk. */
  readonly ctx: Context;
  /**
   * Clients that act as whoever made the claim, or anonymously where there is none.
   * @throws {AwsError} for an unknown key, and what `verify` throws
   */
  callerOf(claim: EndpointClaim | undefined): Promise<Clients>;
}

/** A signature that is not where AWS's protocols put it. */
export interface EndpointClaim {
  accessKeyId: string;
  sessionToken?: string | undefined;
  /** @throws {AwsError} if it was not made with that secret */
  verify(secret: string): void;
}

/**
 * Judges what a page asks for, or a browser before it (`OPTIONS`), by rules that a service's customers made for pages of
 * other sites. `undefined` where there is nothing of the service's.
 */
export type CrossOrigin = (
  request: EndpointRequest,
  house: EndpointHouse,
) => Promise<CrossOriginVerdict | undefined>;

export interface CrossOriginVerdict {
  /** Of the answer, where a rule allows the request. */
  headers?: Record<string, string>;
  /** The answer to a browser where no rule allows its request. */
  refusal: AwsError;
  /** Whether there are rules: they then replace the gateway's own, also for pages of this machine. */
  ruled: boolean;
  /** Served although no rule allows it: a page that cannot read the answer does no harm with the request. */
  harmless: boolean;
}
