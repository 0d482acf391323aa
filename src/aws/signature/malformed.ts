/** AWS's errors for signatures that cannot be parsed. */
import { hash } from "node:crypto";
import { AwsError } from "#aws/errors.ts";
import { type ErrorStyle, invalidArgument, signatureError } from "./errors.ts";
import type { Carrier } from "./request.ts";

/**
 * The error for two authentication mechanisms in one request: a proxy and this server might each trust a
 * different one.
 */
export function twoMechanisms(style: ErrorStyle, header?: string): AwsError {
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

export function missingComponents(
  header: string,
  components: object,
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
  for (const [name, value] of Object.entries(components)) {
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

export function missingParameters(names: readonly string[], style: ErrorStyle): AwsError {
  if (style === "s3") {
    return queryError(
      "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
    );
  }
  const sentences = names.map((name) => `AWS query-string parameters must include '${name}'. `).join("");
  return signatureError(style, "incomplete", `${sentences}Re-examine the query-string parameters.`);
}

export function unsupportedAlgorithm(header: string, style: ErrorStyle): AwsError {
  return style === "s3"
    ? invalidArgument("Unsupported Authorization Type", "Authorization", header)
    : signatureError(style, "incomplete", `Unsupported AWS 'algorithm': '${header.split(" ", 1)[0]}'.`);
}

export function badDate(text: string, style: ErrorStyle): AwsError {
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

export function dateMismatch(date: string, amzDate: string, carrier: Carrier, style: ErrorStyle): AwsError {
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

export function malformedCredential(carrier: Carrier, detail: string, members = {}): AwsError {
  return carrier === "query"
    ? queryError(`Error parsing the X-Amz-Credential parameter; ${detail}`, members)
    : signatureError("s3", "incomplete", `The authorization header is malformed; ${detail}`, members);
}

export function queryError(message: string, members = {}): AwsError {
  return new AwsError("AuthorizationQueryParametersError", message, { members });
}
