/** Signature Version 4: canonical request, string to sign and signing key, for verifying and signing. */
import { hash, type KeyObject } from "node:crypto";
import { formatAmzDate } from "./amz-date.ts";
import { type HmacKey, hmac, hmacKey, sameSignature } from "./hmac.ts";
import type { RawRequest } from "./request.ts";
import { ASYMMETRIC, isSignedBy, publicKey } from "./sigv4a.ts";

export interface Scope {
  /** `20130524` */
  date: string;
  /** Empty in Version 4A. */
  region: string;
  service: string;
}

/** What a signature covers, as declared by the request. */
export interface Claim {
  scope: Scope;
  /** `20130524T000000Z` */
  amzDate: string;
  /** Lower-case, in the declared order. */
  signedHeaders: readonly string[];
  /** The Regions that it is valid for; present in Version 4A only. */
  regionSet?: string;
}

export const ALGORITHM = "AWS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
export const EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** Whether a signature is for S3, or for its directory buckets. */
const isS3 = (service: string) => service === "s3" || service === "s3express";

/**
 * @param payloadHash lower-case hex of the body's SHA-256, or its substitute
 * @param service determines the path's format: S3 encodes it once and keeps its dots and slashes, which are
 * part of keys; all other services normalize it and encode it twice
 */
export function canonicalRequest(
  request: RawRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  service: string,
): string {
  const path = isS3(service) ? encodePath(request.path) : encodeTwice(request.path);
  let headers = "";
  // Clients choose the names: `constructor` must not find an inherited member.
  for (const name of signedHeaders) {
    const value = Object.hasOwn(request.headers, name) ? request.headers[name] : "";
    headers += `${name}:${foldValue(value)}\n`;
  }
  return `${request.method}\n${path}\n${canonicalQuery(request.query)}\n${headers}\n${signedHeaders.join(";")}\n${payloadHash}`;
}

export function stringToSign(
  claim: Pick<Claim, "scope" | "amzDate" | "regionSet">,
  canonical: string,
): string {
  const algorithm = claim.regionSet === undefined ? ALGORITHM : ASYMMETRIC;
  return `${algorithm}\n${claim.amzDate}\n${scopeText(claim.scope)}\n${hashText(canonical)}`;
}

export function scopeText(scope: Scope): string {
  const region = scope.region === "" ? "" : `${scope.region}/`;
  return `${scope.date}/${region}${scope.service}/aws4_request`;
}

export type VerifyingKey = HmacKey | KeyObject;

export function verifyingKey(
  { scope, regionSet, accessKeyId }: Pick<Claim, "scope" | "regionSet"> & { accessKeyId: string },
  secret: string,
): VerifyingKey {
  return regionSet === undefined ? signingKey(secret, scope) : publicKey(accessKeyId, secret);
}

export const isOfHmac = (key: VerifyingKey): key is HmacKey => "inner" in key;

export function signs(key: VerifyingKey, text: string, signature: string): boolean {
  return isOfHmac(key) ? sameSignature(hmac(key, text, "hex"), signature) : isSignedBy(key, text, signature);
}

/**
 * Signing keys by secret and scope: a client uses the same one for a day, and deriving it takes four HMACs.
 */
const keys = new Map<string, HmacKey>();
const MAX_KEYS = 1_000;
/** The key of the last call, which is usually used again. */
let last: { secret: string; scope: Scope; key: HmacKey } | undefined;

export function signingKey(secret: string, scope: Scope): HmacKey {
  if (last?.scope === scope && last.secret === secret) return last.key;
  const key = keyFor(secret, scope);
  last = { secret, scope, key };
  return key;
}

function keyFor(secret: string, scope: Scope): HmacKey {
  const id = `${scope.date}/${scope.region}/${scope.service}/${secret}`;
  const cached = keys.get(id);
  if (cached !== undefined) return cached;
  let key = hmacKey("sha256", `AWS4${secret}`);
  for (const part of [scope.date, scope.region, scope.service, "aws4_request"]) {
    key = hmacKey("sha256", hmac(key, part));
  }
  // Clients choose the scope, so they could fill the map. The oldest key is dropped; deriving it again costs
  // four HMACs.
  if (keys.size >= MAX_KEYS) keys.delete(keys.keys().next().value!);
  keys.set(id, key);
  return key;
}

export interface Verdict {
  matches: boolean;
  canonicalRequest: string;
  stringToSign: string;
}

/** Compares `signature` with the one that `secret` gives for this request; the texts are for the error. */
export function verify(
  request: RawRequest,
  claim: Claim & { accessKeyId: string; signature: string },
  secret: string,
  payloadHash: string,
): Verdict {
  const canonical = canonicalRequest(request, claim.signedHeaders, payloadHash, claim.scope.service);
  const text = stringToSign(claim, canonical);
  const key = verifyingKey(claim, secret);
  const isOf = (one: string) => signs(key, one, claim.signature);
  const matches = isOf(text) || (NOT_ASCII.test(canonical) && isOf(stringToSign(claim, asUtf8(canonical))));
  return { matches, canonicalRequest: canonical, stringToSign: text };
}

/** Some clients, such as Python's, sign a header's text as UTF-8 and send it as Latin-1. */
const asUtf8 = (text: string) => Buffer.from(text).toString("latin1");

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

export interface SigningOptions {
  region: string;
  service: string;
  /** Epoch milliseconds. */
  now: number;
  /**
   * The body's SHA-256 in hex, or its substitute; by default that of the empty body (presigned S3:
   * `UNSIGNED-PAYLOAD`).
   */
  payloadHash?: string;
}

/** Returns the headers to add to `request`, which must have its `host`; all its headers are signed. */
export function sign(
  request: RawRequest,
  credentials: Credentials,
  options: SigningOptions,
): Record<string, string> {
  const payloadHash = options.payloadHash ?? EMPTY_HASH;
  const amzDate = formatAmzDate(options.now);
  const added: Record<string, string> = { "x-amz-date": amzDate };
  if (isS3(options.service)) added["x-amz-content-sha256"] = payloadHash;
  if (credentials.sessionToken !== undefined) added["x-amz-security-token"] = credentials.sessionToken;
  const headers = { ...request.headers, ...added };
  const claim: Claim = {
    scope: scopeAt(options, amzDate),
    amzDate,
    signedHeaders: Object.keys(headers).sort(),
  };
  const canonical = canonicalRequest(
    { ...request, headers },
    claim.signedHeaders,
    payloadHash,
    options.service,
  );
  const signature = hmac(
    signingKey(credentials.secretAccessKey, claim.scope),
    stringToSign(claim, canonical),
    "hex",
  );
  added.authorization =
    `${ALGORITHM} Credential=${credentials.accessKeyId}/${scopeText(claim.scope)}, ` +
    `SignedHeaders=${claim.signedHeaders.join(";")}, Signature=${signature}`;
  return added;
}

/**
 * Returns the query string of a presigned URL: that of `request`, and its authentication for `expiresIn`
 * seconds.
 */
export function presign(
  request: RawRequest,
  credentials: Credentials,
  options: SigningOptions & { expiresIn: number },
): string {
  const amzDate = formatAmzDate(options.now);
  const scope = scopeAt(options, amzDate);
  const signedHeaders = Object.keys(request.headers).sort();
  const parameters: [string, string | number | undefined][] = [
    ["X-Amz-Algorithm", ALGORITHM],
    ["X-Amz-Credential", `${credentials.accessKeyId}/${scopeText(scope)}`],
    ["X-Amz-Date", amzDate],
    ["X-Amz-Expires", options.expiresIn],
    ["X-Amz-Security-Token", credentials.sessionToken],
    ["X-Amz-SignedHeaders", signedHeaders.join(";")],
  ];
  const pairs = parameters.flatMap(([name, value]) =>
    value === undefined ? [] : `${name}=${encodeURIComponent(value)}`,
  );
  const query = request.query === "" ? pairs.join("&") : `${request.query}&${pairs.join("&")}`;
  const payloadHash = options.payloadHash ?? (isS3(options.service) ? UNSIGNED_PAYLOAD : EMPTY_HASH);
  const canonical = canonicalRequest({ ...request, query }, signedHeaders, payloadHash, options.service);
  const key = signingKey(credentials.secretAccessKey, scope);
  return `${query}&X-Amz-Signature=${hmac(key, stringToSign({ scope, amzDate }, canonical), "hex")}`;
}

function scopeAt(options: SigningOptions, amzDate: string): Scope {
  return { date: amzDate.slice(0, 8), region: options.region, service: options.service };
}

/** Latin-1 text is hashed as the bytes that it represents; ASCII text, the usual case, needs no copy. */
function hashText(text: string): string {
  return hash("sha256", NOT_ASCII.test(text) ? Buffer.from(text, "latin1") : text, "hex");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the ASCII range itself
const NOT_ASCII = /[^\x00-\x7f]/;

const RUNS = /[ \t\r\n]+/g;
const NEEDS_FOLDING = /^[ \t]|[ \t]$| {2}|[\t\r\n]/;

/**
 * Trims the value and collapses runs of white space. Only HTTP's white space counts, since a Latin-1 no-break
 * space may be half of a UTF-8 character.
 */
function foldValue(value = ""): string {
  if (!NEEDS_FOLDING.test(value)) return value;
  const folded = value.replace(RUNS, " ");
  return folded.slice(
    folded.startsWith(" ") ? 1 : 0,
    folded.length > 1 && folded.endsWith(" ") ? -1 : undefined,
  );
}

/** The encoding of each byte: itself if RFC 3986 leaves it unreserved, else `%XX` in upper case. */
const ENCODED = Array.from({ length: 256 }, (_, byte) => {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

const unitsOfPath = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~/]/g;
const unitsOfQuery = /%[0-9A-Fa-f]{2}|[^A-Za-z0-9\-._~]/g;
const plainPath = /^[A-Za-z0-9\-._~/]*$/;
const plainQuery = /^[A-Za-z0-9\-._~]*$/;

const encodeUnit = (unit: string) =>
  ENCODED[unit.length === 3 ? Number.parseInt(unit.slice(1), 16) : unit.charCodeAt(0) & 0xff]!;

/** S3's canonical encoding of a path, in which `+` is a space. An encoded slash stays encoded. */
function encodePath(path: string): string {
  if (path === "") return "/";
  return plainPath.test(path) ? path : path.replaceAll("+", "%20").replace(unitsOfPath, encodeUnit);
}

/** Encodes a path a second time: as sent, it is encoded once. */
function encodeTwice(path: string): string {
  const normal = normalizePath(path);
  return plainPath.test(normal)
    ? normal
    : normal.replace(/[^A-Za-z0-9\-._~/]/g, (char) => ENCODED[char.charCodeAt(0) & 0xff]!);
}

/** RFC 3986 §5.2.4; empty segments are removed as well. */
function normalizePath(path: string): string {
  if (path === "" || path === "/") return "/";
  if (!path.includes("//") && !path.includes("/.")) return path;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const directory = segments.length > 0 && /\/\.{0,2}$/.test(path);
  return `/${segments.join("/")}${directory ? "/" : ""}`;
}

/** Sorted by encoded name, then value, without the signature itself. */
function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs: (readonly [name: string, value: string])[] = [];
  for (const piece of query.split("&")) {
    if (piece === "" || piece.startsWith("X-Amz-Signature=")) continue;
    const equals = piece.indexOf("=");
    const name = equals < 0 ? piece : piece.slice(0, equals);
    pairs.push([encodeQuery(name), equals < 0 ? "" : encodeQuery(piece.slice(equals + 1))]);
  }
  if (pairs.length > 1) pairs.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : x < y ? -1 : x > y ? 1 : 0));
  return pairs.map(([name, value]) => `${name}=${value}`).join("&");
}

/** `+` is a space, as AWS's services read it. */
function encodeQuery(text: string): string {
  return plainQuery.test(text) ? text : text.replaceAll("+", "%20").replace(unitsOfQuery, encodeUnit);
}
