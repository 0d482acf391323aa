import type { Query } from "#aws/signature/credential.ts";

/** The query parameters that belong to the signature of a presigned URL, in lower case. */
const OF_SIGNATURE = new Set(
  [
    "algorithm",
    "credential",
    "date",
    "expires",
    "region-set",
    "s3session-token",
    "security-token",
    "signature",
    "signedheaders",
  ].map((name) => `x-amz-${name}`),
);

/**
 * Headers that clients compute over an empty body when they presign a URL, so they say nothing about the
 * later body.
 */
const OF_BODY = /^x-amz-(sdk-)?checksum|^x-amz-content-sha256$|^x-amz-trailer$/;

/**
 * Adds the query parameters of a presigned S3 URL to the headers. Clients that sign by header send the same
 * values as headers: an ACL, metadata, a storage class. The URL's user cannot omit them, because they are
 * signed.
 */
export function withHoisted(
  headers: Readonly<Record<string, string>>,
  query: Query,
): Readonly<Record<string, string>> {
  if (!query.some(([name]) => name === "X-Amz-Algorithm" || name === "AWSAccessKeyId")) return headers;
  const hoisted: Record<string, string> = {};
  for (const [name, value] of query) {
    const header = name.toLowerCase();
    if (header.startsWith("x-amz-") && !OF_SIGNATURE.has(header) && !OF_BODY.test(header))
      hoisted[header] = value;
  }
  return { ...hoisted, ...headers };
}
