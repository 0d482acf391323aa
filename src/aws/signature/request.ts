/** A request as received: one character per byte (Latin-1), nothing decoded. */
export interface RawRequest {
  method: string;
  /** Percent-encoded as received, without the query. */
  path: string;
  /** The query string without the `?`. */
  query: string;
  headers: Headers;
}

/** Names are lower-case; repeated headers are joined by `,`. */
export type Headers = Readonly<Record<string, string>>;

/** Decoded `[name, value]` pairs of the query string, in order. */
export type Query = readonly (readonly [string, string])[];

/** Where a request carries its signature. */
export type Carrier = "header" | "query";
