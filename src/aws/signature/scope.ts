/** The credential scope: the day, Region and service that a signature is valid for. */
import type { AwsError } from "#aws/errors.ts";
import { memoizeByText } from "#lib/memoize.ts";
import { type ErrorStyle, signatureError } from "./errors.ts";
import { malformedCredential } from "./malformed.ts";
import type { Carrier, Headers, Query } from "./request.ts";
import type { Scope } from "./sigv4.ts";

export interface Credential {
  accessKeyId: string;
  scope: Scope;
}

/**
 * S3's message for an invalid `AKID/20130524/us-east-1/s3/aws4_request`, in a header or elsewhere; undefined
 * if it is valid.
 */
export function s3CredentialFault(text: string, asymmetric = false): string | undefined {
  const parts = partsOf(text, asymmetric);
  const [accessKeyId, date, region, , terminator] = parts;
  if (parts.length !== 5 || accessKeyId === "") {
    const region = asymmetric ? "" : "REGION/";
    return `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/${region}SERVICE/aws4_request".`;
  }
  if (region === "" && !asymmetric) return "a non-empty region must be provided in the credential.";
  if (!/^\d{8}$/.test(date!)) {
    return `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`;
  }
  if (terminator !== "aws4_request")
    return `incorrect terminal "${terminator}". This endpoint uses "aws4_request".`;
  return undefined;
}

/** Five parts; Version 4A omits the Region. */
function partsOf(text: string, asymmetric: boolean): string[] {
  const parts = text.split("/");
  return asymmetric ? parts.toSpliced(2, 0, "") : parts;
}

/** Splits a text that has been validated. */
export function splitCredential(text: string, asymmetric = false): Credential {
  const [accessKeyId = "", date = "", region = "", service = ""] = partsOf(text, asymmetric);
  return { accessKeyId, scope: { date, region, service } };
}

/** Service and Region are checked by {@link checkScope}. */
export function parseCredential(
  text: string,
  carrier: Carrier,
  style: ErrorStyle,
  asymmetric = false,
): Credential {
  if (style === "s3") {
    const fault = s3CredentialFault(text, asymmetric);
    if (fault !== undefined) throw malformedCredential(carrier, fault);
    return splitCredential(text, asymmetric);
  }
  const parts = partsOf(text, asymmetric);
  if (parts.length !== 5 || parts[0] === "") {
    const form = asymmetric
      ? "4 slash-delimited elements, e.g. keyid/date/service/term"
      : "5 slash-delimited elements, e.g. keyid/date/region/service/term";
    throw signatureError(style, "incomplete", `Credential must have exactly ${form}, got '${text}'`);
  }
  if (parts[4] !== "aws4_request") {
    throw signatureError(
      style,
      "mismatch",
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${parts[4]}'.`,
    );
  }
  return splitCredential(text, asymmetric);
}

/**
 * The service that a request claims to be for, to route by. Never throws; returns `undefined` if there is no
 * claim.
 */
export function claimedService({ authorization }: Headers, query: Query): string | undefined {
  if (authorization?.startsWith("AWS ") || (!authorization && isPresignedV2(query))) return "s3";
  const credential = !authorization
    ? query.find(([name]) => name === "X-Amz-Credential")?.[1]
    : /^AWS4-[A-Z0-9-]+ .*?Credential=([^\s,]+)/.exec(authorization)?.[1];
  return credential === undefined ? undefined : scopes(credential)?.service;
}

/** Whether the query has S3's kind of Version 2 signature. That of the query protocols states its version. */
function isPresignedV2(query: Query): boolean {
  const has = (wanted: string) => query.some(([name]) => name === wanted);
  return query.length > 0 && has("AWSAccessKeyId") && has("Signature") && !has("SignatureVersion");
}

const MAX_SCOPES = 1_000;
const scopes = memoizeByText(MAX_SCOPES, (credential) => {
  const { length } = credential.split("/");
  return length === 5 || length === 4 ? splitCredential(credential, length === 4).scope : null;
});

/**
 * @param isRegion whether a Region of that name is served here
 * @throws {AwsError} if the signature is for another service, or for a Region that is not served
 */
export function checkScope(
  { scope, carrier }: { scope: Scope; carrier: Carrier },
  service: string,
  isRegion: (name: string) => boolean,
  style: ErrorStyle,
): void {
  const wrongRegion = !isRegion(scope.region);
  const wrongService = scope.service !== service;
  if (!wrongRegion && !wrongService) return;
  throw style === "s3"
    ? wrongS3Scope(scope, carrier, wrongRegion)
    : wrongScope(scope, service, wrongRegion, wrongService, style);
}

/** S3's global endpoint expects its own Region if the scope names an unknown one. */
const GLOBAL_REGION = "us-east-1";

function wrongS3Scope(scope: Scope, carrier: Carrier, region: boolean): AwsError {
  return region
    ? malformedCredential(carrier, `the region '${scope.region}' is wrong; expecting '${GLOBAL_REGION}'`, {
        Region: GLOBAL_REGION,
      })
    : malformedCredential(carrier, `incorrect service "${scope.service}". This endpoint belongs to "s3".`);
}

function wrongScope(
  scope: Scope,
  expected: string,
  region: boolean,
  service: boolean,
  style: ErrorStyle,
): AwsError {
  const sentences: string[] = [];
  if (region) sentences.push(`Credential should be scoped to a valid region, not '${scope.region}'. `);
  if (service) sentences.push(`Credential should be scoped to correct service: '${expected}'. `);
  return signatureError(style, "mismatch", sentences.join(""));
}
