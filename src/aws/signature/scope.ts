/** The credential scope: for which day, Region and service a signature is meant. */
import type { AwsError } from "#aws/errors.ts";
import { remembered } from "#lib/remembered.ts";
import { type ErrorStyle, signatureError } from "./errors.ts";
import { malformedCredential } from "./malformed.ts";
import type { Carrier, Headers, Query } from "./request.ts";
import type { Scope } from "./sigv4.ts";

export interface Credential {
  accessKeyId: string;
  scope: Scope;
}

/** What S3 finds wrong with `AKID/20130524/us-east-1/s3/aws4_request`, wherever that stands; undefined if nothing. */
export function s3CredentialFault(text: string): string | undefined {
  const parts = text.split("/");
  const [accessKeyId, date, region, , terminator] = parts;
  if (parts.length !== 5 || accessKeyId === "") {
    return 'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".';
  }
  if (region === "") return "a non-empty region must be provided in the credential.";
  if (!/^\d{8}$/.test(date!)) {
    return `incorrect date format "${date}". This date in the credential must be in the format "yyyyMMdd".`;
  }
  if (terminator !== "aws4_request")
    return `incorrect terminal "${terminator}". This endpoint uses "aws4_request".`;
  return undefined;
}

/** Of a text that was found right. */
export function splitCredential(text: string): Credential {
  const [accessKeyId = "", date = "", region = "", service = ""] = text.split("/");
  return { accessKeyId, scope: { date, region, service } };
}

/** Whether it is the right service or Region is for {@link checkScope}. */
export function parseCredential(text: string, carrier: Carrier, style: ErrorStyle): Credential {
  if (style === "s3") {
    const fault = s3CredentialFault(text);
    if (fault !== undefined) throw malformedCredential(carrier, fault);
    return splitCredential(text);
  }
  const parts = text.split("/");
  if (parts.length !== 5 || parts[0] === "") {
    throw signatureError(
      style,
      "incomplete",
      `Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '${text}'`,
    );
  }
  if (parts[4] !== "aws4_request") {
    throw signatureError(
      style,
      "mismatch",
      `Credential should be scoped with a valid terminator: 'aws4_request', not '${parts[4]}'.`,
    );
  }
  return splitCredential(text);
}

/** The scope that a request claims, to route by: a glance that never throws. `undefined` where it claims none. */
export function claimedScope(headers: Headers, query: Query): Scope | undefined {
  const credential = !headers.authorization
    ? query.find(([name]) => name === "X-Amz-Credential")?.[1]
    : /^AWS4-[A-Z0-9-]+ .*?Credential=([^\s,]+)/.exec(headers.authorization)?.[1];
  return credential === undefined ? undefined : (scopes(credential) ?? undefined);
}

const MOST_SCOPES = 1_000;
const scopes = remembered(MOST_SCOPES, (credential) =>
  credential.split("/").length === 5 ? splitCredential(credential).scope : null,
);

/**
 * @param isRegion whether a Region of that name is served here
 * @throws {AwsError} the signature is meant for another service, or for a Region that is not served
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

/** S3's global endpoint expects its own Region of whoever names none that it knows. */
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
