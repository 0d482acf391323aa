/**
 * What a request carries to authenticate itself: Version 4 in a header or presigned, and S3's Version 2 likewise.
 * Nothing is verified here; whatever cannot be read is refused in the words of the service.
 */
import { hash } from "node:crypto";
import { AwsError } from "#aws/errors.ts";
import { formatAmzDate, parseAmzDate, parseDateHeader } from "./amz-date.ts";
import { type ErrorStyle, invalidArgument, signatureError } from "./errors.ts";
import type { Claim, Scope } from "./sigv4.ts";

/** Decoded `[name, value]` pairs. */
export type Query = readonly (readonly [string, string])[];
/** Lower-case names. */
export type Headers = Readonly<Record<string, string>>;

export type Signature = SignatureV4 | SignatureV2;

export interface SignatureV4 extends Claim {
  version: 4;
  carrier: "header" | "query";
  /** ECDSA is Version 4A, which needs a public key that we do not have: the caller answers 501. */
  algorithm: "AWS4-HMAC-SHA256" | "AWS4-ECDSA-P256-SHA256";
  accessKeyId: string;
  /** Lower-case hex. */
  signature: string;
  /** Epoch milliseconds. */
  signedAt: number;
  /** Seconds from `signedAt`, for a presigned URL that says so (S3's always do). */
  expiresIn?: number;
  sessionToken?: string;
}

export interface SignatureV2 {
  version: 2;
  carrier: "header" | "query";
  accessKeyId: string;
  /** Base64. */
  signature: string;
  /** The `Date` or `X-Amz-Date` of a header signature, epoch milliseconds. */
  signedAt?: number;
  /** The end of a presigned URL, epoch milliseconds. */
  expires?: number;
  sessionToken?: string;
}

const ALGORITHMS = ["AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"] as const;
const LONGEST_EXPIRY = 604_800;

/** The scope that a request claims, to route by: a glance that never throws. `undefined` where it claims none. */
export function claimedScope(headers: Headers, query: Query): Scope | undefined {
  const credential =
    headers.authorization === undefined
      ? query.find(([name]) => name === "X-Amz-Credential")?.[1]
      : /^AWS4-[A-Z0-9-]+ .*?Credential=([^\s,]+)/.exec(headers.authorization)?.[1];
  const parts = credential?.split("/") ?? [];
  const [, date, region, service] = parts;
  return parts.length === 5 && service !== ""
    ? { date: date!, region: region!, service: service! }
    : undefined;
}

/**
 * @returns undefined for a request that carries no signature
 * @throws {AwsError} in the words of `style`: a signature that cannot be read, or two ways to authenticate at once
 */
export function parseSignature(headers: Headers, query: Query, style: ErrorStyle): Signature | undefined {
  const header = headers.authorization;
  const presigned = query.length > 0 && query.some(([name]) => name === "X-Amz-Algorithm");
  const presignedV2 = style === "s3" && query.length > 0 && query.some(([name]) => name === "Signature");
  if (Number(header !== undefined) + Number(presigned) + Number(presignedV2) > 1)
    throw twoMechanisms(style, header);
  if (presigned) return parseQueryV4(new Map(query), headers, style);
  if (presignedV2) return parseQueryV2(new Map(query));
  if (header === undefined) return undefined;
  if (header.startsWith("AWS4-")) return parseHeaderV4(header, headers, style);
  // Elsewhere `Authorization` is free for other schemes (a Cognito token, say), which are not ours to judge.
  if (style !== "s3") return undefined;
  if (header.startsWith("AWS ")) return parseHeaderV2(header, headers);
  throw invalidArgument("Unsupported Authorization Type", "Authorization", header);
}

/** One request, one identity: else a proxy and we could each believe another one. */
function twoMechanisms(style: ErrorStyle, header = ""): AwsError {
  if (style !== "s3") {
    return signatureError(
      style,
      "mismatch",
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
  }
  return invalidArgument(
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
    "Authorization",
    header,
  );
}

function parseHeaderV4(header: string, headers: Headers, style: ErrorStyle): SignatureV4 {
  const space = header.indexOf(" ");
  const algorithm = ALGORITHMS.find((known) => known === header.slice(0, Math.max(space, 0)));
  if (algorithm === undefined) throw unsupportedAlgorithm(header, style);
  const { Credential, SignedHeaders, Signature } = components(header, space, style);
  const dateText = headers["x-amz-date"] ?? headers.date;
  if (!Credential || !SignedHeaders || !Signature || (!dateText && style !== "s3")) {
    throw missingComponents(header, { Credential, Signature, SignedHeaders }, dateText, style);
  }
  const date = dateText ?? "";
  const signedAt = headers["x-amz-date"] === undefined ? parseDateHeader(date) : parseAmzDate(date);
  if (signedAt === undefined) throw badDate(date, style);
  const { accessKeyId, scope } = parseCredential(Credential, "header", style);
  const amzDate = headers["x-amz-date"] ?? formatAmzDate(signedAt);
  if (scope.date !== amzDate.slice(0, 8)) throw dateMismatch(scope.date, amzDate, "header", style);
  return {
    version: 4,
    carrier: "header",
    algorithm,
    accessKeyId,
    scope,
    amzDate,
    signedAt,
    signedHeaders: parseSignedHeaders(SignedHeaders, style),
    signature: Signature,
    sessionToken: headers["x-amz-security-token"],
  };
}

interface Components {
  Credential?: string;
  SignedHeaders?: string;
  Signature?: string;
}

/** Separated by commas, by spaces, or by both: clients differ. */
function components(header: string, from: number, style: ErrorStyle): Components {
  const found: Components = {};
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
    found[part.slice(0, equals) as keyof Components] = part.slice(equals + 1);
  }
  return found;
}

function missingComponents(
  header: string,
  found: object,
  date: string | undefined,
  style: ErrorStyle,
): AwsError {
  if (style === "s3") {
    return signatureError(
      style,
      "incomplete",
      "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature.",
    );
  }
  let message = "";
  for (const [name, value] of Object.entries(found)) {
    if (!value) message += `Authorization header requires '${name}' parameter. `;
  }
  if (!date)
    message += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. ";
  const digest = hash("sha256", header, "base64");
  return signatureError(
    style,
    "incomplete",
    `${message}(Hashed with SHA-256 and encoded with Base64) Authorization=${digest}`,
  );
}

function parseQueryV4(query: ReadonlyMap<string, string>, headers: Headers, style: ErrorStyle): SignatureV4 {
  const told = query.get("X-Amz-Algorithm")!;
  const algorithm = ALGORITHMS.find((known) => known === told);
  if (algorithm === undefined) {
    throw style === "s3"
      ? queryError('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"')
      : unsupportedAlgorithm(told, style);
  }
  const required = ["X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"];
  if (style === "s3") required.push("X-Amz-Expires");
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
  const { accessKeyId, scope } = parseCredential(query.get("X-Amz-Credential")!, "query", style);
  if (scope.date !== amzDate.slice(0, 8)) throw dateMismatch(scope.date, amzDate, "query", style);
  return {
    version: 4,
    carrier: "query",
    algorithm,
    accessKeyId,
    scope,
    amzDate,
    signedAt,
    expiresIn: expires === undefined ? undefined : parseExpires(expires, style),
    signedHeaders: parseSignedHeaders(query.get("X-Amz-SignedHeaders")!, style),
    signature: query.get("X-Amz-Signature")!,
    sessionToken: query.get("X-Amz-Security-Token") ?? headers["x-amz-security-token"],
  };
}

function missingParameters(names: readonly string[], style: ErrorStyle): AwsError {
  if (style === "s3") {
    return queryError(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  const told = names.map((name) => `AWS query-string parameters must include '${name}'. `).join("");
  return signatureError(style, "incomplete", `${told}Re-examine the query-string parameters.`);
}

function parseExpires(text: string, style: ErrorStyle): number {
  const seconds = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  let wrong: string | undefined;
  if (Number.isNaN(seconds)) wrong = "X-Amz-Expires should be a number";
  else if (seconds < 1) wrong = "X-Amz-Expires must be non-negative";
  else if (seconds > LONGEST_EXPIRY) {
    wrong =
      "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds";
  }
  if (wrong === undefined) return seconds;
  throw style === "s3" ? queryError(wrong) : signatureError(style, "incomplete", wrong);
}

/** `AKID/20130524/us-east-1/s3/aws4_request`; whether that is the right service or Region is for {@link checkScope}. */
function parseCredential(text: string, carrier: "header" | "query", style: ErrorStyle) {
  const parts = text.split("/");
  const [accessKeyId, date, region, service, terminator] = parts;
  if (parts.length !== 5 || accessKeyId === "") {
    throw style === "s3"
      ? malformedCredential(
          carrier,
          'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
        )
      : signatureError(
          style,
          "incomplete",
          `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
        );
  }
  if (style === "s3" && !/^\d{8}$/.test(date!)) {
    throw malformedCredential(
      carrier,
      `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`,
    );
  }
  if (terminator !== "aws4_request") {
    throw style === "s3"
      ? malformedCredential(carrier, `incorrect terminal "${terminator}". This endpoint uses "aws4_request".`)
      : signatureError(
          style,
          "mismatch",
          `Credential should be scoped with a valid terminator: 'aws4_request', not '${terminator}'.`,
        );
  }
  return { accessKeyId: accessKeyId!, scope: { date: date!, region: region!, service: service! } };
}

/**
 * @param isRegion whether the endpoint serves a Region of that name
 * @throws {AwsError} the signature is meant for another service, or for a Region that is not served here
 */
export function checkScope(
  { scope, carrier }: Pick<SignatureV4, "scope" | "carrier">,
  service: string,
  isRegion: (name: string) => boolean,
  style: ErrorStyle,
): void {
  const wrongRegion = !isRegion(scope.region);
  const wrongService = scope.service !== service;
  if (!wrongRegion && !wrongService) return;
  if (style === "s3") {
    throw wrongRegion
      ? malformedCredential(carrier, `the region '${scope.region}' is wrong; expecting 'us-east-1'`, {
          Region: "us-east-1",
        })
      : malformedCredential(
          carrier,
          `incorrect service "${scope.service}". This endpoint belongs to "${service}".`,
        );
  }
  const wrong = [
    wrongRegion && `Credential should be scoped to a valid region, not '${scope.region}'. `,
    wrongService && `Credential should be scoped to correct service: '${service}'. `,
  ].filter((sentence) => sentence !== false);
  throw signatureError(style, "mismatch", wrong.join(""));
}

/** `host` binds a signature to a place; without it one could be replayed elsewhere. */
function parseSignedHeaders(text: string, style: ErrorStyle): string[] {
  const names = text.toLowerCase().split(";");
  if (names.includes("host") || names.includes(":authority")) return names;
  const message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
  throw style === "s3"
    ? new AwsError("AccessDenied", message, { status: 403 })
    : signatureError(style, "mismatch", message);
}

/**
 * The `x-amz-…` headers that a signature does not cover: S3 refuses a request with any. The hash has its own check
 * against the body, and the token is checked against the key.
 */
export function unsignedHeaders(signature: SignatureV4, headers: Headers): string[] {
  return Object.keys(headers).filter(
    (name) =>
      name.startsWith("x-amz-") &&
      name !== "x-amz-content-sha256" &&
      name !== "x-amz-security-token" &&
      !signature.signedHeaders.includes(name),
  );
}

function parseHeaderV2(header: string, headers: Headers): SignatureV2 {
  const match = /^AWS ([^\s:]+):(\S+)$/.exec(header);
  if (match === null) {
    throw header.split(" ").length === 2
      ? invalidArgument(
          "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
          "Authorization",
          header,
        )
      : invalidArgument(
          "Authorization header is invalid -- one and only one ' ' (space) required",
          "Authorization",
          header,
        );
  }
  const date = headers["x-amz-date"] ?? headers.date ?? "";
  const signedAt = parseDateHeader(date);
  if (signedAt === undefined) throw badDate(date, "s3");
  return {
    version: 2,
    carrier: "header",
    accessKeyId: match[1]!,
    signature: match[2]!,
    signedAt,
    sessionToken: headers["x-amz-security-token"],
  };
}

function parseQueryV2(query: ReadonlyMap<string, string>): SignatureV2 {
  const accessKeyId = query.get("AWSAccessKeyId");
  const expires = query.get("Expires");
  if (!accessKeyId || !expires) {
    throw new AwsError(
      "AccessDenied",
      "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
      { status: 403 },
    );
  }
  if (!/^\d{1,13}$/.test(expires)) {
    throw new AwsError("AccessDenied", `Invalid date (should be seconds since epoch): ${expires}`, {
      status: 403,
    });
  }
  return {
    version: 2,
    carrier: "query",
    accessKeyId,
    signature: query.get("Signature")!,
    expires: Number(expires) * 1_000,
    sessionToken: query.get("x-amz-security-token"),
  };
}

function unsupportedAlgorithm(header: string, style: ErrorStyle): AwsError {
  return style === "s3"
    ? invalidArgument("Unsupported Authorization Type", "Authorization", header)
    : signatureError(style, "incomplete", `Unsupported AWS 'algorithm': '${header.split(" ", 1)[0]}'.`);
}

function badDate(text: string, style: ErrorStyle): AwsError {
  if (style === "s3") {
    return new AwsError("AccessDenied", "AWS authentication requires a valid Date or x-amz-date header", {
      status: 403,
    });
  }
  return signatureError(
    style,
    "incomplete",
    `Date must be in ISO-8601 'basic format'. Got '${text}'. See http://en.wikipedia.org/wiki/ISO_8601`,
  );
}

function dateMismatch(
  date: string,
  amzDate: string,
  carrier: "header" | "query",
  style: ErrorStyle,
): AwsError {
  if (style !== "s3") {
    return signatureError(
      style,
      "mismatch",
      `Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '${date}' != '${amzDate.slice(0, 8)}', from '${amzDate}'.`,
    );
  }
  return carrier === "query"
    ? queryError(
        `Invalid credential date "${date}". This date is not the same as X-Amz-Date: "${amzDate.slice(0, 8)}".`,
      )
    : signatureError(
        style,
        "incomplete",
        "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date.",
      );
}

function malformedCredential(carrier: "header" | "query", detail: string, members = {}): AwsError {
  return carrier === "query"
    ? queryError(`Error parsing the X-Amz-Credential parameter; ${detail}`, members)
    : signatureError("s3", "incomplete", `The authorization header is malformed; ${detail}`, members);
}

function queryError(message: string, members = {}): AwsError {
  return new AwsError("AuthorizationQueryParametersError", message, { members });
}
