import { describe, expect, test } from "vitest";
import type { AwsError } from "#aws/errors.ts";
import {
  contentHashMismatch,
  type ErrorStyle,
  errorStyle,
  expiredToken,
  invalidToken,
  missingAuthentication,
  presignedExpired,
  presignedTooEarly,
  signatureDoesNotMatch,
  timeTooSkewed,
  unknownAccessKey,
} from "./errors.ts";

const styles: ErrorStyle[] = ["s3", "ec2", "xml", "json", "rest-json"];
const now = Date.UTC(2025, 4, 5, 15, 13, 30);
const calculated = { accessKeyId: "AKID", signature: "00ff", stringToSign: "é1", canonicalRequest: "GET\n/" };

const inEachStyle = (make: (style: ErrorStyle) => AwsError) =>
  styles.map((style) => {
    const error = make(style);
    return `${error.status} ${error.code}`;
  });

test.each([
  ["s3", "restXml", "s3"],
  ["ec2", "ec2Query", "ec2"],
  ["sts", "awsQuery", "xml"],
  ["route53", "restXml", "xml"],
  ["dynamodb", "awsJson1_0", "json"],
  ["monitoring", "rpcv2Cbor", "json"],
  ["lambda", "restJson1", "rest-json"],
] as const)("errors of %s over %s have the style %s", (service, protocol, style) => {
  expect(errorStyle(service, protocol)).toBe(style);
});

describe("codes and statuses", () => {
  test.each<[string, (style: ErrorStyle) => AwsError, string[]]>([
    [
      "a wrong signature",
      (style) => signatureDoesNotMatch(style, calculated),
      [
        "403 SignatureDoesNotMatch",
        "401 AuthFailure",
        "403 SignatureDoesNotMatch",
        "400 InvalidSignatureException",
        "403 InvalidSignatureException",
      ],
    ],
    [
      "an unknown key",
      (style) => unknownAccessKey(style, "AKID"),
      [
        "403 InvalidAccessKeyId",
        "401 AuthFailure",
        "403 InvalidClientTokenId",
        "400 UnrecognizedClientException",
        "403 UnrecognizedClientException",
      ],
    ],
    [
      "another's token",
      (style) => invalidToken(style, "token"),
      [
        "400 InvalidToken",
        "401 AuthFailure",
        "403 InvalidClientTokenId",
        "400 UnrecognizedClientException",
        "403 UnrecognizedClientException",
      ],
    ],
    [
      "an expired token",
      (style) => expiredToken(style, "token"),
      [
        "400 ExpiredToken",
        "400 RequestExpired",
        "403 ExpiredToken",
        "400 ExpiredTokenException",
        "403 ExpiredTokenException",
      ],
    ],
    [
      "no signature",
      missingAuthentication,
      [
        "403 AccessDenied",
        "403 MissingAuthenticationToken",
        "403 MissingAuthenticationToken",
        "400 MissingAuthenticationTokenException",
        "403 MissingAuthenticationTokenException",
      ],
    ],
    [
      "a clock that is off",
      (style) => timeTooSkewed(style, "20250505T120000Z", now - 3 * 3_600_000, now),
      [
        "403 RequestTimeTooSkewed",
        "400 RequestExpired",
        "403 SignatureDoesNotMatch",
        "400 InvalidSignatureException",
        "403 InvalidSignatureException",
      ],
    ],
    [
      "a presigned URL past its end",
      (style) => presignedExpired(style, now - 1, now, 60),
      [
        "403 AccessDenied",
        "400 RequestExpired",
        "403 SignatureDoesNotMatch",
        "400 InvalidSignatureException",
        "403 InvalidSignatureException",
      ],
    ],
    [
      "another body than was hashed",
      (style) => contentHashMismatch(style, "aa", "bb", calculated),
      [
        "400 XAmzContentSHA256Mismatch",
        "401 AuthFailure",
        "403 SignatureDoesNotMatch",
        "400 InvalidSignatureException",
        "403 InvalidSignatureException",
      ],
    ],
  ])("%s", (_, make, expected) => {
    expect(inEachStyle(make)).toEqual(expected);
  });
});

test("S3 returns the calculated values in members, byte by byte", () => {
  expect(signatureDoesNotMatch("s3", calculated).members).toEqual({
    AWSAccessKeyId: "AKID",
    StringToSign: "é1",
    SignatureProvided: "00ff",
    StringToSignBytes: "e9 31",
    CanonicalRequest: "GET\n/",
    CanonicalRequestBytes: "47 45 54 0a 2f",
  });
});

test("the others return them in the message", () => {
  expect(signatureDoesNotMatch("json", calculated).message).toBe(
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this request should have been\n'GET\n/'\n\nThe String-to-Sign should have been\n'é1'\n",
  );
});

test("a skewed clock, early and late", () => {
  expect(timeTooSkewed("xml", "", now - 3_600_000, now).message).toBe(
    "Signature expired: 20250505T141330Z is now earlier than 20250505T150830Z (20250505T151330Z - 5 min.)",
  );
  expect(timeTooSkewed("json", "", now + 3_600_000, now).message).toBe(
    "Signature not yet current: 20250505T161330Z is still later than 20250505T151830Z (20250505T151330Z + 5 min.)",
  );
  expect(timeTooSkewed("s3", "20250505T120000Z", now, now).members).toEqual({
    RequestTime: "20250505T120000Z",
    ServerTime: "2025-05-05T15:13:30Z",
    MaxAllowedSkewMilliseconds: 900_000,
  });
});

test("a presigned S3 URL, early and late", () => {
  expect(presignedExpired("s3", now - 1_000, now, 60)).toMatchObject({
    message: "Request has expired",
    members: { "X-Amz-Expires": 60, Expires: "2025-05-05T15:13:29Z", ServerTime: "2025-05-05T15:13:30Z" },
  });
  const early = { amzDate: "20250506T151330Z", signedAt: now + 86_400_000, expiry: now + 86_460_000 };
  expect(presignedTooEarly("s3", early, now)).toMatchObject({
    status: 403,
    code: "AccessDenied",
    message: "Request is not yet valid",
    members: {
      "X-Amz-Date": String(now + 86_400_000),
      Expires: "2025-05-06T15:14:30Z",
      ServerTime: "2025-05-05T15:13:30Z",
    },
  });
});
