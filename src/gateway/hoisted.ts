import type { Query } from "#aws/signature/credential.ts";

/** What of a presigned URL is about its signature, by lower-case name. */
const OF_SIGNATURE = new Set(
  [
    "algorithm",
    "credential",
    "date",
    "expires",
    "region-set",
    "security-token",
    "signature",
    "signedheaders",
  ].map((name) => `x-amz-${name}`),
);

/** Clients compute these over an empty body when they make a URL: they tell nothing of the body that will come. */
const OF_BODY = /^x-amz-(sdk-)?checksum|^x-amz-content-sha256$|^x-amz-trailer$/;

/**
 * A presigned URL of S3's has in its query what clients that sign by header send as headers: an ACL, metadata, a storage
 * class. Whoever is handed the URL cannot leave them out, since they are signed.
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
