import { hash } from "node:crypto";
import type { Operation } from "#aws/contract/shapes.ts";
import { AwsError } from "#aws/errors.ts";
import type { ChunkSigning } from "#aws/signature/aws-chunked.ts";
import {
  checkDay,
  checkScope,
  parseSignature,
  type Query,
  type Signature,
  type SignatureV2,
  type SignatureV4,
  unsignedHeaders,
} from "#aws/signature/credential.ts";
import {
  type Calculated,
  contentHashMismatch,
  type ErrorStyle,
  expiredToken,
  headersNotSigned,
  invalidToken,
  missingAuthentication,
  presignedExpired,
  presignedTooEarly,
  signatureDoesNotMatch,
  timeTooSkewed,
  unknownAccessKey,
} from "#aws/signature/errors.ts";
import { type Clocks, expiresValidity, isFresh, presignedValidity } from "#aws/signature/freshness.ts";
import { anonymousPayload, type Payload, s3Payload } from "#aws/signature/payload.ts";
import type { RawRequest } from "#aws/signature/request.ts";
import { verifyV2 } from "#aws/signature/sigv2.ts";
import { verify, verifyingKey } from "#aws/signature/sigv4.ts";
import { regionOf } from "#aws/signature/sigv4a.ts";
import { ANONYMOUS, type Principal, rootOf } from "#kernel/calls/principal.ts";
import { isSessionKey, openSession } from "#kernel/calls/session.ts";
import type { Cloud } from "#kernel/runtime.ts";
import { type MaybePromise, whenReady } from "#lib/maybe-promise.ts";
import { wallNow } from "#lib/wall.ts";
import { withHoisted } from "./hoisted.ts";
import type { HttpRequest } from "./server/http.ts";

/**
 * `strict` verifies every signature. `loopback` accepts unknown keys, and root keys with another secret, as
 * root, since users expect that of a cloud on their own machine. Both modes verify keys that the cloud has
 * issued, and presigned URLs of root keys, since those are passed on to other people.
 */
export type AuthMode = "strict" | "loopback";

export interface AuthSettings {
  mode: AuthMode;
  account: string;
  region: string;
}

export interface Identity {
  principal: Principal;
  region: string;
  /** The signature's declaration about the body. */
  payload: Payload | undefined;
  /** The start of the chain of chunk signatures, where they are to be verified. */
  chunks: ChunkSigning | undefined;
  /** The error for a body whose hash is not the signed one. */
  hashMismatch: (computed: string) => AwsError;
}

export interface AuthRequest {
  http: HttpRequest;
  query: Query;
  /** `undefined` for a request without an operation, as under `/_nube`. */
  operation: Operation | undefined;
  signingName: string;
  style: ErrorStyle;
  /** The body of an operation that does not stream. */
  body: Uint8Array | undefined;
  /** The bucket of a virtual host. */
  hostBucket: string | undefined;
}

/** The secret of every account's root. */
const ROOT_SECRET = "test";
const ACCOUNT = /^\d{12}$/;
const REGION = /^[a-z]{2,5}(-[a-z]+){1,3}-\d{1,2}$/;
/**
 * Used in loopback mode. The Region becomes part of keys, so it must be a plain name, such as `local`, which
 * clients of DynamoDB's local version use.
 */
const ANY_REGION = /^[A-Za-z0-9-]{1,63}$/;

interface CallerCredential {
  principal: Principal;
  secret: string;
  /** Whether a wrong signature is accepted. */
  lenient: boolean;
}

export function authenticate(
  cloud: Cloud,
  settings: AuthSettings,
  request: AuthRequest,
): MaybePromise<Identity> {
  const { http, query, style } = request;
  const signature = parseSignature(http.headers, query, style);
  if (!signature) return anonymous(settings, request);
  return whenReady(credentials(cloud, settings, signature, style), (credential) =>
    identify(cloud, settings, request, signature, credential),
  );
}

function identify(
  cloud: Cloud,
  settings: AuthSettings,
  request: AuthRequest,
  signature: Signature,
  credential: CallerCredential,
): Identity {
  const { http, query, style } = request;
  const clocks: Clocks = { wall: wallNow(), cloud: cloud.clock.now(), cloudTimeOf: cloud.clock.cloudTimeOf };
  if (signature.version === 2) return versionTwo(settings, request, signature, credential, clocks);
  checkTime(signature, credential, style, clocks);
  // A body that is not read yet must be declared in a header; in S3 every body must.
  const isDeclared = style === "s3" || request.body === undefined;
  const { carrier, regionSet } = signature;
  const payload = isDeclared ? s3Payload(carrier, http.headers, query, regionSet !== undefined) : undefined;
  const region = credential.lenient ? ANY_REGION : REGION;
  const named = signature.scope.service;
  // Calls on directory buckets are signed for S3 Express.
  const service =
    credential.lenient || (style === "s3" && named === "s3express") ? named : request.signingName;
  const scope =
    regionSet === undefined
      ? signature.scope
      : { ...signature.scope, region: regionOf(regionSet, settings.region) };
  checkScope({ scope, carrier }, service, (name) => region.test(name), style);
  if (style === "s3") checkDay(signature, style);
  return versionFour(request, signature, credential, payload, scope.region);
}

function anonymous(settings: AuthSettings, { http, operation, style, signingName }: AuthRequest): Identity {
  if (!operation?.unsigned && signingName !== "s3") throw missingAuthentication(style);
  const payload = style === "s3" ? anonymousPayload(http.headers) : undefined;
  const calculated = { accessKeyId: "", signature: "", stringToSign: "" };
  return {
    principal: ANONYMOUS,
    region: settings.region,
    payload,
    chunks: undefined,
    hashMismatch: (actual) => contentHashMismatch(style, payload?.hash ?? "", actual, calculated),
  };
}

type Claimant = Pick<SignatureV4, "accessKeyId" | "sessionToken" | "ofBucket" | "carrier">;

/**
 * Finds the owner of a key and the secret to verify with. @throws {AwsError} in strict mode, for an unknown
 * key
 */
export function credentials(
  cloud: Cloud,
  { mode, account }: AuthSettings,
  { accessKeyId, sessionToken, ofBucket, carrier }: Claimant,
  style: ErrorStyle,
): MaybePromise<CallerCredential> {
  if (isSessionKey(accessKeyId) && sessionToken !== undefined) {
    const session = openSession(cloud.seal, accessKeyId, sessionToken, ofBucket);
    if (session && session.expires <= cloud.clock.now()) throw expiredToken(style, sessionToken);
    if (session) return { principal: session.principal, secret: session.secret, lenient: false };
    if (mode === "strict") throw invalidToken(style, sessionToken);
  }
  const rootAccount = accessKeyId === "test" ? account : ACCOUNT.test(accessKeyId) ? accessKeyId : undefined;
  // A long-term key has no session token.
  const checkNoToken = () => {
    if (sessionToken) throw invalidToken(style, sessionToken);
  };
  if (rootAccount !== undefined) {
    if (mode === "strict") checkNoToken();
    const lenient = mode === "loopback" && carrier === "header";
    return { principal: rootOf(rootAccount, accessKeyId), secret: ROOT_SECRET, lenient };
  }
  return whenReady(cloud.ports.credentials?.find(accessKeyId), (issued): CallerCredential => {
    if (issued) {
      checkNoToken();
      return { ...issued, lenient: false };
    }
    if (mode === "strict") throw unknownAccessKey(style, accessKeyId);
    return { principal: rootOf(account, accessKeyId), secret: "", lenient: true };
  });
}

function checkTime(
  signature: SignatureV4,
  { lenient }: CallerCredential,
  style: ErrorStyle,
  clocks: Clocks,
): void {
  const { carrier, expiresIn, signedAt, amzDate } = signature;
  if (carrier === "query" && expiresIn !== undefined) {
    const { state, expiry } = presignedValidity(signedAt, expiresIn, clocks);
    if (state === "expired") throw presignedExpired(style, expiry, clocks.cloud, expiresIn);
    if (state === "early") throw presignedTooEarly(style, { amzDate, signedAt, expiry }, clocks.cloud);
  } else if (!lenient && !isFresh(signedAt, clocks)) {
    throw timeTooSkewed(style, amzDate, signedAt, clocks.cloud);
  }
}

function versionFour(
  { http, query, style, body }: AuthRequest,
  signature: SignatureV4,
  { principal, secret, lenient }: CallerCredential,
  payload: Payload | undefined,
  region: string,
): Identity {
  const { accessKeyId, scope, amzDate } = signature;
  const canonicalHash = payload?.hash ?? (lenient || !body ? "" : hash("sha256", body, "hex"));
  let calculated: Calculated = { accessKeyId, signature: signature.signature, stringToSign: "" };
  if (!lenient) {
    const raw = signedRequest(http, query, style);
    const { matches, canonicalRequest, stringToSign } = verify(raw, signature, secret, canonicalHash);
    calculated = { accessKeyId, signature: signature.signature, stringToSign, canonicalRequest };
    if (!matches) throw signatureDoesNotMatch(style, calculated);
    const unsigned = style === "s3" ? unsignedHeaders(signature, http.headers) : [];
    if (unsigned.length > 0) throw headersNotSigned(unsigned);
  }
  const chunks =
    payload?.signedChunks && !lenient
      ? {
          key: verifyingKey(signature, secret),
          scope,
          amzDate,
          accessKeyId,
          seed: signature.signature,
          trailer: payload.trailer,
        }
      : undefined;
  return {
    principal,
    region,
    payload,
    chunks,
    hashMismatch: (actual) => contentHashMismatch(style, canonicalHash, actual, calculated),
  };
}

/**
 * Some clients presign a header and also put it into the URL: the URL's user then need not send the header.
 */
function signedRequest(http: HttpRequest, query: Query, style: ErrorStyle): RawRequest {
  const headers = style === "s3" ? withHoisted(http.headers, query) : http.headers;
  return { method: http.method, path: http.path, query: http.rawQuery, headers };
}

function versionTwo(
  settings: AuthSettings,
  { http, query, style, hostBucket }: AuthRequest,
  signature: SignatureV2,
  { principal, secret, lenient }: CallerCredential,
  clocks: Clocks,
): Identity {
  const { expires, signedAt, accessKeyId } = signature;
  if (expires !== undefined) {
    const { state, expiry } = expiresValidity(expires, clocks);
    if (state === "expired") throw presignedExpired(style, expiry, clocks.cloud);
  } else if (!lenient && signedAt !== undefined && !isFresh(signedAt, clocks)) {
    throw timeTooSkewed(style, http.headers["x-amz-date"] ?? http.headers.date ?? "", signedAt, clocks.cloud);
  }
  if (!lenient) {
    const raw = signedRequest(http, query, style);
    const { matches, stringToSign } = verifyV2(raw, query, signature, secret, hostBucket);
    if (!matches)
      throw signatureDoesNotMatch(style, { accessKeyId, signature: signature.signature, stringToSign });
  }
  const noBodyHash = () => new AwsError("InternalFailure", "Version 2 signs no body", { status: 500 });
  return {
    principal,
    region: settings.region,
    payload: undefined,
    chunks: undefined,
    hashMismatch: noBodyHash,
  };
}
