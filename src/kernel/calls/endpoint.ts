import type { AwsError } from "#aws/errors.ts";
import type { ResponseMeta } from "#aws/protocols/protocol.ts";
import type { Body } from "#lib/body.ts";
import type { Context } from "../context.ts";
import type { Clients } from "./clients.ts";

/**
 * An HTTP interface of a service that AWS's models do not describe: an upload by form, a website, a metadata
 * service. It gets requests to its service that match no operation, and requests to its own hosts.
 */
export interface Endpoint {
  /**
   * The label of its hosts, or the first segment of its paths, as in the catalog; absent if it has neither.
   */
  host?: string;
  accepts(request: EndpointRequest): boolean;
  /** @throws {AwsError} which is sent in the service's protocol */
  serve(request: EndpointRequest, context: EndpointContext): Promise<EndpointAnswer>;
}

export interface EndpointRequest {
  method: string;
  /** The raw path, preceded by the bucket of a virtual host. */
  path: string;
  /** The raw query string, without the question mark. */
  query: string;
  /** Scheme, host and path as the client sent them, without the query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Body;
  /** Present if the request's host belongs to an endpoint. */
  at?: HostedEndpoint | undefined;
  /** For the response's headers: request id, host id. */
  meta: ResponseMeta;
}

/** A parsed host of a service endpoint: `photos.s3-website.eu-west-1.localhost`. */
export interface HostedEndpoint {
  service: string;
  /** `s3-website` */
  label: string;
  /** The resource that the host names before the label; absent for the bare endpoint. */
  name?: string | undefined;
  region?: string | undefined;
}

export interface EndpointAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

export interface EndpointContext {
  /** Cloud time. */
  now(): number;
  /**
   * A context in which the service acts as itself; the response waits until the data that it has seen is
   * durable.
   */
  readonly ctx: Context;
  /**
   * Clients that act as the caller whom the claim identifies, or anonymously without a claim.
   * @throws {AwsError} for an unknown key, and what `verify` throws
   */
  callerOf(claim: EndpointClaim | undefined): Promise<Clients>;
}

/** A signature in a place where AWS's protocols do not put it. */
export interface EndpointClaim {
  accessKeyId: string;
  sessionToken?: string | undefined;
  /** @throws {AwsError} if the signature was not made with that secret */
  verify(secret: string): void;
}

/**
 * Evaluates a cross-origin request or its preflight (`OPTIONS`) against the rules that a service's customers
 * have set. `undefined` where the request concerns no resource of the service.
 */
export type CrossOrigin = (
  request: EndpointRequest,
  context: EndpointContext,
) => Promise<CrossOriginVerdict | undefined>;

export interface CrossOriginVerdict {
  /** For the response, where a rule allows the request. */
  headers?: Record<string, string>;
  /** The response to a preflight where no rule allows the request. */
  refusal: AwsError;
  /** Whether rules exist: they then replace the gateway's own, even for pages of this machine. */
  ruled: boolean;
  /**
   * Whether the request is handled although no rule allows it, since it is harmless when the page cannot read
   * the response.
   */
  harmless: boolean;
}
