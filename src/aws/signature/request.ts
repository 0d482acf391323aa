/** A request as it stands on the wire: one character per byte (Latin-1), nothing decoded. */
export interface RawRequest {
  method: string;
  /** Percent-encoded as it came, without the query. */
  path: string;
  /** What follows the `?`, without it. */
  query: string;
  headers: Headers;
}

/** Lower-case names; a header that came twice is joined by `,`. */
export type Headers = Readonly<Record<string, string>>;

/** Decoded `[name, value]` pairs of the query string, in their order. */
export type Query = readonly (readonly [string, string])[];

/** Where a request carries its signature. */
export type Carrier = "header" | "query";
