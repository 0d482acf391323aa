import type { Body } from "#lib/body.ts";
import type { Clients } from "./clients.ts";

/**
 * An HTTP door of a service that AWS's models do not know: an upload by form, a website, a metadata service. It is asked
 * where the request is for its service and no operation fits.
 */
export interface Endpoint {
  accepts(request: EndpointRequest): boolean;
  /** @throws {AwsError} which is told in the form of the service */
  serve(request: EndpointRequest, house: EndpointHouse): Promise<EndpointAnswer>;
}

export interface EndpointRequest {
  method: string;
  /** As on the wire, with a bucket that the host named put in front. */
  path: string;
  /** Scheme, host and path as the client wrote them, without the query. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body: Body;
}

export interface EndpointAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

export interface EndpointHouse {
  /** Cloud time. */
  now(): number;
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
