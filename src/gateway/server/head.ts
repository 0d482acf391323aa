/**
 * Joins header lines into one record. `headerPairs` alternates names and values.
 *
 * Repeated headers are joined by a bare comma, as SigV4 joins them; cookies by `; ` (RFC 9113, 8.2.3). Node's
 * own record drops repetitions of some headers and inherits from `Object.prototype`, where `__proto__` is no
 * header.
 */
export function joinHeaders(headerPairs: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let i = 0; i < headerPairs.length; i += 2) {
    const name = headerPairs[i]!.toLowerCase();
    const value = headerPairs[i + 1]!;
    const before = headers[name];
    headers[name] = before === undefined ? value : before + (name === "cookie" ? "; " : ",") + value;
  }
  return headers;
}

export interface Target {
  target: string;
  path: string;
  rawQuery: string;
  /**
   * The authority of an absolute-form target, as proxies receive it; it takes precedence over the Host header
   * (RFC 9112, 3.2.2).
   */
  authority: string | undefined;
}

const ABSOLUTE_FORM = /^https?:\/\/([^/?#@]+)((?:[/?].*)?)$/is;

/**
 * Splits a request target without decoding it; returns `undefined` if it has no path (`*`, a foreign scheme).
 */
export function parseTarget(raw: string): Target | undefined {
  if (raw.startsWith("/")) return originForm(raw, undefined);
  const absolute = ABSOLUTE_FORM.exec(raw);
  if (absolute === null) return undefined;
  const [, authority, rest] = absolute;
  return originForm(rest!.startsWith("/") ? rest! : `/${rest}`, authority);
}

function originForm(target: string, authority: string | undefined): Target {
  const mark = target.indexOf("?");
  if (mark < 0) return { target, path: target, rawQuery: "", authority };
  return { target, path: target.slice(0, mark), rawQuery: target.slice(mark + 1), authority };
}

/** The names in a `Trailer` header. */
export function announcedTrailers(header: string | undefined): readonly string[] {
  if (header === undefined) return NONE;
  return header.split(",").map((name) => name.trim().toLowerCase());
}

const NONE: readonly string[] = [];

/** A `Content-Length` that the parser has accepted; `undefined` if there is none. */
export function contentLength(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers["content-length"];
  return value === undefined ? undefined : Number(value);
}
