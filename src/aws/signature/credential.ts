/**
 * Parses the authentication of a request: Version 4 or S3's Version 2, in a header or presigned. Nothing is
 * verified here; whatever cannot be parsed is rejected in the words of the service.
 */
import { AwsError } from "#aws/errors.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { formatAmzDate, parseAmzDate, parseDateHeader } from "./amz-date.ts";
import { type ErrorStyle, invalidArgument, signatureError } from "./errors.ts";
import {
  badDate,
  dateMismatch,
  missingComponents,
  missingParameters,
  queryError,
  twoMechanisms,
  unsupportedAlgorithm,
} from "./malformed.ts";
import type { Carrier, Headers, Query } from "./request.ts";
import { type Credential, parseCredential } from "./scope.ts";
import { parseHeaderV2, parseQueryV2, type SignatureV2 } from "./sigv2.ts";
import { ALGORITHM, type Claim } from "./sigv4.ts";
import { ASYMMETRIC } from "./sigv4a.ts";

export type { Headers, Query } from "./request.ts";
export { checkScope, claimedService } from "./scope.ts";
export type { SignatureV2 } from "./sigv2.ts";

export type Signature = SignatureV4 | SignatureV2;

export interface SignatureV4 extends Claim {
  version: 4;
  carrier: Carrier;
  accessKeyId: string;
  /** Lower-case hex. */
  signature: string;
  /** Epoch milliseconds. */
  signedAt: number;
  /** Seconds from `signedAt`, for a presigned URL that states them (S3's always do). */
  expiresIn?: number;
  sessionToken?: string;
  /** Whether the token is one of S3's CreateSession, which is sent in a header of its own. */
  ofBucket?: boolean;
}

const MAX_EXPIRY_SECONDS = 604_800;

/**
 * @returns undefined for a request without a signature
 * @throws {AwsError} in the words of `style`: for a signature that cannot be parsed, or two authentication
 * mechanisms
 */
export function parseSignature(headers: Headers, query: Query, style: ErrorStyle): Signature | undefined {
  const header = headers.authorization || undefined;
  const presigned = query.length > 0 && query.some(([name]) => name === "X-Amz-Algorithm");
  const presignedV2 = style === "s3" && query.length > 0 && query.some(([name]) => name === "Signature");
  const mechanisms = Number(header !== undefined) + Number(presigned) + Number(presignedV2);
  if (mechanisms > 1) throw twoMechanisms(style, header);
  if (presigned) return parseQueryV4(new Map(query), headers, style);
  if (presignedV2) return parseQueryV2(new Map(query));
  if (header === undefined) return undefined;
  if (header.startsWith("AWS4-")) return parseHeaderV4(header, headers, style);
  // Elsewhere `Authorization` may hold another scheme, such as a Cognito token, which is not handled here.
  if (style !== "s3") return undefined;
  if (header.startsWith("AWS ")) return parseHeaderV2(header, headers);
  const sentence = header.includes(" ")
    ? "Unsupported Authorization Type"
    : "Authorization header is invalid -- one and only one ' ' (space) required";
  throw invalidArgument(sentence, "Authorization", header);
}

/**
 * S3 checks this last among the properties of a scope, and after the signature's time.
 * @throws {AwsError} if the scope's date differs from that of the signature
 */
export function checkDay(
  { scope, amzDate, carrier }: Pick<SignatureV4, "scope" | "amzDate" | "carrier">,
  style: ErrorStyle,
): void {
  if (scope.date !== amzDate.slice(0, 8)) throw dateMismatch(scope.date, amzDate, carrier, style);
}

function parseHeaderV4(header: string, headers: Headers, style: ErrorStyle): SignatureV4 {
  const dateText = headers["x-amz-date"] ?? headers.date;
  const date = dateText ?? "";
  const signedAt = headers["x-amz-date"] === undefined ? parseDateHeader(date) : parseAmzDate(date);
  // S3 checks the date before everything but the algorithm.
  if (signedAt === undefined && style === "s3") {
    algorithmEnd(header, style);
    throw badDate(date, style);
  }
  const { accessKeyId, scope, signedHeaders, signature, asymmetric } = readHeaderV4(header, dateText, style);
  if (signedAt === undefined) throw badDate(date, style);
  const amzDate = headers["x-amz-date"] ?? formatAmzDate(signedAt);
  if (style !== "s3") checkDay({ scope, amzDate, carrier: "header" }, style);
  return {
    version: 4,
    carrier: "header",
    accessKeyId,
    scope,
    amzDate,
    signedAt,
    signedHeaders,
    signature,
    ...(asymmetric && { regionSet: signedRegionSet(headers, signedHeaders, style) }),
    ...tokenIn(headers["x-amz-security-token"], headers[BUCKET_TOKEN], style),
  };
}

const BUCKET_TOKEN = "x-amz-s3session-token";

function tokenIn(
  token: string | undefined,
  ofBucket: string | undefined,
  style: ErrorStyle,
): Pick<SignatureV4, "sessionToken" | "ofBucket"> {
  if (style === "s3" && ofBucket !== undefined) return { sessionToken: ofBucket, ofBucket: true };
  return { sessionToken: token };
}

const REGION_SET = "x-amz-region-set";

/** Must be signed, since an unsigned one would widen the signature's validity. */
function signedRegionSet(headers: Headers, signedHeaders: readonly string[], style: ErrorStyle): string {
  const set = headers[REGION_SET];
  if (!set) {
    throw style === "s3"
      ? signatureError(style, "incomplete", `The authorization header is malformed; ${NO_REGION_SET}`)
      : signatureError(style, "incomplete", NO_REGION_SET);
  }
  if (signedHeaders.includes(REGION_SET)) return set;
  const message = "'X-Amz-Region-Set' must be a 'SignedHeader' in the AWS Authorization.";
  throw style === "s3"
    ? new AwsError("AccessDenied", message, { status: 403 })
    : signatureError(style, "mismatch", message);
}

const NO_REGION_SET = `${ASYMMETRIC} requires a 'X-Amz-Region-Set' header.`;

interface HeaderV4 extends Credential {
  asymmetric: boolean;
  signedHeaders: readonly string[];
  signature: string;
}

/** Everything but the signature is the same in all requests of a client on one day, and is parsed once. */
const MAX_CACHED = 1_000;
const newHeaderCache = () => memoizeByText(MAX_CACHED, (): { read?: HeaderV4 } => ({}));
const headerCaches: Record<ErrorStyle, ReturnType<typeof newHeaderCache>> = {
  s3: newHeaderCache(),
  ec2: newHeaderCache(),
  xml: newHeaderCache(),
  json: newHeaderCache(),
  "rest-json": newHeaderCache(),
};
const SIGNATURE = "Signature=";
const HEX = /^[0-9a-f]{64}$/;

/** The signature, if it is at the end of the header, as nearly always. */
function signatureAtEnd(header: string): string | undefined {
  const signature = header.slice(-64);
  const begin = header.length - signature.length - SIGNATURE.length;
  return header.startsWith(SIGNATURE, begin) && HEX.test(signature) ? signature : undefined;
}

function readHeaderV4(header: string, dateText: string | undefined, style: ErrorStyle): HeaderV4 {
  const signature = dateText ? signatureAtEnd(header) : undefined;
  const cached = signature === undefined ? {} : headerCaches[style](header.slice(0, -signature.length));
  if (cached.read) return { ...cached.read, signature: signature! };
  const space = algorithmEnd(header, style);
  const { Credential, SignedHeaders, Signature } = components(header, space, style);
  if (!Credential || !SignedHeaders || !Signature || (!dateText && style !== "s3")) {
    throw missingComponents(header, { Credential, Signature, SignedHeaders }, dateText, style);
  }
  const asymmetric = header.startsWith(`${ASYMMETRIC} `);
  const credential = parseCredential(Credential, "header", style, asymmetric);
  const read = {
    ...credential,
    asymmetric,
    signedHeaders: parseSignedHeaders(SignedHeaders, style),
    signature: Signature,
  };
  cached.read = read;
  return read;
}

/** The end of the algorithm's name, which must be one of the two. */
function algorithmEnd(header: string, style: ErrorStyle): number {
  const space = header.indexOf(" ");
  const algorithm = header.slice(0, Math.max(space, 0));
  if (algorithm !== ALGORITHM && algorithm !== ASYMMETRIC) throw unsupportedAlgorithm(header, style);
  return space;
}

interface Components {
  Credential?: string;
  SignedHeaders?: string;
  Signature?: string;
}

/** Components are separated by commas, spaces, or both, depending on the client. */
function components(header: string, from: number, style: ErrorStyle): Components {
  const components: Components = {};
  for (const part of header.slice(from + 1).split(/[\s,]+/)) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) {
      const message =
        style === "s3"
          ? `The authorization header is malformed; the authorization component "${part}" is malformed.`
          : `'${part}' not a valid key=value pair (missing equal-sign) in Authorization header: '${header}'.`;
      throw signatureError(style, "incomplete", message);
    }
    components[part.slice(0, equals) as keyof Components] = part.slice(equals + 1);
  }
  return components;
}

function parseQueryV4(query: ReadonlyMap<string, string>, headers: Headers, style: ErrorStyle): SignatureV4 {
  const algorithm = query.get("X-Amz-Algorithm")!;
  const asymmetric = algorithm === ASYMMETRIC;
  if (algorithm !== ALGORITHM && !asymmetric) {
    throw style === "s3"
      ? queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
      : unsupportedAlgorithm(algorithm, style);
  }
  const required = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
  if (style === "s3") required.push("X-Amz-Expires");
  if (asymmetric) required.push("X-Amz-Region-Set");
  const missing = required.filter((name) => !query.get(name));
  if (missing.length > 0) throw missingParameters(missing, style);
  const amzDate = query.get("X-Amz-Date")!;
  const signedAt = parseAmzDate(amzDate);
  if (signedAt === undefined) {
    throw style === "s3"
      ? queryError("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
      : badDate(amzDate, style);
  }
  const expires = query.get("X-Amz-Expires");
  const expiresIn = expires === undefined ? undefined : parseExpires(expires, style);
  const { accessKeyId, scope } = parseCredential(query.get("X-Amz-Credential")!, "query", style, asymmetric);
  if (style !== "s3") checkDay({ scope, amzDate, carrier: "query" }, style);
  return {
    version: 4,
    carrier: "query",
    accessKeyId,
    scope,
    amzDate,
    signedAt,
    expiresIn,
    signedHeaders: parseSignedHeaders(query.get("X-Amz-SignedHeaders")!, style),
    signature: query.get("X-Amz-Signature")!,
    ...(asymmetric && { regionSet: query.get("X-Amz-Region-Set")! }),
    ...tokenIn(
      query.get("X-Amz-Security-Token") ?? headers["x-amz-security-token"],
      query.get("X-Amz-S3session-Token") ?? headers[BUCKET_TOKEN],
      style,
    ),
  };
}

function parseExpires(text: string, style: ErrorStyle): number {
  const seconds = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  let wrong: string | undefined;
  if (Number.isNaN(seconds)) wrong = "X-Amz-Expires should be a number";
  else if (seconds < 0) wrong = "X-Amz-Expires must be non-negative";
  else if (seconds > MAX_EXPIRY_SECONDS) {
    wrong =
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
  }
  if (wrong === undefined) return seconds;
  throw style === "s3" ? queryError(wrong) : signatureError(style, "incomplete", wrong);
}

/** `host` must be signed; without it, a signature could be replayed at another endpoint. */
function parseSignedHeaders(text: string, style: ErrorStyle): string[] {
  const names = text.toLowerCase().split(";");
  if (names.includes("host") || names.includes(":authority")) return names;
  const message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
  throw style === "s3"
    ? new AwsError("AccessDenied", message, { status: 403 })
    : signatureError(style, "mismatch", message);
}

/**
 * Covered without being listed: date and hash are part of the signed text, and the token is checked against
 * the key.
 */
const ALWAYS_COVERED = new Set(["x-amz-date", "x-amz-content-sha256", "x-amz-security-token"]);

/** The `x-amz-…` headers that a signature does not cover; S3 rejects a request that has any. */
export function unsignedHeaders(signature: SignatureV4, headers: Headers): string[] {
  const unsigned: string[] = [];
  for (const name in headers) {
    if (!name.startsWith("x-amz-") || ALWAYS_COVERED.has(name)) continue;
    if (!signature.signedHeaders.includes(name)) unsigned.push(name);
  }
  return unsigned;
}
