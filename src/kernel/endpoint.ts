import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { Body } from "#lib/body.ts";
import type { Clients } from "./clients.ts";
import type { Context } from "./context.ts";

/**
 * An HTTP door of a service that AWS's models do not know: an upload by form, a website, a metadata service. It is asked
 * for requests to its service that fit no operation, and for those to hosts of its own.
 */
export interface Endpoint {
  /** Label of its hosts, or beginning of its paths, as the catalog has it; absent where it has neither of its own. */
  host?: string;
  accepts(request: EndpointRequest): boolean;
  /** @throws {AwsError} which is told in the form of the service */
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
  /** How the answer is to call itself. */
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
   * Calls as whoever made the claim, or as nobody where there is none.
   * @throws {AwsError} for an unknown key, and what `verify` throws
   */
  callerOf(claim: EndpointClaim | undefined): Promise<Clients>;
}

/** A signature that does not stand where AWS's protocols have it. */
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
  /** What a browser is told where no rule allows what it asks for. */
  refusal: AwsError;
  /** Whether there are rules: they then take the place of the house's own, also for pages of this machine. */
  ruled: boolean;
  /** Served although no rule allows it: a page that cannot read the answer does no harm with the question. */
  harmless: boolean;
}
