/**
 * AWS's errors for requests with an invalid signature.
 *
 * Five families of services have the same errors with different codes and statuses. Codes and messages are
 * those that clients see: S3's from its error documents, the others from the common front end of AWS's
 * services.
 */
import { AwsError } from "#aws/errors.ts";
import { isoSeconds } from "#lib/iso-seconds.ts";
import type { ProtocolName } from "../contract/format.ts";
import { formatAmzDate } from "./amz-date.ts";

/** `xml` includes every Query and REST-XML service except S3 and EC2 (IAM, STS, Route 53). */
export type ErrorStyle = "s3" | "ec2" | "xml" | "json" | "rest-json";

export function errorStyle(signingName: string, protocol: ProtocolName): ErrorStyle {
  if (signingName === "s3") return "s3";
  switch (protocol) {
    case "ec2Query":
      return "ec2";
    case "awsQuery":
    case "restXml":
      return "xml";
    case "restJson1":
      return "rest-json";
    default:
      return "json";
  }
}

type Fault = "mismatch" | "unknownKey" | "missing" | "incomplete" | "expiredToken" | "invalidToken";
type CodeAndStatus = readonly [code: string, status: number];

/**
 * The awsJson front end returns 400 for every client error; the REST one returns 403, with the same codes.
 */
const json = (status: number): Record<Fault, CodeAndStatus> => ({
  mismatch: ["InvalidSignatureException", status],
  unknownKey: ["UnrecognizedClientException", status],
  missing: ["MissingAuthenticationTokenException", status],
  incomplete: ["IncompleteSignatureException", status],
  expiredToken: ["ExpiredTokenException", status],
  invalidToken: ["UnrecognizedClientException", status],
});

const xml: Record<Fault, CodeAndStatus> = {
  mismatch: ["SignatureDoesNotMatch", 403],
  unknownKey: ["InvalidClientTokenId", 403],
  missing: ["MissingAuthenticationToken", 403],
  incomplete: ["IncompleteSignature", 400],
  expiredToken: ["ExpiredToken", 403],
  invalidToken: ["InvalidClientTokenId", 403],
};

const codes: Record<ErrorStyle, Record<Fault, CodeAndStatus>> = {
  s3: {
    mismatch: ["SignatureDoesNotMatch", 403],
    unknownKey: ["InvalidAccessKeyId", 403],
    missing: ["AccessDenied", 403],
    incomplete: ["AuthorizationHeaderMalformed", 400],
    expiredToken: ["ExpiredToken", 400],
    invalidToken: ["InvalidToken", 400],
  },
  // EC2 does not distinguish a wrong key from a wrong secret.
  ec2: {
    ...xml,
    mismatch: ["AuthFailure", 401],
    unknownKey: ["AuthFailure", 401],
    invalidToken: ["AuthFailure", 401],
    expiredToken: ["RequestExpired", 400],
  },
  xml,
  json: json(400),
  "rest-json": json(403),
};

/** An error that every style has, with that style's code and status. */
export function signatureError(style: ErrorStyle, fault: Fault, message: string, members = {}): AwsError {
  const [code, status] = codes[style][fault];
  return new AwsError(code, message, { status, members });
}

const EC2_REFUSAL = "AWS was not able to validate the provided access credentials";
const INVALID_TOKEN = "The security token included in the request is invalid.";

/** The calculated values, so that the client can compare. */
export interface Calculated {
  accessKeyId: string;
  /** As the client sent it. */
  signature: string;
  stringToSign: string;
  /** Only for Version 4 over a whole request: chunks, forms and Version 2 have none. */
  canonicalRequest?: string;
}

export function signatureDoesNotMatch(style: ErrorStyle, calculated: Calculated): AwsError {
  if (style === "ec2") return signatureError(style, "mismatch", EC2_REFUSAL);
  const { accessKeyId, signature, stringToSign, canonicalRequest } = calculated;
  if (style === "s3") {
    return signatureError(
      style,
      "mismatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      {
        AWSAccessKeyId: accessKeyId,
        StringToSign: stringToSign,
        SignatureProvided: signature,
        StringToSignBytes: hexBytes(stringToSign),
        ...(canonicalRequest !== undefined && {
          CanonicalRequest: canonicalRequest,
          CanonicalRequestBytes: hexBytes(canonicalRequest),
        }),
      },
    );
  }
  return signatureError(
    style,
    "mismatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details." +
      `\n\nThe Canonical String for this request should have been\n'${canonicalRequest ?? ""}'` +
      `\n\nThe String-to-Sign should have been\n'${stringToSign}'\n`,
  );
}

const hexBytes = (text: string) =>
  Buffer.from(text, "latin1")
    .toString("hex")
    .replaceAll(/(..)(?!$)/g, "$1 ");

export function unknownAccessKey(style: ErrorStyle, accessKeyId: string): AwsError {
  if (style === "ec2") return signatureError(style, "unknownKey", EC2_REFUSAL);
  if (style !== "s3") return signatureError(style, "unknownKey", INVALID_TOKEN);
  return signatureError(
    style,
    "unknownKey",
    "The AWS Access Key Id you provided does not exist in our records.",
    {
      AWSAccessKeyId: accessKeyId,
    },
  );
}

/** The error for a session token that does not belong to the access key. */
export function invalidToken(style: ErrorStyle, token: string): AwsError {
  if (style === "ec2") return signatureError(style, "invalidToken", EC2_REFUSAL);
  if (style !== "s3") return signatureError(style, "invalidToken", INVALID_TOKEN);
  return signatureError(style, "invalidToken", "The provided token is malformed or otherwise invalid.", {
    "Token-0": token,
  });
}

export function expiredToken(style: ErrorStyle, token: string): AwsError {
  if (style === "ec2") return signatureError(style, "expiredToken", "Request has expired.");
  if (style !== "s3") {
    return signatureError(style, "expiredToken", "The security token included in the request is expired");
  }
  return signatureError(style, "expiredToken", "The provided token has expired.", { "Token-0": token });
}

/** The error for an operation that requires a signature. */
export function missingAuthentication(style: ErrorStyle): AwsError {
  if (style === "s3") return signatureError(style, "missing", "Access Denied");
  const isJson = style === "json" || style === "rest-json";
  return signatureError(
    style,
    "missing",
    isJson ? "Missing Authentication Token" : "Request is missing Authentication Token",
  );
}

const MINUTES = 60_000;

/**
 * The error for a request signed too long ago, or too far in the future; `signed` is the date as the client
 * sent it.
 */
export function timeTooSkewed(style: ErrorStyle, signed: string, signedAt: number, now: number): AwsError {
  if (style === "s3") {
    return new AwsError(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      {
        status: 403,
        members: {
          RequestTime: signed,
          ServerTime: isoSeconds(now),
          MaxAllowedSkewMilliseconds: 15 * MINUTES,
        },
      },
    );
  }
  if (style === "ec2") return new AwsError("RequestExpired", "Request has expired.");
  // AWS's message says five minutes, whatever the service allows.
  const at = formatAmzDate(signedAt);
  const message =
    signedAt < now
      ? `Signature expired: ${at} is now earlier than ${formatAmzDate(now - 5 * MINUTES)} (${formatAmzDate(now)} - 5 min.)`
      : `Signature not yet current: ${at} is still later than ${formatAmzDate(now + 5 * MINUTES)} (${formatAmzDate(now)} + 5 min.)`;
  return signatureError(style, "mismatch", message);
}

/**
 * The error for an expired presigned URL. Times are cloud time; `expiresIn` is in seconds, and absent in
 * Version 2.
 */
export function presignedExpired(
  style: ErrorStyle,
  expiry: number,
  now: number,
  expiresIn?: number,
): AwsError {
  if (style === "s3") {
    return new AwsError("AccessDenied", "Request has expired", {
      status: 403,
      members: {
        ...(expiresIn !== undefined && { "X-Amz-Expires": expiresIn }),
        Expires: isoSeconds(expiry),
        ServerTime: isoSeconds(now),
      },
    });
  }
  if (style === "ec2") return new AwsError("RequestExpired", "Request has expired.");
  return signatureError(
    style,
    "mismatch",
    `Signature expired: ${formatAmzDate(expiry)} is now earlier than ${formatAmzDate(now)}`,
  );
}

/** The error for a presigned URL signed in the future. S3 reports its date in milliseconds. */
export function presignedTooEarly(
  style: ErrorStyle,
  { amzDate, signedAt, expiry }: { amzDate: string; signedAt: number; expiry: number },
  now: number,
): AwsError {
  if (style !== "s3") return timeTooSkewed(style, amzDate, signedAt, now);
  return new AwsError("AccessDenied", "Request is not yet valid", {
    status: 403,
    members: {
      "X-Amz-Date": String(signedAt),
      Expires: isoSeconds(expiry),
      ServerTime: isoSeconds(now),
    },
  });
}

export function contentHashMismatch(
  style: ErrorStyle,
  claimed: string,
  computed: string,
  calculated: Calculated,
): AwsError {
  // Only S3 uses the header's hash for the signature and compares the body later; elsewhere a changed body
  // changes the signature.
  if (style !== "s3") return signatureDoesNotMatch(style, calculated);
  return new AwsError(
    "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { members: { ClientComputedContentSHA256: claimed, S3ComputedContentSHA256: computed } },
  );
}

export function headersNotSigned(names: readonly string[]): AwsError {
  return new AwsError("AccessDenied", "There were headers present in the request which were not signed", {
    status: 403,
    members: { HeadersNotSigned: names.join(", ") },
  });
}

export function invalidArgument(message: string, name: string, value: string | undefined): AwsError {
  return new AwsError("InvalidArgument", message, { members: { ArgumentName: name, ArgumentValue: value } });
}
